"""mutt's pattern language and the friendly syntax, parsed."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from termail.model.patterns import PatternError, parse
from termail.model.patterns.imap import imap_search
from termail.model.patterns.tree import (
    And,
    Dates,
    Everything,
    InFolder,
    Not,
    Numbers,
    Or,
    Related,
    State,
    Text,
    Word,
)

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC).timestamp()
DAY = 86_400


def at(*when: int) -> float:
    return datetime(*when, tzinfo=UTC).timestamp()


def read(pattern: str):
    return parse(pattern, now=NOW, timezone=UTC)


TREES = {
    "": Everything(),
    "  ": Everything(),
    "~A": Everything(),
    ".": Everything(),
    "all": Everything(),
    "unread": State("unread"),
    "unread bob": And((Word("unread"), Word("bob"))),
    "bob": Word("bob"),
    "Bob": Word("Bob", ignore_case=False),
    '"two words"': Word("two words"),
    "b.b": Word("b.b", is_regex=True),
    "'b.b'": Word("b.b"),
    "~f bob": Text("from", "bob"),
    "~fbob": Text("from", "bob"),
    "~f  Bob": Text("from", "Bob", ignore_case=False),
    "=s a.b": Text("subject", "a.b"),
    "~s a.b": Text("subject", "a.b", is_regex=True),
    '~s "a b"': Text("subject", "a b"),
    r'~s "a \" b"': Text("subject", 'a " b'),
    r"~s a\ b": Text("subject", "a b"),
    "~s '^re:'": Text("subject", "^re:", is_regex=True),
    "~s (a|b)": Text("subject", "(a|b)", is_regex=True),
    "~U ~F": And((State("unread"), State("flagged"))),
    "~U|~F": Or((State("unread"), State("flagged"))),
    "~U ~N | ~F": Or((And((State("unread"), State("new"))), State("flagged"))),
    "~U (~N | ~F)": And((State("unread"), Or((State("new"), State("flagged"))))),
    "!~D": Not(State("deleted")),
    "! ~D": Not(State("deleted")),
    "!!~D": State("deleted"),
    "!(~D|~F)": Not(Or((State("deleted"), State("flagged")))),
    "~(~f bob)": Related("thread", Text("from", "bob")),
    "~<(~U)": Related("parent", State("unread")),
    "~>(~U)": Related("child", State("unread")),
    "~=": State("duplicate"),
    "~$": State("unreferenced"),
    "~z 10-20": Numbers("size", 10, 20),
    "~z 20-10": Numbers("size", 10, 20),
    "~z >1K": Numbers("size", 1025, None),
    "~z <1M": Numbers("size", None, 1024**2 - 1),
    "~z 10-": Numbers("size", 10, None),
    "~z -20": Numbers("size", None, 20),
    "~X 2": Numbers("attachments", 2, 2),
    "~m 3-5": Numbers("number", 3, 5),
    "~d 22/11/26": Dates("date", at(2026, 11, 22), at(2026, 11, 23)),
    "~d 22/11/1999": Dates("date", at(1999, 11, 22), at(1999, 11, 23)),
    "~d 5/3": Dates("date", at(2026, 3, 5), at(2026, 3, 6)),
    "~d 20240229": Dates("date", at(2024, 2, 29), at(2024, 3, 1)),
    "~d 2024-02": Dates("date", at(2024, 2, 1), at(2024, 3, 1)),
    "~d 1/1/24-31/1/24": Dates("date", at(2024, 1, 1), at(2024, 2, 1)),
    "~d 20240101-": Dates("date", at(2024, 1, 1), None),
    "~d -20240101": Dates("date", None, at(2024, 1, 2)),
    "~d 1/1/24*2d": Dates("date", at(2023, 12, 30), at(2024, 1, 4)),
    "~d 1/1/24+1w": Dates("date", at(2024, 1, 1), at(2024, 1, 9)),
    "~d <1w": Dates("date", NOW - 7 * DAY, None),
    "~d >1m": Dates("date", None, at(2026, 10, 22, 15, 30)),
    "~d =2d": Dates("date", at(2026, 11, 20), at(2026, 11, 21)),
    "~d *2w": Dates("date", NOW - 14 * DAY, NOW + 14 * DAY),
    "~d <3H": Dates("date", NOW - 3 * 3600, None),
    "~r today": Dates("received", at(2026, 11, 22), at(2026, 11, 23)),
    "~r yesterday": Dates("received", at(2026, 11, 21), at(2026, 11, 22)),
    "from:ann": Text("from", "ann"),
    "from:Ann": Text("from", "Ann"),
    'subject:"a b"': Text("subject", "a b"),
    "is:unread": State("unread"),
    "-is:unread": Not(State("unread")),
    "NOT is:unread": Not(State("unread")),
    "a OR b": Or((Word("a"), Word("b"))),
    "a AND b": And((Word("a"), Word("b"))),
    "in:work/INBOX": InFolder("work/INBOX"),
    "has:attachment": Numbers("attachments", 1, None),
    "has:pdf": And((Numbers("attachments", 1, None), Text("attachment", "pdf"))),
    "before:2024-03": Dates("date", None, at(2024, 3, 1)),
    "after:2024": Dates("date", at(2025, 1, 1), None),
    "newer:2d": Dates("date", NOW - 2 * DAY, None),
    "larger:1M": Numbers("size", 1024**2 + 1, None),
    "re:": Word("re:"),
    "https://x.org": Word("https://x.org", is_regex=True),
    "- x": And((Word("-"), Word("x"))),
}


@pytest.mark.parametrize("pattern", TREES)
def test_a_pattern_becomes_a_tree(pattern):
    assert read(pattern) == TREES[pattern]


WRONG = {
    "~": "column 1: a letter is missing; allowed: ~$",
    "~j": "column 1: ~j: is no pattern; allowed: ",
    "a ~f": "column 5: the text for ~f is missing",
    "(~U": 'column 1: ")" is missing',
    "~U)": 'column 3: ")" closes nothing',
    "~U |": "column 5: a pattern is missing here",
    "| ~U": "column 1: a pattern is missing here",
    "!": "column 2: a pattern is missing here",
    "()": "column 2: a pattern is missing here",
    "~(": "column 3: a pattern is missing here",
    '~s "abc': 'column 4: the quote " is never closed',
    "~s a**": "is no regular expression",
    "~s (a+)+b": "a repeated group",
    "~s (a|a)*b": "a repeated group",
    "~s .*.*.*.*.*": "at most 4 repetitions",
    r"~s (a)\1": "back references",
    "~d 31/2/24": "column 4: there is no day 31/2/2024",
    "~d soon": "'soon' is no date; allowed: DD/MM/YY",
    "~d <99999y": "out of range",
    "~z big": "'big' is no range; allowed: 10, 10-20",
    "is:blue": "column 1: is:blue is unknown; allowed: answered",
    "before:never": "column 1: 'never' is no date; allowed: YYYY",
    "~V": "column 1: ~V: a signature is verified when the message is opened",
    "%f group": "column 1: address groups (%)",
    "(" * 60 + "~U" + ")" * 60: "more than 50 levels",
    "x" * 5000: "at most 4000 characters",
}


@pytest.mark.parametrize("pattern", WRONG)
def test_what_is_wrong_is_told_with_its_place(pattern):
    with pytest.raises(PatternError) as raised:
        read(pattern)
    assert WRONG[pattern] in str(raised.value)
    assert 0 <= raised.value.position <= len(pattern)


PIECES = st.sampled_from(
    [
        "~",
        "=",
        "%",
        "!",
        "|",
        "(",
        ")",
        "<",
        ">",
        "*",
        "-",
        '"',
        "'",
        "\\",
        " ",
        "f",
        "s",
        "b",
        "d",
        "z",
        "m",
        "A",
        "[",
        "]",
    ]
    + [
        "{",
        "}",
        "9",
        "1w",
        "20240101",
        "31/12/99",
        "10-",
        "K",
        "from:",
        "is:",
        "unread",
        "before:",
        "has:",
        "in:",
        "ñ",
    ]
    + ["~d ", "~z ", "~s ", "OR ", "NOT ", "..", "today", "\x00", "\ud800", "(a|b)*", "+", "?", "^", "$", "{2,3}"]
)


@given(st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=40))
def test_anything_is_parsed_or_refused_in_words(pattern):
    try:
        tree = read(pattern)
    except PatternError as error:
        assert str(error).startswith("column ")
    else:
        imap_search(tree)


SEARCHES = {
    "": ("ALL", True),
    "bob": ('OR FROM "bob" SUBJECT "bob"', True),
    "~f bob ~U": ('FROM "bob" UNSEEN', True),
    "~U | ~F": ("OR UNSEEN FLAGGED", True),
    "~U | ~F | ~D": ("OR UNSEEN OR FLAGGED DELETED", True),
    "!~D": ("UNDELETED", True),
    "!~Q": ("UNANSWERED", True),
    "!(~f a ~s b)": ('NOT (FROM "a" SUBJECT "b")', True),
    "~U | ~f a ~s b": ('OR UNSEEN (FROM "a" SUBJECT "b")', True),
    "~C a": ('OR TO "a" OR CC "a" BCC "a"', True),
    "~i m1@x": ('HEADER Message-ID "m1@x"', True),
    "~b word": ('BODY "word"', True),
    "~B word": ('TEXT "word"', True),
    "~y todo": ("KEYWORD todo", True),
    "~z >1K": ("LARGER 1024", True),
    "~z 10-20": ("LARGER 9 SMALLER 21", True),
    "~d 20240101-20240131": ("SENTSINCE 1-Jan-2024 SENTBEFORE 1-Feb-2024", True),
    "~r today": ("SINCE 22-Nov-2026 BEFORE 23-Nov-2026", True),
    "~d <1w": ("SENTSINCE 15-Nov-2026", False),
    r'~s "say \"x"': (r'SUBJECT "say \"x"', True),
    "~s ñandú": ('SUBJECT "ñandú"', True),
    "~s a.*b": ("ALL", False),
    "~s A": ('SUBJECT "A"', False),
    "~T": ("ALL", False),
    "~U !~T": ("UNSEEN", False),
    "!~U": ("SEEN", True),
    "is:unread in:archive": ("UNSEEN", False),
    "~(~U)": ("ALL", False),
}


@pytest.mark.parametrize("pattern", SEARCHES)
def test_a_pattern_is_shown_as_imap_search(pattern):
    search = imap_search(read(pattern), timezone=UTC)
    assert (search.text, search.is_exact) == SEARCHES[pattern]
