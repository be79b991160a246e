"""Number ranges of patterns: 10-20, 10-, -20, <10, >10, with K and M."""

import re
from typing import Final

_NUMBER: Final = r"(\d{1,12})([kKmMgG]?)"
_SINGLE: Final = re.compile(f"([<>]?){_NUMBER}")
_BETWEEN: Final = re.compile(f"(?:{_NUMBER})?[-,](?:{_NUMBER})?")
_FACTORS: Final = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}


def number_range(text: str) -> tuple[int | None, int | None]:
    """Both ends included, None for open. Raises ValueError."""
    found = _SINGLE.fullmatch(text)
    if found is not None:
        number = number_of(found[2], found[3])
        return {"<": (None, number - 1), ">": (number + 1, None)}.get(found[1], (number, number))
    found = _BETWEEN.fullmatch(text)
    if found is None or (found[1] is None and found[3] is None):
        raise ValueError(f"{text!r} is no range; allowed: 10, 10-20, 10-, -20, <10, >10, with K or M")
    low = None if found[1] is None else number_of(found[1], found[2])
    high = None if found[3] is None else number_of(found[3], found[4])
    if low is not None and high is not None and low > high:
        low, high = high, low
    return low, high


def number_of(digits: str, suffix: str) -> int:
    """With its factor of 1024s."""
    return int(digits) * _FACTORS[suffix.lower()]
