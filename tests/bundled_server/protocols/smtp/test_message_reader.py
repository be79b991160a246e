"""The reader of message data: dots, ends, limits, at every split of the input."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bundled_server.mta.relay_connection import stuffed
from bundled_server.protocols.smtp.message_builder import MessageFault
from bundled_server.protocols.smtp.message_reader import MessageReader

MESSAGES = [
    (b".\r\n", b""),
    (b"\r\n.\r\n", b"\r\n"),
    (b"a\r\n.\r\n", b"a\r\n"),
    (b"..\r\n.\r\n", b".\r\n"),
    (b"..a\r\n.b\r\n..\r\n.\r\n", b".a\r\nb\r\n.\r\n"),
    (b"a\r\n\r\n..\r\n\r\n.\r\n", b"a\r\n\r\n.\r\n\r\n"),
]


def read(*pieces: bytes, message: int = 1000, line: int = 100) -> MessageReader:
    reader = MessageReader(message, line)
    for piece in pieces:
        if reader.is_finished:
            reader.rest = (reader.rest or b"") + piece
        else:
            reader.feed(piece)
    return reader


@pytest.mark.parametrize(("wire", "message"), MESSAGES)
def test_dots_are_taken_off_at_every_split(wire: bytes, message: bytes) -> None:
    wire += b"QUIT\r\n"
    for first in range(len(wire) + 1):
        for second in range(first, len(wire) + 1):
            reader = read(wire[:first], wire[first:second], wire[second:])
            assert (b"".join(reader.chunks), reader.rest, reader.fault) == (message, b"QUIT\r\n", None)


@given(
    st.lists(st.binary(max_size=12).map(lambda line: line.replace(b"\r", b".").replace(b"\n", b".")), max_size=6),
    st.lists(st.integers(0, 80), max_size=4),
)
def test_what_the_relay_stuffs_the_reader_reads(lines: list[bytes], cuts: list[int]) -> None:
    message = b"".join(line + b"\r\n" for line in lines)
    wire = b"".join(stuffed(message))
    edges = [0, *sorted(cut for cut in cuts if cut < len(wire)), len(wire)]
    reader = read(*(wire[start:end] for start, end in itertools.pairwise(edges)))
    assert b"".join(reader.chunks) == message
    assert reader.rest == b"" and reader.size_octets == len(message)


@given(st.binary(max_size=60), st.integers(0, 60))
def test_whatever_comes_no_bare_line_end_gets_through(data: bytes, cut: int) -> None:
    reader = read(data[:cut], data[cut:])
    text = b"".join(reader.chunks)
    assert text.count(b"\r") == text.count(b"\n") == text.count(b"\r\n")


@pytest.mark.parametrize(
    "wire", [b"a\nb\r\n.\r\n", b"a\rb\r\n.\r\n", b"a\r\r\n.\r\n", b"\n.\n", b"a\r\n.\n", b"a\n.\r\n"]
)
def test_a_bare_line_end_is_found_at_every_split(wire: bytes) -> None:
    for cut in range(len(wire) + 1):
        reader = read(wire[:cut], wire[cut:], b"\r\nx\r\n.\r\n")
        assert reader.fault is MessageFault.BARE_LINE_ENDING
        assert reader.chunks == []


def test_the_size_limit_is_exact_and_holds_nothing_past_it() -> None:
    assert read(b"x" * 98 + b"\r\n.\r\n", message=100).fault is None
    reader = MessageReader(100, 1000)
    for _ in range(1000):
        reader.feed(b"x" * 98 + b"\r\n")
    assert reader.chunks == [] and not reader.is_finished
    reader.feed(b".\r\n")
    assert reader.is_finished and reader.fault is MessageFault.TOO_BIG


@pytest.mark.parametrize("step", [1, 7, 99, 100, 101, 5000])
def test_the_line_limit_is_exact_at_every_step(step: int) -> None:
    good = (b"x" * 100 + b"\r\n") * 20 + b".\r\n"
    bad = (b"x" * 100 + b"\r\n") * 10 + b"x" * 101 + b"\r\n" + b"x\r\n" * 200 + b".\r\n"
    for wire, fault in ((good, None), (bad, MessageFault.LINE_TOO_LONG)):
        pieces = [wire[start : start + step] for start in range(0, len(wire), step)]
        assert read(*pieces, message=10_000).fault is fault


def test_the_relay_never_emits_a_bare_line_end() -> None:
    wire = b"".join(stuffed(b".a\nb\rc\r\n.d\n.e"))
    assert wire == b"..a\r\nb\r\nc\r\n..d\r\n..e\r\n.\r\n"
