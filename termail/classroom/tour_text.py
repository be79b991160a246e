"""The tour as text for a terminal, a pipe or a printer."""

from collections.abc import Iterator, Sequence

from termail.classroom.scenes import Scene
from termail.mime.sanitize import clean_line

DIALOGUE_LINES = 60
INDENT = " " * 8


def render(title: str, scenes: Sequence[Scene]) -> Iterator[str]:
    """One leg of the tour, line by line."""
    yield f"── {title} " + "─" * max(3, 96 - len(title))
    for scene in scenes:
        where = f"  ({scene.host})" if scene.host else "  (the user's own machine)"
        yield ""
        yield f" {scene.step:>2}  {scene.agent:<5} {scene.title}{where}"
        shown = scene.lines[:DIALOGUE_LINES]
        for line in shown:
            mark = f"{line.direction}: " if line.direction else ""
            yield f"{INDENT}{mark}{clean_line(line.text)}".rstrip()
        if len(scene.lines) > len(shown):
            yield f"{INDENT}… and {len(scene.lines) - len(shown)} lines more"
    yield ""
