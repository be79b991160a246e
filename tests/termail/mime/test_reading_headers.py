"""Received headers: read whatever they look like, in linear time."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from termail.mime.headers import decode_words, parse_addresses, parse_date, scan_headers, summarize


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"plain", "plain"),
        (b"=?utf-8?Q?Pr=C3=A1ctica_de_redes?=", "Práctica de redes"),
        (b"=?UTF-8?B?UHLDoWN0aWNh?= =?utf-8?q?_de?=\t=?utf-8?q?_redes?=", "Práctica de redes"),
        (b"=?utf-8?B?YQ==?= and =?utf-8?B?Yg==?=", "a and b"),
        (b"=?utf-8?Q?=C3?= =?utf-8?Q?=A1?=", "á"),
        (b"=?iso-8859-1*es?Q?ma=F1ana?=", "mañana"),
        (b"=?no-such-charset?Q?ma=C3=B1ana?=", "mañana"),
        (b"=?utf-8?Q?broken with spaces?=", "broken with spaces"),
        (b"=?utf-8?Q?What?_now?=", "What? now"),
        (b"=?utf-8?X?what?=", "=?utf-8?X?what?="),
        (b"=?utf-8?Q?unclosed", "=?utf-8?Q?unclosed"),
        ("mañana 🍜".encode(), "mañana 🍜"),
        (b"ma\xf1ana \x93x\x94", "mañana “x”"),
        (b"=?idna?Q?abc?= =?unicode_escape?Q?=5Cx1b?=", "abc\\x1b"),
    ],
)
def test_encoded_words_are_decoded_as_far_as_they_go(value: bytes, text: str) -> None:
    assert decode_words(value) == text


@pytest.mark.parametrize(
    ("value", "pairs"),
    [
        (b"alice@cities.org", (("", "alice@cities.org"),)),
        (b"Alice <alice@cities.org>", (("Alice", "alice@cities.org"),)),
        (b'"Doe, John" <john@x.org>, bob@y.org', (("Doe, John", "john@x.org"), ("", "bob@y.org"))),
        (b'"She said \\"hi\\"" <a@b.c>', (('She said "hi"', "a@b.c"),)),
        (b"=?utf-8?Q?Doe=2C_Zo=C3=AB?= <z@x.org>", (("Doe, Zoë", "z@x.org"),)),
        (b"bob@x.org (Bob (the builder))", (("Bob (the builder)", "bob@x.org"),)),
        (b"Friends: a@b.c, D <d@e.f>;, g@h.i", (("", "a@b.c"), ("D", "d@e.f"), ("", "g@h.i"))),
        (b"undisclosed-recipients:;", ()),
        (b"a@b.c; d@e.f", (("", "a@b.c"), ("", "d@e.f"))),
        (b"John Doe john@x.org", (("John Doe", "john@x.org"),)),
        (b"John <john@x.org, Mary <mary@x.org>", (("John", "john@x.org"), ("Mary", "mary@x.org"))),
        (b"<@relay,@other:bob@x.org>", (("", "bob@x.org"),)),
        (b'"john doe"@x.org', (("", '"john doe"@x.org'),)),
        (b"john @ x.org", (("", "john@x.org"),)),
        (b"<>", ()),
        (b"root", (("", "root"),)),
        (b'"unclosed <a@b.c>', (("unclosed", "a@b.c"),)),
        (b"Jos\xe9 <j@x.org>", (("José", "j@x.org"),)),
        (b'"ceo@bank.test" <thief@evil.test>', (("ceo@bank.test", "thief@evil.test"),)),
    ],
)
def test_addresses_are_read_tolerantly(value: bytes, pairs: tuple[tuple[str, str], ...]) -> None:
    assert parse_addresses(value) == pairs


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"Sat, 22 Nov 2026 09:14:00 -0300", 1795349640.0),
        (b"22 Nov 2026 12:14:00 GMT", 1795349640.0),
        (b"Thu, 11 Aug 2005 20:20:56 -0300 (ART)", 1123802456.0),
        (b"Thu, 11 Aug 05 20:20:56 -0300", 1123802456.0),
        (b"", 0.0),
        (b"yesterday", 0.0),
        (b"Sat, 99 Nov 2026 09:14:00 -0300", 0.0),
        (b"Sat, 22 Nov 9999 09:14:00 -0300", 0.0),
        (b"Mon, 1 Jan 1601 00:00:00 +0000", 0.0),
        (b"1" * 5000, 0.0),
    ],
)
def test_dates_are_read_or_are_nothing(value: bytes, seconds: float) -> None:
    assert parse_date(value) == seconds


def test_a_summary_holds_what_index_and_threads_need() -> None:
    summary = summarize(
        b"From: Ana <ana@x.org>\r\nTo: a@b.c\r\nTo: d@e.f\r\nSubject: Re:\r\n =?utf-8?q?_=C3=A1?=\r\n"
        b"Message-ID: <3@x>\r\nReferences: <1@x> <2@x>\r\n\t<1@x>\r\nIn-Reply-To: Your message <2b@x> of today\r\n"
        b"List-Id: The list <list.x.org>\r\nContent-Type: Multipart/Mixed; boundary=x\r\n\r\nFrom: body@x.org\r\n"
    )
    assert summary.from_ == (("Ana", "ana@x.org"),)
    assert summary.to == (("", "a@b.c"), ("", "d@e.f"))
    assert summary.subject == "Re:  á"
    assert summary.message_id == "<3@x>"
    assert summary.references == ("<1@x>", "<2@x>", "<2b@x>")
    assert summary.list_id == "list.x.org"
    assert summary.content_type == "multipart/mixed"


def test_headers_end_where_they_stop_looking_like_headers() -> None:
    assert scan_headers(b"From: a@b\nContent-type: text/plain\nMensaje en Texto\nhttp://x\n") == [
        ("From", b"a@b"),
        ("Content-type", b"text/plain"),
    ]


def test_a_badly_folded_line_does_not_hide_the_fields_after_it() -> None:
    names = [name for name, _ in scan_headers(b"Received: from x\nby y with z\nSubject: hello\n\n")]
    assert names == ["Received", "Subject"]


def test_old_macintosh_line_ends_are_line_ends() -> None:
    assert scan_headers(b"A: 1\rB: 2\r\rbody") == [("A", b"1"), ("B", b"2")]


@pytest.mark.parametrize(
    "flood",
    [
        b'"' * 200_000, b'\\"' * 100_000, b"(" * 200_000, b"<" * 200_000, b"@" * 200_000, b"[" * 200_000,
        b"a " * 90_000 + b"x@y" + b": " * 9_000, b"a@b " + b": " * 90_000, b"=?a?q?" * 30_000,
        b"<" + b"@a," * 60_000,
        b"<" + b"@" * 90_000 + b":", b" " * 200_000 + b"<", b'"a"' * 60_000, b"<,:" * 60_000,
        b"John Doe <john@example.org>, " * 7_000,
    ],
    ids=lambda flood: repr(flood[:8]),
)  # fmt: skip
@pytest.mark.parametrize("read", [parse_addresses, decode_words, parse_date], ids=lambda read: read.__name__)
def test_two_hundred_thousand_hostile_octets_cost_little(flood: bytes, read: Callable[[bytes], object]) -> None:
    before = time.process_time()
    read(flood)
    assert time.process_time() - before < 5.0


@given(st.binary(max_size=400))
def test_no_octets_make_a_reader_raise(octets: bytes) -> None:
    summarize(octets)
    decode_words(octets)
    parse_addresses(octets)
    parse_date(octets)


_PIECES = st.sampled_from([bytes((octet,)) for octet in b'"<>(),;:@\\ x[]\xff'] + [b"a@b.c", b"=?utf-8?q?x?="])


@given(st.lists(_PIECES, max_size=40))
def test_no_mixture_of_address_marks_makes_it_raise(pieces: list[bytes]) -> None:
    for name, address in parse_addresses(b"".join(pieces)):
        assert name or address
