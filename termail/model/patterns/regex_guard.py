"""Keeps regular expressions harmless: hostile mail must not make a pattern take for ever."""

import re
from typing import Final

METACHARACTERS: Final = frozenset(".*+?[](){}|^$\\")
LENGTH_LIMIT: Final = 500
REPEAT_LIMIT: Final = 4
_DOUBTFUL_CLASS: Final = re.compile(r"\[\^?\[|\[[^\]]*(?:--|&&|~~|\|\|)")
_BOUNDED: Final = re.compile(r"\{(\d*)(,?)(\d*)\}")


def is_plain(text: str) -> bool:
    """True when it is the same as a regular expression and as a literal."""
    return not METACHARACTERS.intersection(text)


def check(expression: str) -> None:
    """Raises ValueError for what is no regular expression or could take exponential time: a repeated group with
    a repetition or an alternative inside, back references, very many repetitions."""
    if len(expression) > LENGTH_LIMIT:
        raise ValueError(f"an expression has at most {LENGTH_LIMIT} characters")
    if _DOUBTFUL_CLASS.search(expression):
        raise ValueError("write a backslash before [ - & ~ | inside a [class]")
    try:
        re.compile(expression)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{expression!r} is no regular expression: {error}") from None
    if re.search(r"\\[1-9]|\(\?(?!:)", expression):
        raise ValueError("back references and (?…) are not allowed in expressions")
    _check_repeats(expression)


def _check_repeats(expression: str) -> None:
    groups: list[bool] = [False]
    repeats = 0
    closed: bool | None = None
    position = 0
    while position < len(expression):
        char = expression[position]
        width, is_repeat = 1, char in "*+?"
        bounded = _BOUNDED.match(expression, position) if char == "{" else None
        if char == "\\":
            width = 2
        elif char == "[":
            width = _class_length(expression, position)
        elif bounded is not None and (bounded[1] or bounded[3]):
            width, is_repeat = len(bounded[0]), True
            if any(int(number) > 100 for number in (bounded[1], bounded[3]) if number):
                raise ValueError("a repetition counts to 100 at most")
        if is_repeat:
            if closed:
                raise ValueError("a repeated group cannot hold a repetition or an alternative")
            repeats += char != "?"
            groups[-1] = True
        closed = None
        if char == "(":
            groups.append(False)
        elif char == ")" and len(groups) > 1:
            closed = groups.pop()
            groups[-1] = groups[-1] or closed
        elif char == "|":
            groups[-1] = True
        position += width
    if repeats > REPEAT_LIMIT:
        raise ValueError(f"an expression has at most {REPEAT_LIMIT} repetitions")


def _class_length(expression: str, start: int) -> int:
    """Characters of a [class], whose first member may be "]"."""
    position = start + 1
    if expression[position : position + 1] == "^":
        position += 1
    if expression[position : position + 1] == "]":
        position += 1
    while position < len(expression) and expression[position] != "]":
        position += 2 if expression[position] == "\\" else 1
    return position + 1 - start
