"""Building the filters at port 25: the chain that the settings ask for, and what listens to its words."""

import re
import time
from collections.abc import Sequence

from bundled_server.dns.resolver import DnsResolver, Resolver, system_nameservers
from bundled_server.filter_config import FilterSettings
from bundled_server.filters.building import CannotFilter, FilterParts, build_chain
from bundled_server.filters.inspection import Inspection
from bundled_server.filters.networks import address_of
from bundled_server.host.errors import HostCannotStart
from bundled_server.host.parts import Ground, People

DNS_PORT = 53
DNS_SHARE = 0.8
"""Of the deadline of a stage."""
_NAME_SERVER = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(?::(\d{1,5}))?")


def build_inspection(ground: Ground, people: People) -> Inspection:
    """What inspects mail at port 25; its chain may be empty."""
    settings = ground.settings
    try:
        chain = build_chain(settings.filters, _parts(ground, people), ground.surroundings.filters)
    except CannotFilter as fault:
        raise HostCannotStart(str(fault)) from fault
    return Inspection(chain, settings.filters.thresholds, ground.journal, settings.hostname)


def _parts(ground: Ground, people: People) -> FilterParts:
    settings = ground.settings

    async def owners_of(address: str) -> Sequence[str]:
        return [target.user for target in (await people.addresses.resolve(address)).targets]

    return FilterParts(
        hostname=settings.hostname,
        store=ground.store,
        resolver=ground.surroundings.resolver or resolver_of(settings.filters),
        now=ground.clock.now,
        monotonic=time.monotonic,
        chance=ground.surroundings.randomness,
        owners_of=owners_of,
        bayes=ground.bayes,
        is_ours=lambda name: name == settings.hostname or name in people.domains,
    )


def resolver_of(settings: FilterSettings) -> Resolver:
    """One that asks the name servers of the settings, or the system's when there are none, and gives up soon
    enough for a filter to say that DNS does not answer. Raises HostCannotStart."""
    places = [_place(text) for text in settings.nameservers] or system_nameservers()
    return DnsResolver(places, timeout_seconds=settings.deadline_seconds * DNS_SHARE)


def _place(text: str) -> tuple[str, int]:
    found = _NAME_SERVER.fullmatch(text.strip())
    address = (found[1] or found[2] or "") if found else text.strip()
    port = int(found[3] or DNS_PORT) if found else DNS_PORT
    if address_of(address) is None or not 0 < port < 65_536:
        raise HostCannotStart(f"filters: the name server {text!r} is not ADDRESS or ADDRESS:PORT")
    return address, port
