"""The report of a trace: each line of the script that played a part, and under it what happened there."""

from collections.abc import Iterable, Sequence
from typing import Any

from bundled_server.journal import printable
from bundled_server.sieve.interpreter import Result
from bundled_server.sieve.trace import TraceLine

LONGEST_VALUE = 80
MOST_VALUES = 6
NUMBER_COLUMNS = 4
LOOKS = ("header ", "address ", "envelope ", "date ", "body ", "hasflag ")


def report_lines(name: str, script: str, trace: Sequence[TraceLine], result: Result) -> list[str]:
    """For people. What came from the message is shown without control characters."""
    source = script.splitlines()
    lines: list[str] = []
    at: tuple[str, int] | None = None
    for step in trace:
        if step.line and (step.script, step.line) != at:
            at = (step.script, step.line)
            where = "" if step.script == name else f"  (in {printable(step.script)})"
            text = source[step.line - 1].rstrip() if step.script == name and step.line <= len(source) else ""
            lines.append(f"{step.line:>{NUMBER_COLUMNS}} | {printable(text.expandtabs(4))}{where}")
        lines += [f"{'':>{NUMBER_COLUMNS}} |     {line}" for line in _step(step)]
    lines += ["", *_ending(result)]
    return lines


def _step(step: TraceLine) -> Iterable[str]:
    yield f"{printable(step.text)} → {printable(step.outcome)}"
    if step.values:
        shown = [f'"{_shortened(value)}"' for value in step.values[:MOST_VALUES]]
        more = f" and {len(step.values) - MOST_VALUES} more" if len(step.values) > MOST_VALUES else ""
        yield f"    looked at {', '.join(shown)}{more}"
    elif step.outcome == "false" and step.text.startswith(LOOKS):
        yield "    found nothing to look at"


def _ending(result: Result) -> Iterable[str]:
    if result.error is not None:
        yield f"The script fails in {result.error}. The message is kept, and its owner is told."
        return
    yield "What is done:"
    for action, source in zip(result.actions, result.sources, strict=True):
        where = f"   (line {action.line} of {printable(source)})" if source else ""
        yield f"  {printable(action.text)}{where}"


def _shortened(value: str) -> str:
    text = printable(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def report_table(trace: Sequence[TraceLine], result: Result) -> dict[str, Any]:
    """For scripts."""
    return {
        "correct": True,
        "trace": [
            {
                "script": step.script,
                "line": step.line,
                "depth": step.depth,
                "text": step.text,
                "outcome": step.outcome,
                "values": [_shortened(value) for value in step.values],
            }
            for step in trace
        ],
        "error": str(result.error) if result.error is not None else "",
        "actions": [
            {"text": action.text, "script": source, "line": action.line}
            for action, source in zip(result.actions, result.sources, strict=True)
        ],
    }
