"""The line buffer: strict CRLF, one limit, any split of the input."""

import pytest

from bundled_server.protocols.lines import BareLineEnding, LineBuffer, LineTooLong


def lines_of(*pieces: bytes, limit: int = 20) -> list[bytes | str]:
    buffer = LineBuffer(limit)
    found: list[bytes | str] = []
    for piece in pieces:
        buffer.feed(piece)
        while True:
            try:
                line = buffer.next_line()
            except LineTooLong:
                found.append("too long")
                continue
            except BareLineEnding:
                return [*found, "bare"]
            if line is None:
                break
            found.append(line)
    return found


def test_every_split_of_the_input_gives_the_same_lines() -> None:
    text = b"EHLO a\r\n\r\nMAIL FROM:<>\r\n" + b"x" * 30 + b"\r\nQUIT\r\n"
    expected = [b"EHLO a", b"", b"MAIL FROM:<>", "too long", b"QUIT"]
    for cut in range(len(text) + 1):
        assert lines_of(text[:cut], text[cut:]) == expected
    assert lines_of(*(text[i : i + 1] for i in range(len(text)))) == expected


@pytest.mark.parametrize("text", [b"a\nb\r\n", b"a\rb\r\n", b"\n", b"a\r\r\n", b"\r\r\n"])
def test_a_bare_cr_or_lf_is_never_a_line_end(text: bytes) -> None:
    assert lines_of(text) == ["bare"]
    assert lines_of(*(text[i : i + 1] for i in range(len(text)))) == ["bare"]


def test_the_limit_is_exact() -> None:
    assert lines_of(b"x" * 20 + b"\r\n") == [b"x" * 20]
    assert lines_of(b"x" * 21 + b"\r\n") == ["too long"]
    assert lines_of(b"x" * 20, b"\r", b"\n") == [b"x" * 20]


def test_a_line_that_never_ends_is_not_held() -> None:
    buffer = LineBuffer(100)
    faults = 0
    for _ in range(1000):
        buffer.feed(b"x" * 1000)
        try:
            assert buffer.next_line() is None
        except LineTooLong:
            faults += 1
        assert len(buffer) <= 1101
    assert faults == 1


def test_the_rest_can_be_taken_for_a_literal() -> None:
    buffer = LineBuffer(100)
    buffer.feed(b"one\r\ntwo three")
    assert buffer.next_line() == b"one"
    assert buffer.take_rest() == b"two three"
    assert len(buffer) == 0
