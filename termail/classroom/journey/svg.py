"""A journey as an SVG: the lecture's picture, lit, and under it the timeline; light or dark."""

from collections.abc import Iterator
from html import escape
from typing import Final

from termail.classroom.journey.model import Journey, Moment, State, Station
from termail.classroom.journey.picture import spam_score
from termail.classroom.journey.text import duration
from termail.mime.sanitize import clean_line

WIDTH: Final = 1160
BOX_WIDTH, BOX_HEIGHT, GAP = 96, 54, 46
TOP: Final = 132
BELOW: Final = TOP + 126
ROW_HEIGHT: Final = 30
TEXT_LIMIT: Final = 84
_ROW: Final = (
    (Station.MUA, "MUA", "writes", ""),
    (Station.LMTA, "LMTA", "local MTA", "2"),
    (Station.MQ, "MQ", "on disk", "3·4"),
    (Station.MSA, "MSA", "submission", "5"),
    (Station.QUEUE, "queue", "on disk", ""),
    (Station.MTA, "MTA", "relays", "6"),
    (Station.MDA, "MDA", "delivers", "9"),
    (Station.READER, "MUA", "reads", "11"),
)
_BELOW: Final = {
    Station.QUEUE: (Station.DNS, "DNS", "which MX?", "7 · 8"),
    Station.MTA: (Station.FILTERS, "filters", "spam, viruses", "9"),
    Station.MDA: (Station.MAILBOX, "mailbox", "on disk", "10"),
    Station.READER: (Station.WEB, "browser", "by HTTP", "12"),
}
_STATES: Final = {None: "off", State.DONE: "done", State.WAITING: "wait", State.FAILED: "fail"}
_LIGHT: Final = {
    "paper": "#fbfaf7", "ink": "#2b2d33", "dim": "#6c707a", "line": "#c9c7c0", "done": "#0b6e62", "lit": "#e1efec",
    "wait": "#8a5a00", "fail": "#b3261e",
}  # fmt: skip
_DARK: Final = {
    "paper": "#15171c", "ink": "#dfe2e8", "dim": "#868c99", "line": "#4a4f5a", "done": "#7fc8b8", "lit": "#1f2c2c",
    "wait": "#e5c07b", "fail": "#e8857f",
}  # fmt: skip
_SHAPES: Final = """
text { font-family: Inter, 'DejaVu Sans', Helvetica, Arial, sans-serif; }
.mono { font-family: 'DejaVu Sans Mono', Menlo, Consolas, monospace; }
.title { font-size: 21px; font-weight: 600; } .sub { font-size: 14px; } .cell { font-size: 13px; }
.label { font-size: 16px; font-weight: 600; text-anchor: middle; }
.small { font-size: 11.5px; text-anchor: middle; }
.number { font-size: 13px; font-weight: 700; text-anchor: middle; } .right { text-anchor: end; }
.box { fill: none; stroke-width: 1.5; } .box.done { stroke-width: 2; }
.box.wait { stroke-width: 2.5; stroke-dasharray: 6 4; } .box.fail { stroke-width: 3; }
.way { fill: none; stroke-width: 1.5; } .way.done { stroke-width: 2; }
"""


def _colours(paper: str, ink: str, dim: str, line: str, done: str, lit: str, wait: str, fail: str) -> str:
    """The rules that differ between the two faces. No CSS variables: not every program that draws SVG has them."""
    return f"""
text {{ fill: {ink}; }} .paper {{ fill: {paper}; }} .dim {{ fill: {dim}; }} .number {{ fill: {done}; }}
.box, .way, .rule {{ stroke: {line}; }} .box.done {{ fill: {lit}; stroke: {done}; }} .head {{ fill: {line}; }}
.box.wait {{ stroke: {wait}; }} .box.fail, .way.fail {{ stroke: {fail}; }} .way.done {{ stroke: {done}; }}
.head.done, .bar {{ fill: {done}; }} .bar.wait {{ fill: {wait}; }} .bar.fail, .head.fail {{ fill: {fail}; }}
"""


_STYLE: Final = f"{_SHAPES}{_colours(**_LIGHT)}@media (prefers-color-scheme: dark) {{{_colours(**_DARK)}}}\n"


def as_svg(journey: Journey) -> str:
    """The whole document."""
    height = BELOW + 110 + ROW_HEIGHT * (len(journey.moments) + 1) + 24
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
            f'viewBox="0 0 {WIDTH} {height}" role="img">',
            f"<title>Journey of {_safe(journey.message_id)}</title>",
            f"<style>{_STYLE}</style>",
            f'<rect class="paper" width="{WIDTH}" height="{height}" rx="10"/>',
            *_heading(journey),
            *_picture(journey),
            *_timeline(journey, BELOW + 110),
            "</svg>",
            "",
        ]
    )


