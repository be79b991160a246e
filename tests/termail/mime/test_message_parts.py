"""Messages as trees of parts: the lecture's, the usual, the broken and the hostile."""

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from termail.mime.message import Part, attachments, main_text, parse_message
from termail.mime.parameters import split_parameters
from termail.mime.transfer import decode_transfer

LECTURE_MULTIPART = b"""From: bob@other.test
To: alice@cities.org
Subject: Test Mail MIME Multipart
Date: Thu, 11 Aug 2005 20:20:56 -0300 (ART)
MIME-version: 1.0
Content-type: multipart/mixed; boundary="DDDIIIVVVIIISSSOOORRR"
This is a message with multiple parts in MIME format.
--DDDIIIVVVIIISSSOOORRR
Content-type: text/plain
Mensaje en Texto
--DDDIIIVVVIIISSSOOORRR
Content-type: application/octet-stream
Content-transfer-encoding: base64
YmFzZTY0IGVuY29kZWQgc3RyZWFt
--DDDIIIVVVIIISSSOOORRR --
"""


def tree(root: Part) -> list[tuple[str, str]]:
    return [(part.number, part.content_type) for part in root.walk()]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_the_lectures_multipart_without_empty_lines_is_read(line_end: bytes) -> None:
    root = parse_message(LECTURE_MULTIPART.replace(b"\n", line_end))
    assert tree(root) == [("", "multipart/mixed"), ("1", "text/plain"), ("2", "application/octet-stream")]
    shown = main_text(root)
    assert shown is not None and shown.text() == "Mensaje en Texto"
    assert [part.decoded() for part in attachments(root)] == [b"base64 encoded stream"]


def test_an_attached_message_has_parts_of_its_own() -> None:
    root = parse_message(
        b"Content-Type: multipart/mixed; boundary=a\n\n--a\n\nhello\n--a\nContent-Type: message/rfc822\n\n"
        b"Subject: in\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n--b--\n\n"
        b"--a--\nepilogue"
    )
    assert tree(root) == [
        ("", "multipart/mixed"),
        ("1", "text/plain"),
        ("2", "message/rfc822"),
        ("2", "multipart/mixed"),
        ("2.1", "text/plain"),
        ("2.2", "text/plain"),
    ]
    assert [part.number for part in attachments(root)] == ["2"]


def test_a_boundary_that_never_closes_and_one_that_never_comes() -> None:
    root = parse_message(b"Content-Type: multipart/mixed; boundary=a\n\n--a\n\nall there is")
    assert [part.text() for part in root.children] == ["all there is"]
    lost = parse_message(b"Content-Type: multipart/mixed; boundary=zzz\n\nsome text\n")
    assert lost.problem and [part.text() for part in lost.children] == ["some text\n"]


def test_an_outer_boundary_closes_what_is_open_inside() -> None:
    root = parse_message(
        b"Content-Type: multipart/mixed; boundary=out\n\n--out\n"
        b"Content-Type: multipart/alternative; boundary=in\n\n"
        b"--in\n\nplain\n--out\nContent-Type: image/png\n\nx\n--out--\n"
    )
    assert tree(root)[1:] == [("1", "multipart/alternative"), ("1.1", "text/plain"), ("2", "image/png")]


def test_the_plain_alternative_is_shown_unless_it_is_empty_or_html_is_wanted() -> None:
    def message(plain: bytes) -> Part:
        return parse_message(
            b"Content-Type: multipart/alternative; boundary=a\n\n--a\n\n" + plain + b"\n--a\n"
            b"Content-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>rich\n"
            b"--b\nContent-Type: image/png\nContent-ID: <i@x>\n\nx\n--b--\n--a--\n"
        )

    def kind(part: Part | None) -> str:
        return part.content_type if part else ""

    assert kind(main_text(message(b"plain"))) == "text/plain"
    assert kind(main_text(message(b"plain"), prefer_html=True)) == "text/html"
    assert kind(main_text(message(b"  "))) == "text/html"
    assert [part.content_type for part in attachments(message(b"plain"))] == ["image/png"]


def test_a_uuencoded_file_in_the_text_is_an_attachment() -> None:
    root = parse_message(b"Subject: x\n\nhello\nbegin 644 a.txt\n#86)C\n`\nend\nbye\n")
    assert root.text() == "hello\nbye\n"
    assert [(part.filename, part.decoded()) for part in attachments(root)] == [("a.txt", b"abc")]


