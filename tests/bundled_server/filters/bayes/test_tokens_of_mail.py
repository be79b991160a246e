"""What the classifier counts: the tokens of headers, words, links, MIME and HTML, whatever the octets are."""

import time

import pytest

from bundled_server.filters.bayes.tokens import MOST_TOKENS, tokens_of

PLAIN = (
    b"Received: from mail.shop.example.com (mail.shop.example.com [192.0.2.7]) by mx.cities.org\r\n"
    b"From: Great Shop <offers123@shop.example.com>\r\nReply-To: x@elsewhere.test\r\n"
    b"To: alice@cities.org\r\nSubject: =?utf-8?q?CHEAP_pills!?=\r\nX-Mailer: Bulk 3.1\r\n"
    b"X-Spam-Flag: YES\r\nDelivered-To: alice@cities.org\r\n\r\n"
    b"Note: this is no field\r\n"
    b"Don't wait: $9.99 at http://user@www.shop.example.com/buy/Now%20 or write to bob@other.test\r\n"
)


@pytest.mark.parametrize(
    "token",
    [
        "received:example.com",
        "received:192.0.2",
        "from:offers123@shop.example.com",
        "from:@shop.example.com",
        "from:digits-in-name",
        "from:great",
        "to:bare",
        "header:answers-go-elsewhere",
        "subject:cheap",
        "subject:!",
        "header:x-mailer",
        "don't",
        "$0.00",
        "url:with-user",
        "url:www.shop.example.com",
        "url:example.com",
        "url:/buy",
        "url:escaped-path",
        "mime:text/plain",
    ],
)
def test_a_plain_message_has_the_token(token: str) -> None:
    assert token in tokens_of(PLAIN)


def test_what_another_filter_or_this_host_wrote_is_no_token() -> None:
    tokens = " ".join(tokens_of(PLAIN))
    assert "spam-flag" not in tokens
    assert "delivered-to" not in tokens


def test_line_ends_make_no_difference() -> None:
    assert tokens_of(PLAIN) == tokens_of(PLAIN.replace(b"\r\n", b"\n"))
    assert not any(token.startswith(("note:", "header:note")) for token in tokens_of(PLAIN))


def test_html_is_read_as_people_see_it() -> None:
    body = (
        b'<html><style>.x{hidden:secret}</style><body bgcolor="#ff0000">Via<!-- x -->gra for <b>y</b>ou'
        b'<img src="http://track.example.com/p.gif" width=1 height=1>'
        b'<a href="http://192.0.2.1:8080/x" onclick="go()">click</a> <a href="mailto:remove@x.test">stop</a>'
        b"<zqxw7z9>&#112;ills</body></html>"
    )
    tokens = tokens_of(b"Content-Type: text/html\r\nSubject: x\r\n\r\n" + body)
    for token in (
        "viagra",
        "you",
        "pills",
        "html:comment-in-word",
        "html:single-pixel",
        "html:event-handler",
        "html:bgcolor=#ff0000",
        "html:mailto-remove",
        "html:odd-tag",
        "url:numeric-host",
        "url:with-port",
        "url:track.example.com",
    ):
        assert token in tokens, token
    assert "hidden" not in tokens


def test_encoded_parts_and_attached_names_are_read() -> None:
    message = (
        b"Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        b"bG90dGVyeSB3aW5uZXI=\r\n"
        b'--b\r\nContent-Type: application/octet-stream; name="invoice.pdf.exe"\r\n\r\nMZ\r\n--b--\r\n'
    )
    tokens = tokens_of(message)
    for token in ("lottery", "winner", "mime:base64", "mime:charset=iso-8859-1", "mime:file=.pdf.exe"):
        assert token in tokens, token


@pytest.mark.parametrize(
    "body",
    [
        b"<" * 200_000,
        b"<!--" * 60_000,
        b"<style " * 40_000,
        b"<a " * 80_000 + b"x" * 20_000,
        b"a@" * 120_000,
        b"a" * 250_000,
        b"http://" * 40_000,
        b"x<!--" + b"-" * 240_000,
        b"\xff\x00\x1b" * 80_000,
        b" ".join(b"word%d" % number for number in range(60_000)),
    ],
)
def test_hostile_bodies_cost_little_and_give_no_flood(body: bytes) -> None:
    started = time.process_time()
    for kind in (b"text/html", b"text/plain"):
        assert len(tokens_of(b"Content-Type: " + kind + b"\r\n\r\n" + body)) <= MOST_TOKENS
    assert time.process_time() - started < 5


def test_hostile_headers_cost_little() -> None:
    started = time.process_time()
    tokens_of(b"To: " + b"a@b.test, " * 40_000 + b"\r\n" + b"X-A: b c\r\n" * 50_000 + b"\r\n")
    tokens_of(b"Subject: " + b"=?utf-8?q?x?= " * 50_000 + b"\r\n\r\n")
    tokens_of(b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\n" * 50_000)
    assert time.process_time() - started < 5


def test_any_octets_are_a_message() -> None:
    assert tokens_of(b"") == tokens_of(b"\r\n\r\n")
    for charset in (b"unicode_escape", b"utf-7", b"nonsense", b"utf-16"):
        message = b"X-Odd: =?%b?q?\\ud800?=\r\nContent-Type: text/plain; charset=%b\r\n\r\n\\ud800+2AA-" % (
            charset,
            charset,
        )
        "".join(tokens_of(message)).encode("utf-8")  # no lone surrogate: the store could not keep it
