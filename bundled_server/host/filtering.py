"""Building the filters at port 25: the chain that the settings ask for, and what listens to its words."""

from bundled_server.filters.chain import Chain
from bundled_server.filters.inspection import Inspection
from bundled_server.host.parts import Ground


def build_inspection(ground: Ground) -> Inspection | None:
    """None where there are no filters, so that nothing is asked of them."""
    settings, filters = ground.settings.filters, ground.surroundings.filters
    if not filters:
        return None
    chain = Chain(filters, settings.deadline_seconds)
    return Inspection(chain, settings.thresholds, ground.journal, ground.settings.hostname)
