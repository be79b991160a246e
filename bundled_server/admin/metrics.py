"""The host's numbers in Prometheus' text format."""

from collections.abc import Iterable, Mapping

CONTENT_TYPE = "text/plain; version=0.0.4"


def render(
    events: Mapping[tuple[str, str], int],
    connections: Mapping[str, int],
    queued: int,
    held: int,
    in_flight: int,
    destinations: Mapping[str, int],
) -> str:
    """One exposition: counters of journal events, gauges of queue and connections."""
    lines = [
        *_head("termail_events_total", "counter", "Events in the journal, by agent and kind."),
        *(
            f'termail_events_total{{agent="{agent}",kind="{_escaped(kind)}"}} {count}'
            for (agent, kind), count in sorted(events.items())
        ),
        *_head("termail_connections", "gauge", "Open connections, by service."),
        *(f'termail_connections{{service="{name}"}} {count}' for name, count in connections.items()),
        *_head("termail_queue_items", "gauge", "Messages in the queue."),
        f"termail_queue_items {queued}",
        *_head("termail_queue_held", "gauge", "Messages in the queue that are held."),
        f"termail_queue_held {held}",
        *_head("termail_queue_in_flight", "gauge", "Messages in the hands of the couriers."),
        f"termail_queue_in_flight {in_flight}",
        *_head("termail_relay_errands", "gauge", "Waiting and running deliveries, by destination."),
        *(
            f'termail_relay_errands{{destination="{_escaped(name)}"}} {count}'
            for name, count in sorted(destinations.items())
        ),
    ]
    return "\n".join(lines) + "\n"


def _head(name: str, kind: str, text: str) -> Iterable[str]:
    return (f"# HELP {name} {text}", f"# TYPE {name} {kind}")


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
