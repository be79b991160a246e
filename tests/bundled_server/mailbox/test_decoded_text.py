"""Octets as text: charsets that fit, that do not, and that are none."""

import time

import pytest

from bundled_server.mailbox.decoded import as_text, body_text


@pytest.mark.parametrize(
    ("octets", "charset", "text"),
    [
        (b"se\xf1or", "iso-8859-1", "señor"),
        ("señor".encode(), "iso-2022-nonsense", "señor"),
        (b"se\xf1or", "utf-8", "señor"),
        (b"\\x41", "unicode_escape", "\\x41"),
        (b"aGk=", "base64", "aGk="),
        (b"x", "x" * 5000, "x"),
        (b"x", "a\0b", "x"),
    ],
)
def test_charsets(octets: bytes, charset: str, text: str) -> None:
    assert as_text(octets, charset) == text


@pytest.mark.parametrize("charset", ["punycode", "IDNA", "Raw_Unicode_Escape"])
def test_codecs_that_are_no_charsets_cost_nothing(charset: str) -> None:
    message = b"Content-Type: text/plain; charset=%b\r\n\r\n" % charset.encode() + b"xn--" + b"a" * 4_000_000
    start = time.process_time()
    assert body_text(message).endswith("aaa")
    assert time.process_time() - start < 2
