"""The journey of a message: its hops with their delays, from the Received fields it carries."""

import asyncio
import time
from itertools import pairwise

from termail.mime.sanitize import clean_line
from termail.mime.trust import Hop, hops, verdicts
from termail.screens.reports import Report
from termail.screens.services import Services
from termail.screens.trust_line import delay_text
from termail.widgets.ink import Run, fit

BAR = 12  # cells of the longest delay


def journey_lines(raw: bytes) -> list[list[Run]]:
    """Oldest hop first: from where to where, when, how long it took, and by which protocol (RFC 3848)."""
    way = hops(raw)
    if not way:
        return []
    delays = [0.0] + [max(0.0, b.date - a.date) if a.date and b.date else 0.0 for a, b in pairwise(way)]
    longest = max(delays, default=0.0)
    lines: list[list[Run]] = []
    for number, (hop, delay) in enumerate(zip(way, delays, strict=True), 1):
        bar = "━" * (max(1, round(BAR * delay / longest)) if delay and longest else 0)
        role = "warning" if delay >= 60 else "accent"
        lines.append(
            [
                (f" {number:>2}  ", "dim"),
                (clean_line(hop.from_) or "written here", "text"),
                (" → ", "dim"),
                (clean_line(hop.by) or "?", "strong"),
            ]
        )
        lines.append(
            [
                ("     ", "dim"),
                (fit(_when(hop), 21), "dim"),
                (f"{'+' + delay_text(delay):>8} " if number > 1 else " " * 9, role),
                (fit(bar, BAR + 1), role),
                (_protocol(hop), "dim"),
                (f" · id {clean_line(hop.queue_id)}" if hop.queue_id else "", "dim"),
                (f" · for {clean_line(hop.for_)}" if hop.for_ else "", "dim"),
            ]
        )
    found = verdicts(raw)
    if found:
        lines += [[], [(" What servers say of it (believe your own ones only)", "dim")]]
        lines += [
            [
                (f"     {verdict.method.upper():<6}", "text"),
                (fit(verdict.result, 10), "ok" if verdict.result == "pass" else "warning"),
                (f"{verdict.subject}  says {verdict.server}", "dim"),
            ]
            for verdict in found
        ]
    return lines


def _when(hop: Hop) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(hop.date)) if hop.date else "(no date)"


def _protocol(hop: Hop) -> str:
    letters = hop.protocol.upper().removeprefix("UTF8").removeprefix("E").removeprefix("SMTP").removeprefix("LMTP")
    notes = [
        note for letter, note in (("S", "TLS"), ("A", "signed in")) if letter in letters and len(letters) <= 2
    ]
    return clean_line(hop.protocol) + (f" ({', '.join(notes)})" if notes else "")


class JourneyScreen(Report):
    """Where was this message for two hours?"""

    TITLE_TEXT = "Journey"
    EMPTY = "This message carries no Received field: it was never on its way."

    def __init__(self, services: Services, message_id: int, subject: str) -> None:
        super().__init__(services)
        self._message_id = message_id
        self._subject = subject
        self._lines: list[list[Run]] = []

    def on_mount(self) -> None:
        """The fields are read in a thread."""
        self.begin(self._load())

    async def _load(self) -> None:
        raw = await self.services.body(self._message_id)
        self._lines = await asyncio.to_thread(journey_lines, raw)
        self.read()

    def report_lines(self) -> list[list[Run]]:
        return self._lines

    def title_runs(self) -> tuple[Run, ...]:
        return ((self.TITLE_TEXT, "strong"), (f" · {clean_line(self._subject) or '(no subject)'}", "dim"))
