"""Base subjects, sent dates, envelopes read back, and the two threading algorithms (RFC 5256)."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bundled_server.maa.imap.envelope_faces import Depth, date_of, read_face
from bundled_server.maa.imap.forests import Forest
from bundled_server.maa.imap.threads import Message, by_references, by_subject, format_threads
from bundled_server.mailbox.content import prepare
from bundled_server.mailbox.search.thread_keys import number_of
from bundled_server.mailbox.sent_dates import sent_seconds
from bundled_server.mailbox.subjects import base_subject

SUBJECTS = [
    ("hello", "hello", False),
    ("Re: hello", "hello", True),
    ("RE : hello", "hello", True),
    ("re[2]: hello", "hello", True),
    ("Fwd: Re: FW: hello", "hello", True),
    ("[list] Re: [list] hello", "hello", True),
    ("[list] hello", "hello", False),
    ("[only]", "[only]", False),
    ("Re: [only]", "[only]", True),
    ("hello (fwd)", "hello", True),
    ("hello (fwd) (FWD) ", "hello", True),
    ("[fwd: hello]", "hello", True),
    ("[FWD: Re: [x] hello (fwd)]", "hello", True),
    ("hello   there\t you", "hello there you", False),
    ("Regarding: x", "regarding: x", False),
    ("=?utf-8?q?Re:_=C3=89t=C3=A9?=", "été", True),
    ("", "", False),
    ("Re:", "", True),
    ("Re: Fwd:", "", True),
    ("[a][b] x", "x", False),
    ("[a] [b]", "[b]", False),
    ("forward: x", "forward: x", False),
]


@pytest.mark.parametrize(("subject", "base", "is_reply"), SUBJECTS)
def test_the_base_subject(subject, base, is_reply):
    assert base_subject(subject.encode()) == (base, is_reply)


@given(st.text(alphabet="[]()refwd: ", max_size=60))
@settings(max_examples=300, deadline=None)
def test_a_base_subject_has_no_more_to_take_away(subject):
    once = base_subject(subject.encode()).text
    assert base_subject(once.encode()).text == once


def test_long_subjects_cost_little():
    before = time.process_time()
    for subject in (b"[a]" * 3000 + b"x", b"re[a]" * 3000, b"[fwd:" * 3000 + b"]" * 3000):
        base_subject(subject)
    assert time.process_time() - before < 5.0


DATES = [
    (b"Thu, 11 Aug 2005 20:20:56 -0300", 1123802456.0),
    (b"11 Aug 2005 20:20 +0000 (UTC)", 1123791600.0),
    (b"Thu, 11 Aug 2005 20:20:56 GMT", 1123791656.0),
    (b"Thu, 11 Aug 2005 20:20:56 EST", 1123809656.0),
    (b"Thu, 31 Feb 2005 20:20:56 GMT", None),
    (b"Thu, 11 Aug 2005 25:20:56 GMT", None),
    (b"yesterday", None),
    (b"", None),
]


@pytest.mark.parametrize(("value", "seconds"), DATES)
def test_sent_dates(value, seconds):
    assert sent_seconds(value) == seconds


def test_an_envelope_is_read_back():
    header = (
        b'From: "Bob \\"B\\" <x>" <bob@other.test>, eve@x.test\r\nSender: s@x.test\r\nTo: g:a@b.test;\r\n'
        b'Cc: J\xc3\xb3 <jo@x.test>\r\nSubject: a \\ (b) "c" \xc3\xb1\r\nDate: today\r\n\r\n'
    )
    face = read_face(prepare(header).envelope, Depth.CC)
    assert (face.date, face.subject) == (b"today", b'a \\ (b) "c" \xc3\xb1')
    assert (face.sender.name, face.sender.mailbox, face.sender.host) == (b'Bob "B" <x>', b"bob", b"other.test")
    assert (face.to.mailbox, face.cc.mailbox) == (b"g", b"jo")


@given(st.binary(max_size=200), st.sampled_from(Depth))
@settings(max_examples=200, deadline=None)
def test_any_envelope_can_be_read(octets, depth):
    read_face(b"(" + octets, depth)
    read_face(prepare(octets).envelope, depth)


def message(number, subject="", own=b"", *references, sent=None):
    text, is_reply = base_subject(subject.encode())
    ids = [number_of(one) if one else 0 for one in (text.encode(), own, *references)]
    return Message(number, sent or float(number), ids[0], is_reply, ids[1], tuple(ids[2:]))


def threads(*messages):
    return format_threads(by_references(messages)).decode()


REFERENCES = [
    ((message(1), message(2)), "(1)(2)"),
    ((message(1, "a", b"a"), message(2, "Re: a", b"b", b"a"), message(3, "b", b"c", b"a", b"b")), "(1 2 3)"),
    ((message(1, "a", b"a"), message(2, "x", b"b", b"a"), message(3, "y", b"c", b"a")), "(1 (2)(3))"),
    # the parent that was never here: two children stay together under nothing
    ((message(1, "x", b"b", b"a"), message(2, "y", b"c", b"a")), "((1)(2))"),
    # a missing link in the middle
    ((message(1, "x", b"a"), message(2, "y", b"c", b"a", b"b")), "(1 2)"),
    # replies before what they answer
    ((message(1, "y", b"b", b"a"), message(2, "x", b"a")), "(2 1)"),
    # a circle
    ((message(1, "x", b"a", b"b"), message(2, "y", b"b", b"a")), "(2 1)"),
    # the same id twice
    ((message(1, "x", b"a"), message(2, "y", b"a"), message(3, "z", b"c", b"a")), "(1 3)(2)"),
    # subjects join what references do not
    ((message(1, "x", b"a"), message(2, "Re: x", b"b")), "(1 2)"),
    ((message(1, "x", b"a"), message(2, "x", b"b")), "((1)(2))"),
    ((message(1, "Re: x", b"a"), message(2, "x", b"b")), "(2 1)"),
    ((message(1, "Re: x", b"a"), message(2, "Re: x", b"b")), "((1)(2))"),
    # a thread under nothing takes in what has its subject
    ((message(1, "x", b"b", b"a"), message(2, "x", b"c", b"a"), message(3, "Re: x", b"d")), "((1)(2)(3))"),
    # siblings and roots by date, not by number
    ((message(1, "x", b"a", sent=9.0), message(2, "y", b"b", sent=1.0)), "(2)(1)"),
    ((message(1, "", b"a"), message(2, "", b"b")), "(1)(2)"),
]


@pytest.mark.parametrize(("messages", "wanted"), REFERENCES, ids=[wanted for _, wanted in REFERENCES])
def test_threads_by_references(messages, wanted):
    assert threads(*messages) == wanted


def test_threads_by_subject():
    messages = (message(1, "b"), message(2, "a"), message(3, "Re: b"), message(4, "b (fwd)"), message(5, "Re: a"))
    assert format_threads(by_subject(messages)) == b"(1 (3)(4))(2 5)"


@pytest.mark.parametrize("seed", range(30))
def test_every_message_is_in_one_thread(seed):
    choose = random.Random(seed)
    ids = [b"%d" % number for number in range(20)]
    messages = [
        message(number, choose.choice(["", "a", "Re: a", "b"]), choose.choice(ids), *choose.choices(ids, k=3))
        for number in range(1, 40)
    ]
    text = format_threads(by_references(messages)).decode()
    numbers = text.replace("(", " ").replace(")", " ").split()
    assert sorted(map(int, numbers)) == list(range(1, 40))
    assert text.count("(") == text.count(")")


def test_a_very_deep_thread_is_no_trouble():
    messages = [message(n, "x", b"%d" % n, b"%d" % (n - 1)) for n in range(1, 5000)]
    assert format_threads(by_references(messages)).startswith(b"(1 2 3 4 ")
    assert format_threads(by_references(messages[::-1])).startswith(b"(1 2 3 4 ")


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_forest_that_grows_and_shrinks_is_the_forest_planted_anew(data):
    ids = [b"%d" % number for number in range(12)]
    everybody = [
        message(
            number,
            data.draw(st.sampled_from(["", "a", "Re: a", "b", "Re: c"])),
            data.draw(st.sampled_from(ids)),
            *data.draw(st.lists(st.sampled_from(ids), max_size=3)),
            sent=float(data.draw(st.integers(1, 5))),
        )
        for number in range(1, 16)
    ]
    forest = Forest()
    present: list[Message] = []
    rest = list(everybody)
    while rest:
        size = data.draw(st.integers(1, 6))
        new, rest = rest[:size], rest[size:]
        present = [one for one in present if data.draw(st.booleans()) or data.draw(st.booleans())] + new
        numbers = [one.number for one in present]
        assert forest.missing(numbers) == [one.number for one in new]
        assert forest.text(numbers, new) == format_threads(by_references(present))


@pytest.mark.parametrize(
    "envelope",
    [
        b'("Thu, 02" "x")',
        b'(NIL "x")',
        b'("a\\"b\\\\" "x")',
        b'({3}\r\na"b "x")',
        b'("" NIL)',
        b'("open',
        b"",
        b'("\\\\" "b")',
    ],
)
def test_the_date_alone_is_the_date_of_the_face(envelope: bytes) -> None:
    assert date_of(envelope) == read_face(envelope, Depth.DATE).date
