"""The lines under the picture of a journey: one moment with all that is known of it, or the timeline."""

from itertools import zip_longest
from textwrap import wrap
from typing import Final

from termail.classroom.explain.reader import explain
from termail.classroom.journey.model import STATION_WORDS, Journey, Moment, State, Station
from termail.classroom.journey.text import bar, duration
from termail.mime.sanitize import clean_line
from termail.widgets.ink import Run, fit

WIDE: Final = 96  # from here on envelope, header and body stand beside each other
_STATE_ROLES: Final = {State.DONE: "ok", State.WAITING: "warning", State.FAILED: "error"}
_COLUMNS: Final = (("envelope", "Envelope"), ("header", "Header"), ("body", "Body"))
_LISTED: Final = (
    ("verdict", "verdict", "warning"),
    ("dns", "DNS", "link"),
    ("queue", "queue", "text"),
    ("note", "done", "text"),
    ("added", "added", "added"),
)


def moment_lines(moment: Moment, width: int, *, said_by: str) -> list[list[Run]]:
    """Head, what is known, and the dialogue."""
    lines = [_head(moment, width), [(f"     {STATION_WORDS[moment.station]}", "dim")]]
    lines += _letter(moment, width)
    for kind, label, role in _LISTED:
        for text in moment.of(kind):
            lines += _labelled(label, clean_line(text), role, width)
            label = ""
    dialogue = [line for line in moment.lines if line.direction]
    if dialogue:
        lines.append([])
    content, protocol = False, _protocol(moment)
    for line in dialogue:
        notes = explain(protocol, line.direction, line.text, is_content=content and line.direction == "C")
        meaning = notes[0].text if notes and (line.direction == "C" or line.text[:1] in "45") else ""
        lines.append(_said(line.direction, clean_line(line.text), meaning if not content else "", width, content))
        content = (protocol == "smtp" and line.direction == "S" and line.text.startswith("354")) or (
            content and line.direction == "C" and line.text != "."
        )
    if said_by == "headers" and not dialogue:
        lines += [[], [("     read from the header of the message: no dialogue was heard", "faint")]]
    return lines


def _protocol(moment: Moment) -> str:
    """What the dialogue of a moment was spoken in."""
    if moment.station is Station.DNS:
        return "dns"
    if moment.station is not Station.READER:
        return "smtp"
    answers = (line.text for line in moment.lines if line.direction == "S")
    return "pop3" if next(answers, "").startswith(("+OK", "-ERR")) else "imap"


def timeline_lines(journey: Journey, width: int, at: int) -> list[list[Run]]:
    """Every moment with its bar."""
    room = max(20, width - 50)
    return [
        [
            ("▸" if number == at else " ", "accent"),
            (f"{moment.step:>2} ", "accent"),
            (fit(moment.agent, 7), "strong"),
            (fit(moment.title + (f" — {moment.host}" if moment.host else ""), room - 1) + " ", "text"),
            (bar(journey, moment), _STATE_ROLES[moment.state]),
        ]
        for number, moment in enumerate(journey.moments)
    ]


def _head(moment: Moment, width: int) -> list[Run]:
    when = f"+{duration(moment.began)}" if moment.clocked else ""
    took = f", took {duration(moment.took)}" if moment.clocked and moment.took else ""
    left: list[Run] = [
        (f" {moment.step:>2}  ", "accent"),
        (f"{moment.agent}  ", "strong"),
        (clean_line(moment.host) or "on the writer's own machine", "text"),
        ("" if moment.state is State.DONE else f"  {moment.state.value}", _STATE_ROLES[moment.state]),
    ]
    gap = width - sum(len(text) for text, _ in left) - len(when + took) - 2
    return [*left, (" " * max(1, gap), "text"), (when + took, "dim")]


def _letter(moment: Moment, width: int) -> list[list[Run]]:
    """Envelope beside header beside body, or one under the other."""
    columns = [(title, [clean_line(text) for text in moment.of(kind)]) for kind, title in _COLUMNS]
    columns = [(title, texts) for title, texts in columns if texts]
    if not columns:
        return []
    if width < WIDE or len(columns) == 1:
        lines: list[list[Run]] = []
        for title, texts in columns:
            label = title.lower()
            for text in texts:
                lines += _labelled(label, text, "text", width)
                label = ""
        return lines
    share = (width - 6) // len(columns)
    rule: list[Run] = [("     ", "text"), *((fit(title, share), "accent") for title, _ in columns)]
    return [
        rule,
        *(
            [("     ", "text"), *((fit(text, share - 2) + "  ", "text") for text in row)]
            for row in zip_longest(*(texts for _, texts in columns), fillvalue="")
        ),
    ]


def _labelled(label: str, text: str, role: str, width: int) -> list[list[Run]]:
    pieces = wrap(text, max(20, width - 16)) or [""]
    return [
        [(f"     {label if number == 0 else '':<9} ", "accent"), (piece, role)]
        for number, piece in enumerate(pieces)
    ]


def _said(direction: str, text: str, meaning: str, width: int, content: bool) -> list[Run]:
    role = "dim" if content and direction == "C" else "accent" if direction == "C" else "text"
    left = f"     {direction}: {text}"
    room = width - len(left) - 3
    return [
        (f"     {direction}: ", role),
        (text, role),
        (f"   {fit(meaning, room).rstrip()}" if meaning and room > 20 else "", "dim"),
    ]
