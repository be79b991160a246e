"""sievelib, a parser that nobody here wrote, takes and refuses the scripts of our table as we do; each exception
has its reason."""

import re
import tomllib
from pathlib import Path

import pytest
from sievelib.parser import Parser

TABLE = tomllib.loads((Path(__file__).parent / "cases.toml").read_text("utf-8"))

UNKNOWN_TO_SIEVELIB = re.compile(
    r'"(?:ereject|subaddress|index|mailbox|spamtest|spamtestplus|ihave|comparator-i;ascii-numeric)"|string :'
)
"""Extensions whose commands, tests or tags it does not have; of variables it lacks the string test."""

ONLY_SYNTAX = {
    "require of what is not there": "it takes any capability",
    "require after a command": "it takes require anywhere",
    "a missing semicolon": "it does not miss the last one",
    "a bad address": "it looks into no string",
    "a line break in an address": "it looks into no string",
    "a bad regex": "it looks into no string",
    "a bad header name": "it looks into no string",
    "address of a field without addresses": "it looks into no string",
    "a bad date part": "it looks into no string",
    "a bad zone": "it looks into no string",
    "an unknown envelope part": "it looks into no string",
    "set of a bad name": "it looks into no string",
}
"""What we refuse and it takes."""

KNOWN = [case for case in TABLE["cases"] if not UNKNOWN_TO_SIEVELIB.search(case["script"])]


@pytest.mark.parametrize("case", KNOWN, ids=lambda case: case["name"])
def test_sievelib_takes_and_refuses_what_we_do(case: dict[str, str]) -> None:
    is_correct = case["actions"] != ["refused"]
    assert Parser().parse(case["script"]) is (is_correct or case["name"] in ONLY_SYNTAX)


def test_most_of_the_table_is_compared() -> None:
    assert len(KNOWN) > 130
    assert ONLY_SYNTAX.keys() <= {case["name"] for case in TABLE["cases"] if case["actions"] == ["refused"]}
