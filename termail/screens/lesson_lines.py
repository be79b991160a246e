"""A lesson as lines: its Markdown, its checks, and the narration bar that goes along from screen to screen."""

import re
from textwrap import wrap
from typing import TYPE_CHECKING

from termail.mime.sanitize import clean_line
from termail.screens.lesson_desk import LessonDesk
from termail.screens.lesson_words import found_in_words_of, in_words_of
from termail.widgets.ink import Run, runs_length

if TYPE_CHECKING:  # see lesson_desk
    from termail.classroom.lesson.checking import CheckResult

_INLINE = re.compile(r"\*\*(.+?)\*\*|`(.+?)`|\*(.+?)\*")
BAR_CHECKS = 3
SAID_LINES = 4


def markdown_lines(text: str, width: int) -> list[list[Run]]:
    """Paragraphs, lists and indented lines to type; what is **bold** or `code` keeps its weight."""
    lines: list[list[Run]] = []
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        if lines:
            lines.append([])
        if block.startswith("    "):
            lines += [[("    ", "text"), (clean_line(line.strip()), "accent")] for line in block.splitlines()]
        elif re.match(r"\s*[-*] |\s*\d+\. ", block):
            for item in re.split(r"\n(?=\s*[-*] |\s*\d+\. )", block):
                lines += _flowed(" ".join(item.split()), width, hanging="  ")
        else:
            lines += _flowed(" ".join(block.split()), width)
    return lines


def check_lines(results: "list[CheckResult]", language: str = "en") -> list[list[Run]]:
    """Green where it was done; what was found instead where it was not."""
    lines: list[list[Run]] = []
    for result in results:
        mark: Run = ("✓ ", "ok") if result.passed else ("○ ", "warning")
        lines.append([("  ", "text"), mark, (clean_line(result.text), "text" if result.passed else "strong")])
        if result.found and not result.passed:
            lines.append([("      ", "text"), (clean_line(found_in_words_of(language, result.found)), "dim")])
    return lines


def narration(desk: LessonDesk, width: int, *, key: str) -> tuple[list[Run], list[list[Run]]]:
    """Title and lines of the bar."""
    lesson = desk.lesson
    position = desk.position if desk.shown is None else desk.shown
    step = lesson.steps[position]
    language = lesson.language
    place = in_words_of(language, "{at} of {count}", at=position + 1, count=len(lesson.steps))
    title: list[Run] = [
        (clean_line(lesson.title), "accent"),
        (f" · {place} · ", "dim"),
        (clean_line(step.title), "strong"),
    ]
    if desk.shown is not None:
        return title, markdown_lines(step.text, width - 2)[:SAID_LINES]
    if desk.is_finished:
        return title, [
            [
                ("  ✓ ", "ok"),
                (in_words_of(language, "The lesson is done."), "strong"),
                (in_words_of(language, "  {key} leads to the others", key=key), "dim"),
            ]
        ]
    lines = check_lines([result for result in desk.results if not result.passed][:BAR_CHECKS], language)
    done = sum(result.passed for result in desk.results)
    if desk.is_done:
        words = in_words_of(language, "  {key} leads on", key=key)
        lines = [[("  ✓ ", "ok"), (in_words_of(language, "Done."), "strong"), (words, "dim")]]
    elif done:
        count = len(desk.results)
        lines.append([(in_words_of(language, "  ✓ {at} of {count} done", at=done, count=count), "ok")])
    return title, lines


def _flowed(text: str, width: int, hanging: str = "") -> list[list[Run]]:
    """Wrapped to the width, the weights kept across line ends."""
    plain = _INLINE.sub(lambda found: found[1] or found[2] or found[3], text)
    weights = _weights(text)
    lines: list[list[Run]] = []
    at = 0
    for piece in wrap(clean_line(plain), max(20, width), subsequent_indent=hanging, break_on_hyphens=False):
        indent = hanging if lines else ""
        words = piece[len(indent) :]
        at = plain.find(words[:10], at) if words else at
        runs: list[Run] = [(indent, "text")]
        for letter, role in zip(words, weights[at : at + len(words)], strict=False):
            if runs[-1][1] == role:
                runs[-1] = (runs[-1][0] + letter, role)
            else:
                runs.append((letter, role))
        missing = len(piece) - runs_length(runs)
        lines.append([*runs, (words[-missing:], "text")] if missing > 0 else runs)
        at += len(words)
    return lines


def _weights(text: str) -> list[str]:
    """A role for every letter of the plain text."""
    roles: list[str] = []
    at = 0
    for found in _INLINE.finditer(text):
        roles += ["text"] * (found.start() - at)
        role = "strong" if found[1] else "accent" if found[2] else "quote-1"
        roles += [role] * len(found[1] or found[2] or found[3])
        at = found.end()
    return roles + ["text"] * (len(text) - at)
