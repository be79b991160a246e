"""The framer and the parser: every split of the input, every trap of tolerant parsing."""

import dataclasses
import time

import pytest

from termail.mra.imap.errors import ImapHostile, Unreadable
from termail.mra.imap.framing import Frame, Framer
from termail.mra.imap.limits import DEFAULT
from termail.mra.imap.names import decode_name, encode_name, mailbox
from termail.mra.imap.responses import Continuation, Data, Fetch, Numbered, Status, parse
from termail.mra.imap.sets import expand, uid_sets

WIRE = (
    b"* OK ready {5}\r\n"
    b"* 12 FETCH (UID 7 BODY[HEADER] {10}\r\nSubject: x FLAGS (\\Seen))\r\n"
    b'* LIST (\\HasNoChildren) "/" "Rate 5* hotels"\r\n'
    b'* 13 FETCH (ENVELOPE (NIL "sad :(" NIL) UID 8)\r\n'
    b'* LIST () "/" {6}\r\nf\xc3\xb6\xc3\xb6x\r\n'
    b"+ go on {3}\r\n"
    b"A1 OK done\r\n"
)


def frames(framer: Framer) -> list[Frame]:
    found = []
    while (frame := framer.next_frame()) is not None:
        found.append(frame)
    return found


def read(wire: bytes) -> list[object]:
    framer = Framer(DEFAULT)
    framer.receive(wire)
    return [parse(frame, DEFAULT) for frame in frames(framer)]


def test_every_split_of_the_wire_gives_the_same_responses() -> None:
    whole = read(WIRE)
    assert len(whole) == 7
    for at in range(len(WIRE) + 1):
        framer = Framer(DEFAULT)
        found = []
        for piece in (WIRE[:at], WIRE[at:]):
            framer.receive(piece)
            found += [parse(frame, DEFAULT) for frame in frames(framer)]
        assert found == whole
    framer = Framer(DEFAULT)
    found = []
    for octet in WIRE:
        framer.receive(bytes([octet]))
        found += [parse(frame, DEFAULT) for frame in frames(framer)]
    assert found == whole
    assert framer.rest() == b""


def test_a_star_in_a_mailbox_name_stays_and_a_parenthesis_in_quotes_swallows_nothing() -> None:
    status, header, hotels, sad, literal_name, go_on, done = read(WIRE)
    assert status == Status("", "OK", "", "", "ready {5}")
    assert header == Fetch(12, {"UID": b"7", "BODY[HEADER]": b"Subject: x", "FLAGS": [b"\\Seen"]})
    assert hotels == Data("LIST", [[b"\\HasNoChildren"], b"/", b"Rate 5* hotels"])
    assert sad == Fetch(13, {"ENVELOPE": [None, b"sad :(", None], "UID": b"8"})
    assert literal_name == Data("LIST", [[], b"/", "fööx".encode()])
    assert go_on == Continuation(b"go on {3}")
    assert done == Status("A1", "OK", "", "", "done")


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        (b"* 5 EXISTS", Numbered(5, "EXISTS")),
        (b"* SEARCH", Data("SEARCH", [])),
        (b"* SEARCH 1 2 3 ", Data("SEARCH", [b"1", b"2", b"3"])),
        (b'* LIST () NIL ""', Data("LIST", [[], None, b""])),
        (b'* LIST () "/" "a\\"b\\\\c"', Data("LIST", [[], b"/", b'a"b\\c'])),
        (b"A9 NO [TRYCREATE] no such box", Status("A9", "NO", "TRYCREATE", "", "no such box")),
        (b"A9 OK [COPYUID 1 2:3 4:5] ok", Status("A9", "OK", "COPYUID", "1 2:3 4:5", "ok")),
        (b"a1 ok", Status("a1", "OK", "", "", "")),
        (b"* 1 FETCH (BODY[HEADER.FIELDS (FROM TO)] {3}", None),
        (b'* 1 FETCH (BODY[]<0> "x")', Fetch(1, {"BODY[]<0>": b"x"})),
        (b"* STATUS INBOX (MESSAGES 3)", Data("STATUS", [b"INBOX", [b"MESSAGES", b"3"]])),
    ],
)
def test_responses_mean_what_the_grammar_says(line: bytes, meaning: object) -> None:
    if meaning is None:
        found = read(line + b"\r\nabc)\r\n")
        assert found == [Fetch(1, {"BODY[HEADER.FIELDS (FROM TO)]": b"abc"})]
    else:
        assert read(line + b"\r\n") == [meaning]


