"""Texts in patterns: plain substrings where that is the same, guarded regular expressions otherwise."""

from termail.model.patterns import regex_guard
from termail.model.patterns.errors import PatternError
from termail.model.patterns.tree import Text, Word


def text_leaf(field: str, value: str, position: int, *, literal: bool = False) -> Text:
    """mutt's rule: capitals in a pattern make it mind the case."""
    return Text(field, value, not literal and _is_regex(value, position), value == value.lower())


def word_leaf(value: str, position: int, *, quoted: bool = False) -> Word:
    """A bare word, or several in quotes."""
    return Word(value, not quoted and _is_regex(value, position), value == value.lower())


def _is_regex(value: str, position: int) -> bool:
    if regex_guard.is_plain(value):
        return False
    try:
        regex_guard.check(value)
    except ValueError as error:
        raise PatternError(str(error), position) from None
    return True
