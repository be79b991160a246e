"""Metrics in Prometheus' text format."""

from collections.abc import Mapping


def exposition(counts: Mapping[tuple[str, str], int], gauges: Mapping[str, float]) -> str:
    """Journal counts as one counter family by agent and kind, gauges each by its name."""
    lines = ["# HELP termail_events_total What the agents did.", "# TYPE termail_events_total counter"]
    lines += [
        f'termail_events_total{{agent="{agent}",kind="{kind}"}} {count}'
        for (agent, kind), count in sorted(counts.items())
    ]
    for name, value in sorted(gauges.items()):
        lines += [f"# TYPE termail_{name} gauge", f"termail_{name} {value:g}"]
    return "\n".join(lines) + "\n"
