"""Mail for narrow transports: re-encoded without loss, or refused."""

import email
import email.policy

import pytest

from bundled_server.transfer_encoding import CannotEncode, to_seven_bit

EIGHT = (
    b"From: a@b.test\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=x\r\n"
    b"Content-Transfer-Encoding: 8bit\r\n\r\nintro\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding:\r\n 8bit\r\n\r\n" + "Añó\r\n".encode() + b"\r\n--x\r\n"
    b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>ascii</p>\r\n--x--\r\nend\r\n"
)


def test_ascii_stays_as_it_is() -> None:
    assert to_seven_bit(b"A: b\r\n\r\nx\r\n") == b"A: b\r\n\r\nx\r\n"


def test_only_the_leaf_that_needs_it_is_encoded() -> None:
    result = to_seven_bit(EIGHT)
    assert result.isascii() and result.count(b"base64") == 1
    assert b"<p>ascii</p>\r\n--x--\r\nend\r\n" in result
    parsed = email.message_from_bytes(result, policy=email.policy.default)
    assert parsed["Content-Transfer-Encoding"] == "7bit"
    plain = parsed.get_body(("plain",))
    assert plain is not None and plain.get_content() == "Añó\r\n"


def test_a_message_without_mime_says_that_its_charset_is_unknown() -> None:
    parsed = email.message_from_bytes(to_seven_bit(b"From: a@b.test\r\n\r\n\xf1\r\n"))
    assert parsed["MIME-Version"] == "1.0"
    assert parsed.get_content_charset() == "unknown-8bit"
    assert parsed.get_payload(decode=True) == b"\xf1\r\n"


@pytest.mark.parametrize(
    "message",
    [
        b"Subject: \xc3\xb1\r\n\r\nx\r\n",
        b"Content-Type: multipart/signed; boundary=x\r\n\r\n--x\r\n\r\n\xc3\xb1\r\n--x\r\n\r\nsig\r\n--x--\r\n",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n\xc3\xb1\r\n--x\r\n\r\nx\r\n--x--\r\n",
        b"Content-Type: message/rfc822\r\n\r\nSubject: \xc3\xb1\r\n\r\nx\r\n",
    ],
)
def test_what_cannot_be_encoded_without_harm_is_not(message: bytes) -> None:
    with pytest.raises(CannotEncode):
        to_seven_bit(message)


def test_a_message_inside_a_message_is_encoded_too() -> None:
    result = to_seven_bit(
        b"Content-Type: message/rfc822\r\n\r\nSubject: x\r\nContent-Type: text/plain\r\n\r\n\xe9\r\n"
    )
    inner = email.message_from_bytes(result).get_payload(0)
    assert inner["Subject"] == "x" and inner.get_payload(decode=True) == b"\xe9\r\n"
