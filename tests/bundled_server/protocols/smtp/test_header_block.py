"""Header blocks, read tolerantly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bundled_server.protocols.smtp.header import HeaderTooBig, read_header


def test_fields_with_folding() -> None:
    block = read_header(b"Subject: a\r\n b\r\nX-Y : c\r\n\r\nbody: no\r\n")
    assert [(field.name, field.value) for field in block.fields] == [("subject", "a b"), ("x-y", "c")]
    assert block.has_blank_line and block.octets == 25


@pytest.mark.parametrize(
    "text", [b"Esto es una prueba\r\n", b"", b"\r\nbody\r\n", b" folded first\r\n", b": x\r\n"]
)
def test_typed_text_has_no_header(text: bytes) -> None:
    block = read_header(text)
    assert block.fields == () and block.octets == 0
    assert block.has_blank_line is text.startswith(b"\r\n")


def test_a_body_may_follow_without_a_blank_line() -> None:
    block = read_header(b"Subject: x\r\nhello\r\n")
    assert (block.octets, block.has_blank_line, block.separator) == (12, False, b"\r\n")


def test_a_header_without_end_is_refused() -> None:
    with pytest.raises(HeaderTooBig):
        read_header(b"X: " + b"y" * 2_000_000)
    with pytest.raises(HeaderTooBig):
        read_header(b"X: y\r\n" * 300_000)


@given(st.binary(max_size=200))
def test_fields_and_rest_are_the_whole(data: bytes) -> None:
    data = data.replace(b"\r", b"").replace(b"\n", b"\r\n")
    block = read_header(data)
    assert b"".join(field.raw for field in block.fields) == data[: block.octets]
