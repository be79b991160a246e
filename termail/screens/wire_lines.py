"""A line of the wire pane: time, account, direction, what was said."""

from datetime import datetime

from termail.agent.messages import WireLine
from termail.mime.sanitize import clean_line
from termail.widgets.ink import Run


def wire_runs(line: WireLine, now: float) -> list[Run]:
    """The client in the accent, the server in plain text."""
    stamp = datetime.fromtimestamp(line.time or now).strftime("%H:%M:%S")
    role = "accent" if line.direction == "C" else "text"
    return [
        (f"{stamp} ", "dim"),
        (f"{line.protocol:<4} ", "dim"),
        (f"{line.direction} ", role),
        (clean_line(line.text), role),
    ]
