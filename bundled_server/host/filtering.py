"""Building the filters at port 25: the chain that the settings ask for, and what listens to its words."""

from collections.abc import Sequence

from bundled_server.filters.bayes.link import BayesFilter
from bundled_server.filters.chain import Chain
from bundled_server.filters.filter import Filter
from bundled_server.filters.inspection import Inspection
from bundled_server.host.parts import Ground, People


def build_inspection(ground: Ground, people: People) -> Inspection | None:
    """None where there are no filters, so that nothing is asked of them."""
    settings = ground.settings.filters
    filters: list[Filter] = list(ground.surroundings.filters)
    if settings.bayes is not None:
        filters.append(_bayes(ground, people))
    if not filters:
        return None
    chain = Chain(filters, settings.deadline_seconds)
    if settings.bayes is not None and not settings.bayes.enabled:
        chain.switch(BayesFilter.name, on=False)
    return Inspection(chain, settings.thresholds, ground.journal, ground.settings.hostname)


def _bayes(ground: Ground, people: People) -> BayesFilter:
    async def owners_of(addresses: Sequence[str]) -> list[str]:
        found = [target.user for one in addresses for target in (await people.addresses.resolve(one)).targets]
        return list(dict.fromkeys(found))

    return BayesFilter(ground.bayes, owners_of)
