"""The scanner: offsets of parts, hostile mail, real mail."""

import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bundled_server.mailbox.content import prepare, with_crlf
from bundled_server.mailbox.mime_values import PARAMETERS
from bundled_server.mailbox.structure import DEEPEST, MOST_PARTS, Part, part_at, scan

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpus.tar.xz"

NESTED = with_crlf(
    b"Subject: outer\nContent-Type: multipart/mixed; boundary=b\n\n"
    b"--b\n\none\n"
    b"--b\nContent-Type: message/rfc822\n\n"
    b"Subject: inner\nContent-Type: multipart/alternative; boundary=bb\n\n--bb\n\ntwo one\n--bb\n"
    b"Content-Type: text/html\n\ntwo two\n--bb--\n"
    b"--b\nContent-Type: message/rfc822\n\nSubject: plain\n\nthree\n"
    b"--b--\n"
)


def body_of(data: bytes, path: tuple[int, ...]) -> bytes | None:
    part = part_at(scan(data), path)
    return None if part is None else data[part.body_start : part.body_end]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ((1,), b"one"),
        ((2, 1), b"two one"),
        ((2, 2), b"two two"),
        ((3, 1), b"three"),
        ((3,), b"Subject: plain\r\n\r\nthree"),
        ((4,), None),
        ((0,), None),
        ((1, 1), None),
        ((3, 2), None),
        ((3, 1, 1), None),
    ],
)
def test_parts_are_found_as_fetch_numbers_them(path: tuple[int, ...], body: bytes | None) -> None:
    assert body_of(NESTED, path) == body


def test_part_one_of_a_plain_message_is_its_body() -> None:
    assert body_of(b"Subject: x\r\n\r\nhello\r\n", (1,)) == b"hello\r\n"
    assert body_of(b"Subject: x\r\n\r\nhello\r\n", (2,)) is None
    assert body_of(b"Subject: x\r\n\r\nhello\r\n", (1, 1)) is None


def test_headers_have_their_places_too() -> None:
    root = scan(NESTED)
    inner = root.children[1].message
    assert inner is not None
    header = NESTED[inner.header_start : inner.body_start]
    assert header.startswith(b"Subject: inner\r\n")
    assert header.endswith(b"\r\n\r\n")
    html = inner.children[1]
    assert NESTED[html.header_start : html.body_start] == b"Content-Type: text/html\r\n\r\n"
    assert NESTED[html.header_start : html.header_end] == b"Content-Type: text/html\r\n"


@pytest.mark.parametrize(
    ("message", "header"),
    [
        (b"A: b\r\n\r\nc", b"A: b\r\n\r\n"),
        (b"A: b\r\n c\r\n\r\nd", b"A: b\r\n c\r\n\r\n"),
        (b"A: b\r\n", b"A: b\r\n"),
        (b"\r\nhello", b"\r\n"),
        (b"Esto es una prueba\r\n", b""),
        (b"Received: x\r\nEsto es una prueba\r\n", b"Received: x\r\n"),
        (
            b"From bob Thu Aug 11\r\nA: b\r\n>From x\r\nC: d\r\n\r\ne",
            b"From bob Thu Aug 11\r\nA: b\r\n>From x\r\nC: d\r\n\r\n",
        ),
        (b"", b""),
    ],
)
def test_the_header_ends_at_the_blank_line_or_where_no_field_is(message: bytes, header: bytes) -> None:
    assert message[: prepare(message).header_octets] == header


@pytest.mark.parametrize("data", [b"a\nb\n", b"a\rb\r", b"a\r\nb\r\n", b"a\n\rb", b"a\r\r\nb", b"", b"\n", b"\r"])
def test_every_line_end_becomes_crlf(data: bytes) -> None:
    fixed = with_crlf(data)
    assert fixed.replace(b"\r\n", b"").find(b"\r") == fixed.replace(b"\r\n", b"").find(b"\n") == -1
    assert with_crlf(fixed) is fixed


def nested_multiparts(depth: int) -> bytes:
    opening = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth)
    )
    return opening + b"\r\nhello\r\n" + b"".join(b"--b%d--\r\n" % n for n in reversed(range(depth)))


def depth_of(root: Part) -> int:
    depth, parts = 0, [root]
    while parts:
        depth, parts = depth + 1, [child for part in parts for child in part.children]
    return depth


def test_two_thousand_levels_are_cut() -> None:
    for message in (nested_multiparts(2000), b"Content-Type: message/rfc822\r\n\r\n" * 2000 + b"\r\nhello"):
        assert DEEPEST <= depth_of(scan(message)) <= DEEPEST + 1
        assert prepare(message).body_structure


def test_a_hundred_thousand_parts_are_cut() -> None:
    parts = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 100_000 + b"--b--\r\n"
    assert len(scan(parts).children) == MOST_PARTS - 1


def test_parameters_are_cut() -> None:
    flood = b"Content-Type: text/plain" + b"".join(b"; name*%d*=x" % n for n in range(100_000)) + b"\r\n\r\nx"
    assert len(scan(flood).parameters) == PARAMETERS


HEADER = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "hostile",
    [
        HEADER + b"--\r\n" * 500_000,
        HEADER + b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n" * 50_000,
        HEADER + b"--b\r\n" * 500_000,
        b"X: y\r\n" * 500_000,
        b"Subject: x\r\n" + b" y\r\n" * 500_000,
        b"Content-Type: text/plain; " + b"(" * 500_000,
        b"Content-Type: text/plain" + b';a="' * 200_000,
        b"Content-Type:" + b" " * 500_000 + b"x",
        b"\r\n" + b"x" * 5_000_000,
        b"\0" * 500_000,
    ],
    ids=range(10),
)
def test_hostile_mail_takes_linear_time(hostile: bytes) -> None:
    content = prepare(hostile)
    assert content.header_octets <= len(content.data)


@given(
    st.lists(
        st.sampled_from(
            [
                b"--b",
                b"--b--",
                b"--c",
                b"",
                b"x",
                HEADER[:-4],
                b"Content-Type: message/rfc822",
                b"Content-Type: multipart/digest; boundary=c",
                b" ",
                b"From x",
            ]
        ),
        max_size=40,
    )
)
def test_parts_always_nest(lines: list[bytes]) -> None:
    data = b"\r\n".join(lines)
    waiting = [scan(data)]
    while waiting:
        part = waiting.pop()
        assert 0 <= part.header_start <= part.header_end <= part.body_start <= part.body_end <= len(data)
        for child in part.children:
            assert part.body_start <= child.header_start
            assert child.body_end <= part.body_end or child.octets == 0
        waiting += part.children


def corpus() -> Iterator[bytes]:
    with tarfile.open(CORPUS) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            if file is not None:
                yield file.read()


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus of real mail is not here")
def test_every_message_of_the_corpus_is_described() -> None:
    count = 0
    for data in corpus():
        content = prepare(data)
        assert content.envelope.startswith(b"(") and content.body_structure.endswith(b")")
        count += 1
    assert count > 1000
