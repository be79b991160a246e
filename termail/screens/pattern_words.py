"""Completion of patterns: mutt's letters with what they mean, and the words of the friendly syntax."""

from collections.abc import Sequence

from termail.model.patterns.operators import FRIENDLY_RANGES, FRIENDLY_STATES, FRIENDLY_TEXT, STATES, TEXT_FIELDS


def complete_pattern(typed: str) -> Sequence[str]:
    """What the last word of a pattern may go on to."""
    start, space, last = typed.rpartition(" ")
    before = start + space
    negation = last[:1] if last[:1] in "!(" and last else ""
    word = last[len(negation) :]
    if word.startswith("~"):
        letters = [f"~{letter}" for letter in (*TEXT_FIELDS, *STATES, "d", "r", "z", "m", "X")]
        return [f"{before}{negation}{letter} " for letter in sorted(letters) if letter.startswith(word)]
    if word.startswith("is:"):
        return [f"{before}{negation}is:{state}" for state in sorted(FRIENDLY_STATES) if state.startswith(word[3:])]
    keys = sorted({f"{key}:" for key in (*FRIENDLY_TEXT, *FRIENDLY_RANGES, "is", "has", "in")})
    return [f"{before}{negation}{key}" for key in keys if key.startswith(word)]
