"""The lines of the wire views: when, where, who says it, what was said, and what it means; and their title."""

from datetime import datetime
from typing import Final

from termail.classroom.explain.reader import explain
from termail.classroom.wire_line import Spoken
from termail.classroom.wire_log import MINE, WireLog
from termail.mime.sanitize import clean_line
from termail.screens.defects import mask_secrets
from termail.widgets.ink import Run, fit
from termail.widgets.wire_pane import WireRow

WIRE_HINTS: Final = (
    ("wire-pause", "pause"),
    ("wire-step", "step"),
    ("wire-place", "whose"),
    ("wire-view", "full"),
    ("wire", "hide"),
)
PLACE_CELLS: Final = 8  # a host's first name; the explanation tells the whole
_PROTOCOL_ROLES: Final = {"smtp": "quote-2", "imap": "quote-1", "pop3": "quote-3", "dns": "link", "tls": "faint"}


def wire_row(line: Spoken, cause: str, *, with_place: bool = False) -> WireRow:
    """The client in the accent, the server in plain text; the agent masks secrets, and so does this."""
    says = line.direction == "C"
    role = said_role(line)
    lock = "🔒" if line.is_encrypted and line.protocol != "tls" else "  "
    left: list[Run] = [
        (f"{stamp(line.time)} ", "dim"),
        (f"{fit(clean_line(line.place).partition('.')[0], PLACE_CELLS)} " if with_place else "", "dim"),
        (f"{line.protocol or line.agent.lower():<4} ", _PROTOCOL_ROLES.get(line.protocol, "dim")),
        (f"{line.direction or '·'} ", role),
        (said(line), role),
    ]
    notes = explain(line.protocol, line.direction, line.text, is_content=line.is_content)
    wants_notes = says or line.protocol == "dns" or (line.text[:1] in "45" and line.protocol == "smtp")
    note = notes[0] if notes and wants_notes and not line.is_content else None
    first = cause if says else ""
    right: list[Run] = [(first, "tagged")]
    if note is not None:
        right += [(f"{' · ' if first else ''}{note.brief}", "dim"), (f" · {note.source}", "dim")]
    return WireRow(left, right, lock if line.is_encrypted else "")


def said(line: Spoken) -> str:
    """The words, safe for a terminal."""
    text = clean_line(line.text)
    return mask_secrets(text) if line.direction == "C" and not line.is_content else text


def said_role(line: Spoken) -> str:
    """The colour of what was said: the client, a failure, a message passing by, or plain."""
    if line.protocol == "tls":
        return "faint"
    if not line.direction:
        return "warning" if line.text.startswith(("refused", "deferred", "failed", "bounced")) else "ok"
    if line.is_content:
        return "dim"
    if line.direction == "C":
        return "accent"
    if line.protocol == "smtp" and line.text[:1] in ("4", "5"):
        return "error" if line.text[:1] == "5" else "warning"
    return "error" if line.text.startswith("-ERR") else "text"


def stamp(time: float) -> str:
    """Minute, second and millisecond: durations are read from neighbours."""
    return datetime.fromtimestamp(time).strftime("%M:%S.%f")[:-3]


def wire_title(wire: WireLog) -> list[Run]:
    """What the pane shows, and what waits."""
    runs: list[Run] = [("── wire", "dim")]
    if wire.only.words and wire.only.words != MINE:
        runs.append((f" · {clean_line(wire.only.words)}", "text"))
    elif not wire.only.words:
        runs.append((" · everybody", "text"))
    last = next((line for line in reversed(wire.said) if line.peer and wire.concerns(line)), None)
    if last is not None:
        runs.append((f" · {last.protocol} {clean_line(last.peer)}", "text"))
        runs.append((" · inside TLS", "ok") if last.is_encrypted else (" · in the clear", "warning"))
    return [*runs, *state_runs(wire), (" ", "dim")]


def state_runs(wire: WireLog) -> list[Run]:
    """Paused, slow, under TLS."""
    runs: list[Run] = []
    if wire.is_paused:
        runs.append((f" · paused, {len(wire.waiting)} waiting", "warning"))
    elif wire.pace_seconds:
        runs.append((f" · slow motion, {len(wire.waiting)} waiting", "warning"))
    if wire.tls_view != "carried":
        words = {"both": "what TLS carries and what travels", "travels": "what travels, as a listener sees it"}
        runs.append((f" · {words[wire.tls_view]}", "warning"))
    return runs
