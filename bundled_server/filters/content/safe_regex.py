"""Regular expressions that cannot be made to run for hours: their cost is bounded before they are compiled."""

import re
from dataclasses import dataclass
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

LINE_LENGTH = 500
"""Text is matched in pieces of this length, so that `.*` goes no farther."""
MOST_STEPS = 600
"""For each place in the text; one `.*` costs LINE_LENGTH, two would cost its square."""
LONGEST = 1000


class UnsafeRegex(ValueError):
    """The expression is none, or could take too long; the text says what to write."""


@dataclass(frozen=True, slots=True)
class SafeRegex:
    """An expression whose cost is bounded. One that matches no more than LINE_LENGTH characters is held against
    the whole text, any other one against windows of that length, which overlap by half."""

    pattern: re.Pattern[str]
    is_short: bool

    def find(self, text: str) -> str:
        """What it matches first; the expression itself when that is nothing; "" when it does not match."""
        step = LINE_LENGTH // 2
        starts = (0,) if self.is_short else range(0, max(len(text) - step, 1), step)
        for start in starts:
            found = self.pattern.search(text, start, len(text) if self.is_short else start + LINE_LENGTH)
            if found is not None:
                return found[0] or self.pattern.pattern
        return ""


def compiled(pattern: str) -> SafeRegex:
    """The expression, without regard to case. Raises UnsafeRegex."""
    if len(pattern) > LONGEST:
        raise UnsafeRegex(f"a regex of more than {LONGEST} characters")
    try:
        tree = _parser.parse(pattern, re.IGNORECASE)
        steps = _cost(tree)
        expression = re.compile(pattern, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as fault:
        raise UnsafeRegex(f"{pattern!r} is no regex: {fault}") from None
    if steps > MOST_STEPS:
        raise UnsafeRegex(f"{pattern!r} could take too long: write .{{0,20}} instead of a second .*")
    return SafeRegex(expression, tree.getwidth()[1] <= LINE_LENGTH)


def _cost(tree: Any) -> int:
    """How many ways there are to match from one place, at most."""
    steps = 1
    for code, value in tree:
        steps *= _cost_of(code, value)
        if steps > MOST_STEPS:
            return steps
    return steps


def _cost_of(code: Any, value: Any) -> int:
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
        least, most, inner = value
        return _cost_of_repeat(int(least), LINE_LENGTH if most is codes.MAXREPEAT else int(most), inner)
    if code is codes.BRANCH:
        return sum(_cost(branch) for branch in value[1])
    if code is codes.SUBPATTERN:
        return _cost(value[-1])
    if code is codes.ATOMIC_GROUP:
        return _cost(value)
    if code in (codes.ASSERT, codes.ASSERT_NOT):
        return _cost(value[1])
    if code in (codes.GROUPREF, codes.GROUPREF_EXISTS, codes.GROUPREF_IGNORE):
        return MOST_STEPS + 1
    return 1


def _cost_of_repeat(least: int, most: int, inner: Any) -> int:
    """A repeat may end after any number of rounds; where a round itself can go several ways, they multiply."""
    inside = _cost(inner)
    rounds = most - least + 1
    if inside == 1:
        return rounds
    return int(min(inside ** min(most, 64), MOST_STEPS + 1)) * rounds