@pytest.mark.parametrize(
    "line",
    [
        b'* LIST () "/" "open',
        b"* LIST (((",
        b"* LIST ())",
        b"* 1 FETCH (UID)",
        b"* 1 FETCH UID 3",
        b"garbage",
        b"* ",
        b"* 1 FETCH " + b"(" * 100_000,
    ],
)
def test_what_cannot_be_read_is_said_to_be_unreadable(line: bytes) -> None:
    with pytest.raises(Unreadable):
        read(line + b"\r\n")


@pytest.mark.parametrize(
    "wire",
    [
        b"* 1 FETCH (BODY[] {99999999999}\r\n",
        b"* " + b"x" * 20_000,
        b"* 1 FETCH (" + b"A {1}\r\nx " * 30,
        b"* 1 FETCH (A {600}\r\n" + b"x" * 600 + b" B {600}\r\n",
    ],
)
def test_what_has_no_end_is_refused_before_it_is_kept(wire: bytes) -> None:
    framer = Framer(
        dataclasses.replace(
            DEFAULT, line_octets=10_000, literal_octets=1_000, response_octets=1_100, literals_in_response=10
        )
    )
    framer.receive(wire)
    with pytest.raises(ImapHostile):
        frames(framer)


def test_five_thousand_lines_and_one_long_line_take_linear_time() -> None:
    began = time.process_time()
    assert (
        len(read(b"".join(b"* %d FETCH (UID %d FLAGS (\\Seen))\r\n" % (n, n) for n in range(1, 5_001)))) == 5_000
    )
    (answer,) = read(b"* SEARCH " + b" ".join(b"%d" % n for n in range(100_000)) + b"\r\n")
    assert isinstance(answer, Data)
    assert len(answer.values) == 100_000
    with pytest.raises(Unreadable):
        read(b'* X "' + b"\\a" * 100_000 + b"\r\n")
    assert time.process_time() - began < 3.0


NAMES = [
    ("INBOX", b"INBOX"),
    ("Rate 5* hotels", b"Rate 5* hotels"),
    ("R&D", b"R&-D"),
    ("Ñandú", b"&ANE-and&APo-"),
    ("日本語", b"&ZeVnLIqe-"),
    ("a😀b", b"a&2D3eAA-b"),
    ("~peter/mail/台北/日本語", b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
]


@pytest.mark.parametrize(("name", "wire"), NAMES)
def test_mailbox_names_go_both_ways(name: str, wire: bytes) -> None:
    assert encode_name(name).encode("ascii") == wire
    assert decode_name(wire) == name


@pytest.mark.parametrize("wire", [b"&", b"&AA", b"&!!!-", b"a&2D3-b", "grün".encode(), b"\xff\xfe"])
def test_names_that_are_not_valid_are_shown_and_never_raise(wire: bytes) -> None:
    assert decode_name(wire)


@pytest.mark.parametrize("name", ["", "x" * 2_000, "a\r\nDELETE INBOX", "a\0b"])
def test_names_no_mailbox_can_have_are_refused(name: str) -> None:
    with pytest.raises(ValueError):
        mailbox(name)


def test_quotes_and_backslashes_are_quoted() -> None:
    assert mailbox('a"b\\c') == b'"a\\"b\\\\c"'
    assert mailbox("inbox") == b'"INBOX"'


def test_uid_sets_are_short_ranges_and_come_back() -> None:
    uids = [*range(1, 2_000), *range(3_000, 9_000, 2)]
    sets = list(uid_sets(uids, octets=200))
    assert all(len(text) <= 200 for text, _ in sets)
    assert [uid for _, covered in sets for uid in covered] == uids
    assert [uid for text, _ in sets for uid in expand(text, 10_000)] == uids
    assert expand("5:3,x,9", 10) == [3, 4, 5, 9]
    with pytest.raises(ImapHostile):
        expand("1:4294967295", 1_000_000)
