"""ENVELOPE: what header fields become, octet by octet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bundled_server.mailbox.addresses import MOST_ADDRESSES, addresses
from bundled_server.mailbox.content import prepare
from bundled_server.mailbox.envelope import address_list

ADDRESS_FIELDS = [
    (b"bob@other.test", b'((NIL NIL "bob" "other.test"))'),
    (b"Bob <bob@other.test>", b'(("Bob" NIL "bob" "other.test"))'),
    (b'"Bob, B." <bob@other.test>', b'(("Bob, B." NIL "bob" "other.test"))'),
    (b'"a \\"quoted\\" \\\\ name" <a@b>', b'(("a \\"quoted\\" \\\\ name" NIL "a" "b"))'),
    (b"bob@other.test (Bob (the) Builder)", b'(("Bob (the) Builder" NIL "bob" "other.test"))'),
    (b"Bob Q. Public <bob.q@other.test>", b'(("Bob Q. Public" NIL "bob.q" "other.test"))'),
    (b"a@b, c@d", b'((NIL NIL "a" "b")(NIL NIL "c" "d"))'),
    (b"a@b,, ,c@d,", b'((NIL NIL "a" "b")(NIL NIL "c" "d"))'),
    (b'"john doe"@b', b'((NIL NIL "john doe" "b"))'),
    (b"a @ b . c", b'((NIL NIL "a" "b.c"))'),
    (b"a@[127.0.0.1]", b'((NIL NIL "a" "[127.0.0.1]"))'),
    (b"Bob <@one,@two:bob@other.test>", b'(("Bob" "@one,@two" "bob" "other.test"))'),
    (
        b"friends: a@b, Bob <c@d>; e@f",
        b'((NIL NIL "friends" NIL)(NIL NIL "a" "b")("Bob" NIL "c" "d")(NIL NIL NIL NIL)(NIL NIL "e" "f"))',
    ),
    (b"undisclosed-recipients:;", b'((NIL NIL "undisclosed-recipients" NIL)(NIL NIL NIL NIL))'),
    (b"open group: a@b", b'((NIL NIL "open group" NIL)(NIL NIL "a" "b")(NIL NIL NIL NIL))'),
    ("Ñandú <n@b>".encode(), b'(({7}\r\n\xc3\x91and\xc3\xba NIL "n" "b"))'),
    (b"=?utf-8?q?=C3=91?= <n@b>", b'(("=?utf-8?q?=C3=91?=" NIL "n" "b"))'),
    # broken ones, best effort
    (b"root", b'((NIL NIL "root" ""))'),
    (b"Bob <bob>", b'(("Bob" NIL "bob" ""))'),
    (b"Bob <bob@other.test", b'(("Bob" NIL "bob" "other.test"))'),
    (b"bob@other.test <bob@other.test>", b'(("bob@other.test" NIL "bob" "other.test"))'),
    (b"Bob <>", b'(("Bob" NIL "" ""))'),
    (b"<nobody:@other.test>", b'((NIL NIL "nobody:" "other.test"))'),
    (b"a@b@c", b'((NIL NIL "a@b" "c"))'),
    (b'"open <a@b>', b'((NIL NIL "open <a@b>" ""))'),
    (b'"" <>', b"NIL"),
    (b"<>", b"NIL"),
    (b" , ,", b"NIL"),
    (b"(only a comment", b"NIL"),
    (b"", b"NIL"),
]


@pytest.mark.parametrize(("field", "octets"), ADDRESS_FIELDS)
def test_address_lists(field: bytes, octets: bytes) -> None:
    assert address_list(field) == octets


def test_a_whole_envelope() -> None:
    content = prepare(
        b"Date: Thu, 11 Aug 2005 20:20:56 -0300 (ART)\n"
        b'Subject: say "hi" to\n\tC:\\temp\n'
        b"From: bob@other.test\nTo: alice@cities.org\nTo: juan@cities.org\nCc:\n"
        b"Reply-To: Bob <b@other.test>\nIn-Reply-To: <1@a>\nMessage-ID: <2@b>\n\nhello\n"
    )
    assert content.envelope == (
        b'("Thu, 11 Aug 2005 20:20:56 -0300 (ART)" "say \\"hi\\" to\tC:\\\\temp"'
        b' ((NIL NIL "bob" "other.test")) ((NIL NIL "bob" "other.test")) (("Bob" NIL "b" "other.test"))'
        b' ((NIL NIL "alice" "cities.org")(NIL NIL "juan" "cities.org")) NIL NIL "<1@a>" "<2@b>")'
    )
    assert content.message_id == "<2@b>"


def test_what_is_absent_is_nil_and_what_is_empty_is_a_string() -> None:
    assert prepare(b"Subject:\n\n").envelope == b'(NIL "" NIL NIL NIL NIL NIL NIL NIL NIL)'
    assert prepare(b"").envelope == b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"


def test_eight_bit_and_nul_travel_as_literals_or_not_at_all() -> None:
    envelope = prepare(b"Subject: caf\xe9\0!\n\n").envelope
    assert envelope.startswith(b"(NIL {5}\r\ncaf\xe9! NIL")


@pytest.mark.parametrize("piece", [b"(", b'"', b"<", b"a@", b"\\", b"a:", b"[", b"@a,", b";", b"a,", b"> <"])
def test_floods_of_one_piece_end_soon(piece: bytes) -> None:
    found = addresses(piece * (200_000 // len(piece)))
    assert len(found) <= MOST_ADDRESSES + 2


@given(st.binary(max_size=200))
def test_any_octets_give_an_envelope_on_quoted_lines(value: bytes) -> None:
    octets = address_list(value)
    outside_literals = octets if b"{" in octets else octets.replace(b"\r\n", b"?")
    assert outside_literals == octets
    assert octets == b"NIL" or (octets.startswith(b"((") and octets.endswith(b"))"))
