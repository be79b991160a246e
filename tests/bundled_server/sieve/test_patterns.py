"""Patterns: what they match, and that no pattern takes more than its steps."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bundled_server.sieve.budget import Budget, OutOfBudget
from bundled_server.sieve.matching import glob
from bundled_server.sieve.regex import compiled, search
from bundled_server.sieve.regex_program import BadPattern

PLENTY = 1_000_000


def found(pattern: str, text: str, *, any_case: bool = False) -> tuple[str, ...] | None:
    return search(compiled(pattern, any_case), text, Budget(PLENTY))


@pytest.mark.parametrize(
    ("pattern", "text", "captures"),
    [
        ("b+", "abbbc", ("bbb",)),
        ("(a|ab)(c|bcd)", "abcd", ("abcd", "a", "bcd")),
        ("^$", "", ("",)),
        ("a{2,3}", "aaaa", ("aaa",)),
        ("(a*)*", "aa", ("aa", "aa")),
        ("[^[:digit:]]+", "12ab3", ("ab",)),
        ("[]x]+", "a]x]b", ("]x]",)),
        ("a.c", "a\nc", ("a\nc",)),
        (r"\.", "a.b", (".",)),
        ("x|y|z$", "zz", ("z",)),
        ("(x)?y", "y", ("y", "")),
        ("missing", "text", None),
    ],
)
def test_a_regex_finds_the_leftmost_longest(pattern: str, text: str, captures: tuple[str, ...] | None) -> None:
    assert found(pattern, text) == captures


@pytest.mark.parametrize("pattern", ["(", ")", "[a", "*a", "a{2", "a{3,2}", "a{999}", "\\", r"(a)\1", "[z-a]"])
def test_what_is_no_regex_is_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        compiled(pattern, False)


@pytest.mark.parametrize(
    "pattern", ["((((a{200}){200}){200}){200})", "(" * 200 + "a" + ")" * 200, "a{0}" + "{255}" * 6, "(a)" * 100]
)
def test_a_pattern_that_is_a_bomb_is_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        compiled(pattern, False)


@pytest.mark.parametrize("pattern", ["(a*)*b", "(a+)+b", "(a|a)*b", "(a?){100}a{100}b", "(.*)(.*)(.*)(.*)x"])
def test_what_makes_others_go_back_for_ever_is_linear_here(pattern: str) -> None:
    budget = Budget(PLENTY)
    try:
        assert search(compiled(pattern, False), "a" * 2000, budget) is None
    except OutOfBudget:
        pytest.fail("more than 500 steps a character")


def test_a_long_text_ends_at_the_budget() -> None:
    with pytest.raises(OutOfBudget):
        search(compiled("(a|b)*c", False), "ab" * 100_000, Budget(1000))


SIMPLE = st.lists(st.sampled_from(["a", "b", ".", "a*", "b?", "[ab]", "[^a]", "a+", "^", "$"]), max_size=6)


@settings(max_examples=150, deadline=None)
@given(SIMPLE.map("".join), st.text("abc", max_size=12))
def test_a_regex_matches_where_python_s_does(pattern: str, text: str) -> None:
    theirs = re.search(pattern.replace("$", r"\Z"), text, re.S)
    ours = found(pattern, text)
    assert (ours is None) == (theirs is None)


@settings(max_examples=150, deadline=None)
@given(st.text("ab*?\\", max_size=8), st.text("abc*?", max_size=12))
def test_a_glob_matches_where_a_regex_made_of_it_does(pattern: str, text: str) -> None:
    pieces = re.findall(r"\\.|\\|[^\\]", pattern, re.S)
    meaning = {"*": "(.*?)", "?": "(.)"}
    regex = "".join(meaning.get(piece) or re.escape(piece[-1]) for piece in pieces)
    theirs = re.fullmatch(regex, text, re.S)
    ours = glob(pattern, text, Budget(PLENTY), any_case=False)
    assert (ours is None) == (theirs is None)
    if ours is not None and theirs is not None:
        assert ours == (text, *theirs.groups())


def test_many_stars_are_no_bomb() -> None:
    assert glob("*a" * 500 + "b", "a" * 5000, Budget(PLENTY), any_case=True) is None