@pytest.mark.parametrize(
    ("header", "body", "text"),
    [
        (b"text/plain; charset=iso-8859-1", b"\x93ma\xf1ana\x94", "“mañana”"),
        (b"text/plain; charset=utf-8", b"ma\xf1ana", "mañana"),
        (b"text/plain; charset=unknown-8bit", "mañana".encode(), "mañana"),
        (b"text/plain; charset=utf8mb4", "🍜".encode(), "🍜"),
        (b"text/plain; charset=us-ascii", "ñ".encode(), "ñ"),
        (b"text/plain; charset=gb2312", "你好".encode("gb18030"), "你好"),
        (b"text/plain; charset=iso-2022-jp", "日本".encode("iso-2022-jp"), "日本"),
        (b"text/plain; charset=punycode", b"abc", "abc"),
        (b"text/plain; charset=../../etc/passwd", b"abc", "abc"),
        (b"text/plain", "Привет".encode(), "Привет"),
    ],
)
def test_text_is_read_by_its_label_or_in_spite_of_it(header: bytes, body: bytes, text: str) -> None:
    assert parse_message(b"Content-Type: " + header + b"\n\n" + body).text() == text


@pytest.mark.parametrize(
    ("body", "encoding", "decoded"),
    [
        (b"aGVs\r\nbG8=\r\n", "base64", b"hello"),
        (b"aGVsbG8", "base64", b"hello"),
        (b"aGVsbG8=aGVsbG8=", "base64", b"hellohello"),
        (b"aGVsbG8=\n____\nlist footer", "base64", b"hello"),
        (b"a=20b=\nc=ZZ", "quoted-printable", b"a bc=ZZ"),
        (b"begin 644 x\n#86)C\n`\nend\n", "x-uuencode", b"abc"),
        (b"\xff\x00", "binary", b"\xff\x00"),
        (b"as it is", "x-invented", b"as it is"),
    ],
)
def test_transfer_encodings_are_undone_as_far_as_they_go(body: bytes, encoding: str, decoded: bytes) -> None:
    assert decode_transfer(body, encoding) == decoded


@given(st.binary(max_size=200))
def test_base64_comes_back(octets: bytes) -> None:
    assert decode_transfer(base64.encodebytes(octets), "base64") == octets


@pytest.mark.parametrize(
    ("value", "filename"),
    [
        (b'attachment; filename="a b.pdf"', "a b.pdf"),
        (b"attachment; filename=my file.pdf", "my file.pdf"),
        (b"attachment; filename*=utf-8''ma%C3%B1ana.pdf; filename=x", "mañana.pdf"),
        (b"attachment; filename*1=b.pdf; filename*0=a", "ab.pdf"),
        (b"attachment; filename*0*=iso-8859-1'es'ma%F1; filename*1=ana", "mañana"),
        (b'attachment; filename="=?utf-8?Q?ma=C3=B1ana?="', "mañana"),
        (b'attachment; filename="quo\\"te"', 'quo"te'),
        (b"attachment; filename=", ""),
        (b'attachment; filename="unclosed', "unclosed"),
        (b"attachment ; ; =x; filename=y", "y"),
    ],
)
def test_parameters_are_read_as_written_by_anybody(value: bytes, filename: str) -> None:
    main, parameters = split_parameters(value)
    assert (main, parameters.get("filename", "")) == ("attachment", filename)


def _nested(depth: int) -> bytes:
    return (
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth))
        + b"\nhi\n"
    )


@pytest.mark.parametrize(
    "hostile",
    [
        _nested(2_000),
        b"Content-Type: message/rfc822\n\n" * 3_000 + b"hi",
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 100_000,
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" + b"--\n" * 3_000_000,
        b"Content-Type: text/plain; " + b"".join(b"a*%d*=x%%41; " % n for n in range(20_000)) + b"\n\nx",
        b"Content-Type: text/plain; " + b'a="\\' * 60_000 + b"\n\nx",
        b"X: y\n" * 200_000 + b"\nbody",
        b"Subject: x\n\n" + b"begin 644 x\nM\n" * 100_000,
        b"Subject: x\n\n" + b"a" * 50_000_000,
    ],
    ids=["depth", "messages", "parts", "dashes", "RFC 2231", "quotes", "headers", "uuencode", "one line"],
)
def test_hostile_structure_costs_bounded_time(hostile: bytes) -> None:
    before = time.process_time()
    root = parse_message(hostile)
    main_text(root)
    attachments(root)
    assert time.process_time() - before < 3.0
    assert sum(1 for _ in root.walk()) <= 2_200


@given(st.binary(max_size=300))
def test_no_octets_make_the_parser_raise(octets: bytes) -> None:
    for part in parse_message(octets).walk():
        part.text()


_LINES = st.sampled_from(
    [b"--a", b"--b", b"--a--", b"--b --", b"", b"Content-Type: multipart/mixed; boundary=a", b" folded", b"text",
     b"Content-Type: multipart/alternative; boundary=b", b"Content-Type: message/rfc822",
     b"Content-Type: text/html",
     b"Content-Transfer-Encoding: base64", b"begin 644 x", b"end", b"#86)C"]
)  # fmt: skip


@given(st.lists(_LINES, max_size=40), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_no_mixture_of_mime_lines_makes_it_raise_or_lose_order(lines: list[bytes], line_end: bytes) -> None:
    root = parse_message(line_end.join(lines))
    main_text(root)
    for part in root.walk():
        part.text()
        assert 0 <= part.start <= part.end <= len(part.source)
    for part in attachments(root):
        part.decoded()