def _heading(journey: Journey) -> Iterator[str]:
    subject = journey.subject or journey.message_id
    people = f"{journey.sender or 'somebody'} → {', '.join(journey.recipients) or 'somebody'}"
    yield f'<text class="title" x="32" y="46">{_safe(subject)}</text>'
    facts = f"{people}  ·  {duration(journey.transit)}  ·  {journey.outcome}"
    yield f'<text class="sub dim" x="32" y="72">{_safe(facts)}</text>'
    yield f'<text class="sub dim mono right" x="{WIDTH - 32}" y="46">{_safe(journey.message_id)}</text>'


def _picture(journey: Journey) -> Iterator[str]:
    span = len(_ROW) * BOX_WIDTH + (len(_ROW) - 1) * GAP
    x = (WIDTH - span) / 2
    writer = journey.sender.partition("@")[0]
    reader = ", ".join(one.partition("@")[0] for one in journey.recipients)
    yield f'<text class="small dim" x="{x + BOX_WIDTH / 2:g}" y="{TOP - 14}">{_safe(writer)} 1 ▾</text>'
    end = x + span - BOX_WIDTH / 2
    yield f'<text class="small dim" x="{end:g}" y="{TOP - 14}">{_safe(reader[:24])}</text>'
    for at, (station, label, words, number) in enumerate(_ROW):
        left = x + at * (BOX_WIDTH + GAP)
        if at:
            yield from _arrow(left - GAP, TOP + BOX_HEIGHT / 2, GAP, number, journey.state_of(station))
        yield from _box(left, TOP, label, words, journey.state_of(station))
        if station in _BELOW:
            yield from _beneath(left, station, journey)


def _box(x: float, y: float, label: str, words: str, state: State | None) -> Iterator[str]:
    size = f'width="{BOX_WIDTH}" height="{BOX_HEIGHT}"'
    yield f'<rect class="box {_STATES[state]}" x="{x:g}" y="{y:g}" {size} rx="7"/>'
    middle = x + BOX_WIDTH / 2
    yield f'<text class="label" x="{middle:g}" y="{y + 25:g}">{label}</text>'
    yield f'<text class="small dim" x="{middle:g}" y="{y + 42:g}">{_safe(words)}</text>'


def _arrow(x: float, y: float, length: float, number: str, state: State | None) -> Iterator[str]:
    kind = _STATES[state]
    yield f'<path class="way {kind}" d="M{x:g} {y:g} h{length - 7:g}"/>'
    yield f'<path class="head {kind}" d="M{x + length - 8:g} {y - 5:g} l8 5 l-8 5 z"/>'
    yield f'<text class="number" x="{x + length / 2:g}" y="{y - 9:g}">{number}</text>'


def _beneath(x: float, above: Station, journey: Journey) -> Iterator[str]:
    station, label, words, number = _BELOW[above]
    state = journey.state_of(station)
    middle = x + BOX_WIDTH / 2
    top = TOP + BOX_HEIGHT
    words = (spam_score(journey) if station is Station.FILTERS else "") or words
    yield f'<path class="way {_STATES[state]}" d="M{middle:g} {top} V{BELOW}"/>'
    yield f'<text class="number" x="{middle + 22:g}" y="{(top + BELOW) / 2 + 5:g}">{number}</text>'
    yield from _box(x, BELOW, label, words, state)


def _timeline(journey: Journey, top: float) -> Iterator[str]:
    yield f'<path class="rule" d="M32 {top - 14:g} H{WIDTH - 32}"/>'
    for at, moment in enumerate(journey.moments):
        yield from _row(journey, moment, top + 12 + at * ROW_HEIGHT)


def _row(journey: Journey, moment: Moment, y: float) -> Iterator[str]:
    words = moment.title + (f" — {moment.host}" if moment.host else "")
    words = words if len(words) <= TEXT_LIMIT else words[: TEXT_LIMIT - 1] + "…"
    yield f'<text class="number" x="44" y="{y:g}">{moment.step}</text>'
    yield f'<text class="cell mono" x="70" y="{y:g}">{_safe(moment.agent)}</text>'
    yield f'<text class="cell" x="140" y="{y:g}">{_safe(words)}</text>'
    if moment.clocked:
        left, room, total = 760.0, 260.0, journey.transit or 1.0
        start = left + room * min(moment.began / total, 0.985)
        length = max(4.0, min(room * moment.took / total, left + room - start))
        kind = _STATES[moment.state]
        yield f'<rect class="bar {kind}" x="{start:.1f}" y="{y - 9:g}" width="{length:.1f}" height="8" rx="3"/>'
        yield f'<text class="cell dim right" x="{WIDTH - 32}" y="{y:g}">+{duration(moment.began)}</text>'


def _safe(text: str) -> str:
    return escape(clean_line(text))
