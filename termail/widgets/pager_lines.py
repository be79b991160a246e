"""What the pager shows of a message: display lines with long quotes folded, links noted, matches marked."""

import re
from dataclasses import dataclass

from termail.mime.lines import Line, LineKind

FOLD_ABOVE = 6  # a quoted block longer than this is folded to its first line
SHOWN_URL = 60  # characters of a link's address in the link list


@dataclass(frozen=True, slots=True)
class PagerLine:
    """One line; `folded` more quoted lines stand behind it; `source` is its place in the display."""

    kind: LineKind
    text: str
    level: int = 0
    folded: int = 0
    source: int = 0


def pager_lines(lines: list[Line], *, fold_quotes: bool, opened: frozenset[int] = frozenset()) -> list[PagerLine]:
    """Fold quoted blocks unless they are short or were opened (by the source of their first line)."""
    shown: list[PagerLine] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.kind is LineKind.QUOTE:
            stop = at
            while stop < len(lines) and lines[stop].kind is LineKind.QUOTE:
                stop += 1
            if fold_quotes and stop - at > FOLD_ABOVE and at not in opened:
                shown.append(PagerLine(line.kind, line.text, line.level, stop - at - 1, at))
                at = stop
                continue
            shown += [PagerLine(lines[i].kind, lines[i].text, lines[i].level, 0, i) for i in range(at, stop)]
            at = stop
            continue
        shown.append(PagerLine(line.kind, line.text, line.level, 0, at))
        at += 1
    return shown


def role_of(line: PagerLine) -> str:
    """The role a line is drawn in."""
    if line.kind is LineKind.QUOTE:
        return f"quote-{min(3, max(1, line.level))}"
    return _ROLES.get(line.kind, "text")


_ROLES = {
    LineKind.MESSAGE: "accent",
    LineKind.SIGNATURE: "dim",
    LineKind.ATTACHMENT: "accent",
    LineKind.PROBLEM: "warning",
    LineKind.DIFF_ADDED: "added",
    LineKind.DIFF_REMOVED: "removed",
    LineKind.DIFF_HUNK: "accent",
}

_URL = re.compile(r"\bhttps?://[^\s<>\"]+|\[\d+\]")


def runs_of(line: PagerLine, pattern: re.Pattern[str] | None) -> list[tuple[str, str]]:
    """The runs of a line: header names, links, and matches of the search."""
    if line.kind is LineKind.HEADER:
        runs = _header_runs(line.text)
    else:
        runs = _marked([(line.text, role_of(line))], _URL, "link") if line.kind is LineKind.TEXT else []
        runs = runs or [(line.text, role_of(line))]
    return _marked(runs, pattern, "match") if pattern is not None else runs


def _header_runs(text: str) -> list[tuple[str, str]]:
    name, colon, value = text.partition(":")
    if not colon or " " in name.strip() or text[:1] == " ":
        return [(text, "text")]
    return [(name + colon, "dim"), (value, "strong" if name.lower() == "subject" else "text")]


def _marked(runs: list[tuple[str, str]], pattern: re.Pattern[str], role: str) -> list[tuple[str, str]]:
    marked: list[tuple[str, str]] = []
    for text, base in runs:
        end = 0
        for match in pattern.finditer(text):
            if match.start() == match.end():
                continue
            marked += [(text[end : match.start()], base), (match.group(), role)]
            end = match.end()
        marked.append((text[end:], base))
    return [run for run in marked if run[0]]
