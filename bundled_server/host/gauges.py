"""The numbers of a host at this moment, for its metrics."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bundled_server.mailbox.store import Store
from bundled_server.queue.runner import Runner


@dataclass(frozen=True, slots=True)
class HostGauges:
    """Implements `admin.control.Gauges`."""

    store: Store
    runner: Runner
    connections: Callable[[], Mapping[str, int]]

    async def read(self) -> Mapping[str, float]:
        items = await self.store.queue_items()
        gauges = {
            "queue_items": float(len(items)),
            "queue_held": float(sum(item.held for item in items)),
            "queue_in_flight": float(self.runner.in_flight),
            "relay_destinations": float(len(self.runner.destinations)),
        }
        return gauges | {f"connections_{name}": float(count) for name, count in self.connections().items()}
