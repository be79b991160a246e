"""BODY and BODYSTRUCTURE: what MIME headers become, octet by octet."""

import pytest

from bundled_server.mailbox.content import prepare

PLAIN = b'"TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT"'
INNER_ENVELOPE = b'(NIL "inner" ((NIL NIL "a" "b")) ((NIL NIL "a" "b")) ((NIL NIL "a" "b")) NIL NIL NIL NIL NIL)'

STRUCTURES = [
    (
        "nothing said",
        b"Subject: x\n\nhello\nyou\n",
        b"(" + PLAIN + b" 12 2)",
        b"(" + PLAIN + b" 12 2 NIL NIL NIL NIL)",
    ),
    (
        "everything said",
        b'Content-Type: image/jpeg; name="a b.jpg"\nContent-Transfer-Encoding: base64\nContent-ID: <i@d>\n'
        b"Content-Description: a picture\nContent-MD5: Q2hlY2s=\nContent-Language: en, de\n"
        b"Content-Location: http://a/\nContent-Disposition: attachment; filename=a.jpg; size=4\n\nabcd",
        b'("IMAGE" "JPEG" ("NAME" "a b.jpg") "<i@d>" "a picture" "BASE64" 4)',
        b'("IMAGE" "JPEG" ("NAME" "a b.jpg") "<i@d>" "a picture" "BASE64" 4 "Q2hlY2s="'
        b' ("ATTACHMENT" ("FILENAME" "a.jpg" "SIZE" "4")) ("EN" "DE") "http://a/")'.replace(
            b'"EN" "DE"', b'"en" "de"'
        ),
    ),
    (
        "two parts",
        b"Content-Type: multipart/mixed; boundary=b\n\npreamble\n--b\n\none\n"
        b"--b\nContent-Type: text/html\n\ntwo\n\n--b--\nepilogue\n",
        b"((" + PLAIN + b' 3 0)("TEXT" "HTML" NIL NIL NIL "7BIT" 5 1) "MIXED")',
        b"((" + PLAIN + b' 3 0 NIL NIL NIL NIL)("TEXT" "HTML" NIL NIL NIL "7BIT" 5 1 NIL NIL NIL NIL)'
        b' "MIXED" ("BOUNDARY" "b") NIL NIL NIL)',
    ),
    (
        "a message inside",
        b"Content-Type: message/rfc822\n\nFrom: a@b\nSubject: inner\n\nhello\n",
        b'("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 36 ' + INNER_ENVELOPE + b" (" + PLAIN + b" 7 1) 4)",
        b'("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 36 '
        + INNER_ENVELOPE
        + b" ("
        + PLAIN
        + b" 7 1 NIL NIL NIL NIL) 4 NIL NIL NIL NIL)",
    ),
    (
        "a digest",
        b"Content-Type: multipart/digest; boundary=b\n\n--b\n\nFrom: a@b\nSubject: inner\n\nhello\n--b--\n",
        b'(("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 34 ' + INNER_ENVELOPE + b" (" + PLAIN + b' 5 0) 3) "DIGEST")',
        None,
    ),
    (
        "a message that is encoded, against the rules, cannot be looked into",
        b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nRnJvbTogYUBiCgo=\n",
        b'("MESSAGE" "RFC822" NIL NIL NIL "BASE64" 18 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) ('
        + PLAIN
        + b" 0 0) 1)",
        None,
    ),
    ("a multipart without boundary", b"Content-Type: multipart/mixed\n\nhi\n", b"(" + PLAIN + b" 4 1)", None),
    (
        "a multipart without parts",
        b"Content-Type: multipart/mixed; boundary=b\n\nhi\n",
        b"(" + PLAIN + b" 4 1)",
        None,
    ),
    ("a type that is none", b"Content-Type: nonsense\n\nhi\n", b"(" + PLAIN + b" 4 1)", None),
    (
        "comments and odd spaces",
        b'Content-Type: (a) text / plain (b); charset = "utf-8" (c)\n'
        b"Content-Transfer-Encoding: (d) 8bit (e)\n\nhi\n",
        b'("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "8BIT" 4 1)',
        None,
    ),
    (
        "an open quote and a name in eight bits",
        b'Content-Type: a/b; name="caf\xe9; x=y\n\nhi\n',
        b'("A" "B" ("NAME" {9}\r\ncaf\xe9; x=y) NIL NIL "7BIT" 4)',
        None,
    ),
    (
        "RFC 2231 is left to the client",
        b"Content-Type: a/b; name*0*=utf-8''%C3; name*1*=%91\n\nhi\n",
        b'("A" "B" ("NAME*0*" "utf-8\'\'%C3" "NAME*1*" "%91") NIL NIL "7BIT" 4)',
        None,
    ),
]


@pytest.mark.parametrize(
    ("message", "body", "extended"), [row[1:] for row in STRUCTURES], ids=[r[0] for r in STRUCTURES]
)
def test_structures(message: bytes, body: bytes, extended: bytes | None) -> None:
    content = prepare(message)
    assert content.body == body
    if extended is not None:
        assert content.body_structure == extended


def test_the_lectures_multipart_message_has_two_parts() -> None:
    lecture = (
        b"From: bob@other.test\nTo: alice@cities.org\nSubject: Test Mail MIME Multipart\n"
        b'MIME-version: 1.0\nContent-type: multipart/mixed; boundary="DDDIIIVVVIIISSSOOORRR"\n'
        b"This is a message with multiple parts in MIME format.\n--DDDIIIVVVIIISSSOOORRR\n"
        b"Content-type: text/plain\nMensaje en Texto\n--DDDIIIVVVIIISSSOOORRR\n"
        b"Content-type: application/octet-stream\nContent-transfer-encoding: base64\n"
        b"base64 encoded stream .....\n--DDDIIIVVVIIISSSOOORRR --\n"
    )
    assert prepare(lecture).body == (
        b'(("TEXT" "PLAIN" NIL NIL NIL "7BIT" 16 0)("APPLICATION" "OCTET-STREAM" NIL NIL NIL "BASE64" 27) "MIXED")'
    )
