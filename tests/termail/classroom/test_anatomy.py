"""A message taken apart: the place of every line, and encodings undone step by step."""

import binascii

import pytest

from termail.classroom.anatomy.decoding import steps
from termail.classroom.anatomy.dissect import LINES_LIMIT, Cut, Kind, dissect
from termail.classroom.anatomy.notes import envelope_traces, note_of, travelling

RAW = (
    b"Return-Path: <bob@other.test>\r\n"
    b"Subject: =?utf-8?q?Ol=C3=A9?=\r\n"
    b"Content-Type: multipart/mixed;\r\n boundary=X\r\n"
    b"\r\n"
    b"for old programs\r\n"
    b"--X\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"\r\n"
    b"caf=C3=A9 =\r\n"
    b".dot\r\n"
    b"--X\r\n"
    b"Content-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\n"
    b'Content-Disposition: attachment; filename="a.jpg"\r\n'
    b"\r\n"
    b"SG9sYQ==\r\n"
    b"--X--\r\n"
    b"after\n"
)


def cut_of(octets: bytes, encoding: str = "", kind: Kind = Kind.BODY, charset: str = "") -> Cut:
    return Cut(kind=kind, octets=octets, encoding=encoding, charset=charset)


def test_every_line_has_its_place_and_no_octet_is_lost() -> None:
    anatomy = dissect(RAW, ("MAIL FROM:<bob@other.test>",))
    kinds = [cut.kind for cut in anatomy.cuts]
    assert kinds[:6] == [Kind.ENVELOPE, Kind.FIELD, Kind.FIELD, Kind.FIELD, Kind.FOLD, Kind.DIVIDER]
    assert kinds[6:8] == [Kind.OUTSIDE, Kind.BOUNDARY]
    assert kinds[-2:] == [Kind.END, Kind.OUTSIDE]
    endings = {"\\r\\n": b"\r\n", "\\n": b"\n", "": b""}
    whole = b"".join(cut.octets + endings[cut.ending] for cut in anatomy.cuts if cut.kind is not Kind.ENVELOPE)
    assert whole == RAW
    assert all(RAW[cut.offset :].startswith(cut.octets) for cut in anatomy.cuts[1:])
    assert not anatomy.is_cut


def test_the_tree_names_types_encodings_and_files() -> None:
    tree = dissect(RAW).tree
    assert [(leaf.depth, leaf.content_type, leaf.encoding, leaf.name) for leaf in tree] == [
        (0, "multipart/mixed", "7bit", ""),
        (1, "text/plain", "quoted-printable", ""),
        (1, "image/jpeg", "base64", "a.jpg"),
    ]
    assert [dissect(RAW).cuts[leaf.line].kind for leaf in tree] == [Kind.FIELD] * 3


@pytest.mark.parametrize("raw", [b"", b"\r\n", b"no header at all", b"Subject: x", b"--\r\n--X--\r\n", RAW[:200]])
def test_whatever_comes_is_taken_apart_whole(raw: bytes) -> None:
    endings = {"\\r\\n": b"\r\n", "\\n": b"\n", "": b""}
    assert b"".join(cut.octets + endings[cut.ending] for cut in dissect(raw).cuts) == raw


def test_a_message_without_end_and_nesting_without_end_are_bounded() -> None:
    assert dissect(b"\r\n" * (LINES_LIMIT + 10)).is_cut
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(200))
    assert max(cut.depth for cut in dissect(nested).cuts) <= 20


def test_base64_is_undone_letter_by_letter() -> None:
    told = steps(cut_of(b"SG9sYQ==", "base64"))
    assert told[0] == "SG9s → 18 6 61 44 → 01001000 01101111 01101100 → 48 6f 6c"
    assert told[-1] == "8 letters → 4 octets: “Hola”"
    assert "no base64" in steps(cut_of(b"S", "base64"))[-1]


def test_quoted_printable_is_undone_octet_by_octet() -> None:
    told = steps(cut_of(b"caf=C3=A9 =", "quoted-printable", charset="utf-8"))
    assert told[0] == "=C3=A9 → octets c3 a9 → “é” in utf-8"
    assert "the line goes on with the next" in told[1]
    assert steps(cut_of(b"plain", "quoted-printable")) == []


def test_uuencode_is_undone_and_recognised_where_nobody_names_it() -> None:
    line = binascii.b2a_uu(b"Hola", backtick=True).rstrip()
    for encoding in ("x-uuencode", "7bit"):
        told = steps(cut_of(line, encoding))
        assert told[0] == "$ → 36 - 32 → 4 octets in this line"
        assert told[-1] == "read: “Hola”"
    assert steps(cut_of(b"Just words of a letter", "7bit")) == []


@pytest.mark.parametrize(
    ("line", "read"),
    [(b"Subject: =?utf-8?q?Ol=C3=A9_!?=", "read: “Olé !” in utf-8"), (b"Subject: =?utf-8?B?T2zDqQ==?=", "“Olé”")],
)
def test_the_words_of_a_header_are_undone(line: bytes, read: str) -> None:
    told = steps(cut_of(line, kind=Kind.FIELD))
    assert "charset utf-8" in told[0]
    assert read in told[-1]


def test_lines_are_explained_and_dots_are_doubled_on_the_way() -> None:
    assert "RFC 5322 §3.6.5" in note_of(cut_of(b"Subject: x", kind=Kind.FIELD))
    assert "RFC 2046" in note_of(cut_of(b"--X", kind=Kind.BOUNDARY))
    assert travelling(cut_of(b".dot")) == "..dot"
    assert travelling(cut_of(b"no dot")) == "no dot"
    assert envelope_traces("<bob@other.test>", "alice@cities.org") == (
        "MAIL FROM:<bob@other.test>",
        "RCPT TO:<alice@cities.org>",
    )
    assert envelope_traces("<>", "") == ("MAIL FROM:<>",)
