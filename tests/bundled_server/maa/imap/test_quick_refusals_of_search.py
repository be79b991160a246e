"""A search that is refused by the octets alone is never refused wrongly."""

from base64 import b64encode
from quopri import encodestring

from hypothesis import given, settings
from hypothesis import strategies as st

from bundled_server.maa.imap.matching import Candidate
from bundled_server.maa.imap.plain_text import Octets
from bundled_server.mailbox.decoded import body_text
from bundled_server.mailbox.folding import folded

CHARSETS = ["us-ascii", "utf-8", "iso-8859-1", "utf-7", "utf-16", "iso-2022-jp", "cp037", "punycode", "hz", "x"]
ENCODINGS = {"7bit": bytes, "base64": b64encode, "quoted-printable": encodestring, "odd": bytes}


@given(
    st.text(alphabet="abc ABCßéKſ=+&~\r\n", max_size=40),
    st.sampled_from(CHARSETS),
    st.sampled_from(list(ENCODINGS)),
    st.text(alphabet="abcsk ßé+", min_size=1, max_size=3),
    st.booleans(),
)
@settings(max_examples=500, deadline=None)
def test_no_match_is_lost(text, charset, encoding, wanted, is_nested):
    try:
        octets = text.encode(charset)
    except (UnicodeError, LookupError):
        octets = text.encode("utf-8")
    head = f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    message = head.encode() + ENCODINGS[encoding](octets)
    if is_nested:
        message = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" + message + b"\r\n--x--\r\n"
    held = folded(wanted) in folded(body_text(message))
    assert Candidate(0, b"", message).body_holds(folded(wanted)) == held


def test_plain_mail_is_refused_without_opening_it():
    assert Octets(b"Subject: x\r\n\r\nHello there\r\n").lack("nothing")
    assert not Octets(b"Subject: x\r\n\r\nHello there\r\n").lack("hello")
    assert not Octets(b"Content-Transfer-Encoding: BASE64\r\n\r\nSGVsbG8=\r\n").lack("nothing")
