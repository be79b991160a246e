"""The wire pane's lines: time, account, direction, what was said, and what it means; and its title."""

from datetime import datetime

from termail.agent.messages import WireLine
from termail.mime.sanitize import clean_line
from termail.model.dialogue import Dialogue
from termail.model.wire_hints import hint
from termail.screens.defects import mask_secrets
from termail.widgets.ink import Run

WIRE_HINTS = (("wire-pause", "pause"), ("wire-step", "step"), ("wire-account", "account"), ("wire", "hide"))


def wire_runs(line: WireLine, now: float, *, with_account: bool = False) -> list[Run]:
    """The client in the accent, the server in plain text; the agent masks secrets, and so does this."""
    stamp = datetime.fromtimestamp(line.time or now).strftime("%H:%M:%S")
    says = line.direction == "C"
    role = "accent" if says else "text"
    meaning = hint(line.protocol, line.text) if says else ""
    return [
        (f"{stamp} ", "dim"),
        (f"{clean_line(line.account)} " if with_account else "", "dim"),
        (f"{line.protocol:<4} ", "dim"),
        (f"{line.direction} ", role),
        (mask_secrets(clean_line(line.text)) if says else clean_line(line.text), role),
        (f"   {meaning}" if meaning else "", "dim"),
    ]


def wire_title(wire: Dialogue[WireLine]) -> list[Run]:
    """What the pane shows, and what waits."""
    runs: list[Run] = [("── wire", "dim")]
    if wire.account:
        runs.append((f" · {clean_line(wire.account)}", "text"))
    if wire.is_paused:
        runs.append((f" · paused, {len(wire.waiting)} waiting", "warning"))
    return [*runs, (" ", "dim")]
