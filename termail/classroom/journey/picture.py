"""The lecture's picture in letters: boxes, arrows with their numbers, lit by how far a message came."""

from dataclasses import dataclass, field
from typing import Final

from termail.classroom.journey.model import Journey, State, Station

Run = tuple[str, str]
NARROW: Final = 79
WIDEST_GAP: Final = 9
ROWS: Final = 8
_ROLES: Final = {None: "faint", State.DONE: "ok", State.WAITING: "warning", State.FAILED: "error"}
_THIN: Final = "┌─┐│└┘├┤┬"
_THICK: Final = "┏━┓┃┗┛┣┫┳"


@dataclass(frozen=True, slots=True)
class Box:
    """`number` stands on the arrow that leads to it."""

    station: Station
    label: str
    number: str


ROW: Final = (
    Box(Station.MUA, " MUA ", ""),
    Box(Station.LMTA, " LMTA ", "2"),
    Box(Station.MQ, " MQ ", "3"),
    Box(Station.MSA, " MSA ", "5"),
    Box(Station.QUEUE, " queue ", ""),
    Box(Station.MTA, " MTA ", "6"),
    Box(Station.MDA, " MDA ", "9"),
    Box(Station.READER, " MUA ", "11"),
)
BELOW: Final = {
    Station.QUEUE: (Station.DNS, "[ DNS ]", "7▾ ▴8"),
    Station.MTA: (Station.FILTERS, "[filters]", ""),
    Station.MDA: (Station.MAILBOX, "[mailbox]", "10"),
    Station.READER: (Station.WEB, "[browser]", "12"),
}


@dataclass(slots=True)
class Canvas:
    """Cells with a role each."""

    width: int
    height: int
    _cells: list[list[tuple[str, str]]] = field(init=False)

    def __post_init__(self) -> None:
        self._cells = [[(" ", "text")] * self.width for _ in range(self.height)]

    def put(self, x: int, y: int, text: str, role: str) -> None:
        """Letters of one cell each, from `x` on; what falls off the edge is lost."""
        for at, letter in enumerate(text, x):
            if 0 <= at < self.width and 0 <= y < self.height:
                self._cells[y][at] = (letter, role)

    def rows(self) -> list[list[Run]]:
        """Runs of equal role."""
        return [_runs(row) for row in self._cells]


def picture(journey: Journey, width: int, *, chosen: Station | None = None) -> list[list[Run]]:
    """ROWS lines of at most `width` cells (79 at least). The chosen box has a thick frame, so that it is found
    without colours."""
    canvas = Canvas(max(width, NARROW), ROWS)
    boxes = sum(len(box.label) + 2 for box in ROW)
    gap = min(WIDEST_GAP, (canvas.width - boxes - 1) // (len(ROW) - 1))
    x = max(0, (canvas.width - boxes - gap * (len(ROW) - 1)) // 2)
    _people(canvas, journey, x)
    previous: Box | None = None
    for box in ROW:
        if previous is not None:
            _arrow(canvas, journey, x - gap, gap, box)
        _box(canvas, journey, x, box, chosen)
        if box.station in BELOW:
            _beneath(canvas, journey, x + (len(box.label) + 2) // 2, box.station, chosen)
        x += len(box.label) + 2 + gap
        previous = box
    return canvas.rows()


def role_of(journey: Journey, station: Station) -> str:
    """The colour of a box."""
    return _ROLES[journey.state_of(station)]


def _people(canvas: Canvas, journey: Journey, x: int) -> None:
    writer = journey.sender.partition("@")[0]
    readers = ", ".join(recipient.partition("@")[0] for recipient in journey.recipients)
    canvas.put(x + 1, 0, f"{writer[:20]} 1▾" if writer else "1▾", "dim")
    canvas.put(canvas.width - x - 1 - len(readers[:24]), 0, readers[:24], "dim")


def _box(canvas: Canvas, journey: Journey, x: int, box: Box, chosen: Station | None) -> None:
    is_chosen = box.station is chosen
    frame = _THICK if is_chosen else _THIN
    role = role_of(journey, box.station)
    inner = len(box.label)
    canvas.put(x, 1, frame[0] + frame[1] * inner + frame[2], role)
    canvas.put(x, 2, frame[3], role)
    canvas.put(x + 1, 2, box.label, "strong" if role != "faint" else "dim")
    canvas.put(x + 1 + inner, 2, frame[3], role)
    canvas.put(x, 3, frame[4] + frame[1] * inner + frame[5], role)
    if box.station in BELOW:
        canvas.put(x + (inner + 2) // 2, 3, frame[8], role)


def _arrow(canvas: Canvas, journey: Journey, x: int, gap: int, box: Box) -> None:
    """Double where the message goes over the network from server to server."""
    role = role_of(journey, box.station)
    line = "═" if box.station is Station.MTA else "─"
    canvas.put(x, 2, line * (gap - 1) + "▸", role)
    canvas.put(x + max(0, (gap - len(box.number)) // 2), 1, box.number, "accent" if role != "faint" else "dim")


def _beneath(canvas: Canvas, journey: Journey, middle: int, above: Station, chosen: Station | None) -> None:
    station, label, number = BELOW[above]
    role = role_of(journey, station)
    is_chosen = station is chosen
    start = min(middle - len(label) // 2, canvas.width - len(label))
    canvas.put(middle, 4, "▾", role)
    canvas.put(
        min(middle - len(number) // 2, canvas.width - len(number)),
        5,
        number,
        "accent" if role != "faint" else "dim",
    )
    shown = f"┃{label[1:-1]}┃" if is_chosen else label
    canvas.put(start, 6, shown, "strong" if is_chosen else role)
    if station is Station.FILTERS:
        score = spam_score(journey)
        canvas.put(middle - len(score) // 2, 7, score, "dim")


def spam_score(journey: Journey) -> str:
    """The points the filters gave together, "" when none did."""
    points = [
        float(word)
        for moment in journey.moments
        for text in moment.of("verdict")
        for word in text.split()
        if word[:1] in "+-" and word[1:].replace(".", "", 1).isdigit()
    ]
    return f"spam {sum(points):+.1f}" if points else ""


def _runs(cells: list[tuple[str, str]]) -> list[Run]:
    runs: list[Run] = []
    for letter, role in cells:
        if runs and runs[-1][1] == role:
            runs[-1] = (runs[-1][0] + letter, role)
        else:
            runs.append((letter, role))
    return runs
