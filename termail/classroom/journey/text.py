"""A journey as text for a terminal or a pipe: the picture, the timeline, every moment with what is known."""

from collections.abc import Iterator

from termail.classroom.journey.model import Journey, Moment
from termail.classroom.journey.picture import picture
from termail.mime.sanitize import clean_line

WIDTH = 96
BAR = 24
DIALOGUE_LINES = 40


def as_text(journey: Journey) -> Iterator[str]:
    """Line by line."""
    yield f"Journey of {clean_line(journey.message_id)} · {duration(journey.transit)} · {journey.outcome}"
    if journey.subject:
        yield f"“{clean_line(journey.subject)}”"
    yield ""
    for row in picture(journey, WIDTH):
        yield "".join(text for text, _ in row).rstrip()
    for moment in journey.moments:
        yield f"{_head(moment):<70}{bar(journey, moment)}"
        for fact in moment.facts:
            yield f"      {fact.kind:<9}{clean_line(fact.text)}"
        for line in moment.lines[:DIALOGUE_LINES]:
            if line.direction:
                yield f"      {line.direction}: {clean_line(line.text)}"
        if len(moment.lines) > DIALOGUE_LINES:
            yield f"      … and {len(moment.lines) - DIALOGUE_LINES} lines more"
        yield ""


def _head(moment: Moment) -> str:
    where = f"  ({clean_line(moment.host)})" if moment.host else ""
    return f" {moment.step:>2}  {moment.agent:<6} {moment.title}{where} "


def bar(journey: Journey, moment: Moment) -> str:
    """When it was, drawn and said."""
    if not moment.clocked:
        return ""
    total = journey.transit or 1.0
    start = round(BAR * min(moment.began / total, 1.0))
    length = max(1, round(BAR * min(moment.took / total, 1.0)))
    start = min(start, BAR - length)
    return f"{' ' * start}{'━' * length}{' ' * (BAR - start - length)} +{duration(moment.began)}"


def duration(seconds: float) -> str:
    """In the unit people would say it in."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.2f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} days"
