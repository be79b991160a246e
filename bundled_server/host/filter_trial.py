"""A trial of settings: the chain that they would make, without a host around it."""

import random
import time
from collections.abc import Sequence

from bundled_server.config import HostSettings
from bundled_server.envelope import split_address
from bundled_server.filters.bayes.bayes import Bayes
from bundled_server.filters.building import CannotFilter, FilterParts, build_chain
from bundled_server.filters.inspection import Inspection
from bundled_server.host.errors import HostCannotStart
from bundled_server.host.filtering import resolver_of
from bundled_server.journal import Journal
from bundled_server.mailbox.store import Store


def trial_inspection(settings: HostSettings, store: Store) -> Inspection:
    """What would inspect mail with these settings; users are whoever is addressed. Raises HostCannotStart."""

    async def owners_of(address: str) -> Sequence[str]:
        return [split_address(address.lower())[0].partition("+")[0]]

    parts = FilterParts(
        hostname=settings.hostname,
        store=store,
        resolver=resolver_of(settings.filters),
        now=time.time,
        monotonic=time.monotonic,
        chance=random.random,
        owners_of=owners_of,
        bayes=Bayes(store),
        is_ours=lambda name: name in (settings.hostname, settings.domain),
    )
    try:
        chain = build_chain(settings.filters, parts)
    except CannotFilter as fault:
        raise HostCannotStart(str(fault)) from fault
    return Inspection(chain, settings.filters.thresholds, Journal(settings.hostname, time.time), settings.hostname)
