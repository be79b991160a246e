"""Drafts become correct messages, checked by a parser nobody here wrote; replies and forwards start right."""

import email
import email.policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from termail.mime.draft import (
    Attachment,
    Draft,
    DraftError,
    bounce_headers,
    build,
    forward,
    parse_draft,
    postpone,
    reply,
)
from termail.mime.mailto import draft_from_mailto
from termail.mime.message import parse_message

DATE = 1795349640.0


def draft(**changes: object) -> Draft:
    fields: dict[str, object] = {
        "account": "w",
        "from_": "Ana <ana@other.test>",
        "to": "bob@x.org",
        "body": "hi\n",
    }
    return Draft(**{**fields, **changes})  # type: ignore[arg-type]


def built(**changes: object) -> EmailMessage:
    raw = build(draft(**changes), date=DATE, unique="u").raw
    bare = raw.replace(b"\r\n", b"")
    assert b"\r" not in bare and b"\n" not in bare
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def body_text(message: EmailMessage) -> str:
    """The text as an RFC 3676 reader sees it."""
    part = message.get_body(("plain",))
    assert part is not None
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    text = content.decode("utf-8").replace("\r\n", "\n")
    if part.get_param("format") != "flowed":
        return text
    out = ""
    for line in text.split("\n")[:-1]:
        line = line[1:] if line.startswith(" ") else line
        out += line if line.endswith(" ") and line != "-- " else line + "\n"
    return out


def test_a_message_has_what_rfc_5322_asks_for_and_no_bcc() -> None:
    result = build(draft(cc="c@y.org", bcc="Secret <s@z.org>"), date=DATE, unique="u1")
    message = email.message_from_bytes(result.raw, policy=email.policy.default)
    assert result.sender == "ana@other.test"
    assert result.recipients == ("bob@x.org", "c@y.org", "s@z.org")
    assert result.message_id == message["Message-ID"] == "<1795349640.u1@other.test>"
    assert message["MIME-Version"] == "1.0" and message["User-Agent"] == "termail" and message["Date"].datetime
    assert b"z.org" not in result.raw
    only_bcc = build(draft(to="", bcc="s@z.org"), date=DATE)
    assert b"To: undisclosed-recipients:;" in only_bcc.raw and only_bcc.recipients == ("s@z.org",)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("to", "a@b.c\nBcc: x@y.z"),
        ("subject", "x\r\nX-Evil: 1"),
        ("from_", "a@b.c\r"),
        ("in_reply_to", "<a@b>\n"),
        ("references", ("<a@b>\n",)),
        ("extra_headers", (("X-A", "1\n2"),)),
        ("extra_headers", (("X-A:\n", "1"),)),
        ("extra_headers", (("Bcc", "a@b.c"),)),
        ("attachments", (Attachment(filename="a\nb", content_type="text/plain", data=b""),)),
    ],
)
def test_a_line_end_in_a_header_is_refused(field: str, value: object) -> None:
    with pytest.raises(DraftError):
        build(draft(**{field: value}), date=DATE)


@pytest.mark.parametrize(
    ("to", "word"),
    [("", "no recipient"),
     ("alice", "'alice'"), ("ñ..ñ@x.org", "before the @"), ("a@b..c", "domain"), ("a b <x@>", "address"),
     ("a..b@x.org", "before the @"), ("A <>", "address")],
)  # fmt: skip
def test_an_address_that_cannot_be_used_is_named(to: str, word: str) -> None:
    with pytest.raises(DraftError, match=word):
        build(draft(to=to), date=DATE)


def test_an_address_that_is_not_ascii_is_written_in_utf_8_and_read_back() -> None:
    made = build(draft(to="Ñandú <ñandú@correo.example>, 用户@例子.example"), date=DATE)
    assert made.recipients == ("ñandú@correo.example", "用户@xn--fsqu00a.example")
    header = made.raw.partition(b"\r\n\r\n")[0]
    assert "<ñandú@correo.example>".encode() in header  # RFC 6532: the address as it is, the name still encoded
    assert b"=?utf-8?" in header
    again = parse_draft(made.raw, "w")
    assert again.to == "Ñandú <ñandú@correo.example>, 用户@xn--fsqu00a.example"


def test_names_groups_and_international_domains_are_written_correctly() -> None:
    message = built(
        to='"Doe, John \\"J\\"" <j@x.org>, Amis: Zoë <z@ñandú.example>, b@x.org;', cc='Dr. "Who" <w@x.org>'
    )
    doe, zoe, last = message["To"].addresses
    assert (doe.display_name, doe.addr_spec) == ('Doe, John "J"', "j@x.org")
    assert (zoe.display_name, zoe.addr_spec) == ("Zoë", "z@xn--and-6ma2c.example")
    assert last.addr_spec == "b@x.org"
    assert message["To"].groups[1].display_name == "Amis"


@given(
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"], include_characters=" "), max_size=300)
)
def test_any_subject_comes_back(subject: str) -> None:
    assert built(subject=subject)["Subject"] == subject.strip()


@given(
    st.text(
        st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs", "Cn"], include_characters=" "),
        max_size=100,
    )
)
def test_any_name_comes_back(name: str) -> None:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    if "=?" in name:
        return  # typed as an encoded word, read as one
    raw = build(draft(to=f'"{escaped}" <a@b.example>'), date=DATE).raw
    # The library's address parser of today splits long names with a space; its older one reads RFC 2047 rightly.
    written, address = parseaddr(str(email.message_from_bytes(raw)["To"]).replace("\r\n", ""))
    assert str(make_header(decode_header(written))) == " ".join(name.split())
    assert address == "a@b.example"


_BODY_LINES = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n")),
        st.sampled_from(
            [
                "From me",
                "From ",
                ".",
                "..",
                "> q",
                ">> q",
                " stuffed",
                "-- ",
                "x" * 1200,
                "wörd " * 40,
                "a " * 60,
                "\t",
            ]
        ),
    ),
    max_size=12,
)


@given(_BODY_LINES, st.sampled_from(["\n", "\r\n", "\r"]))
def test_any_body_comes_back_but_for_trailing_spaces(lines: list[str], line_end: str) -> None:
    sent = line_end.join(lines)
    expected = [
        line if line == "-- " else line.rstrip(" ")
        for line in sent.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    ]
    received = body_text(built(body=sent)).split("\n")

    def bare(text: list[str]) -> list[str]:
        return [
            line.replace("> ", ">").rstrip(" ")
            for line in "\n".join(text).rstrip("\n").split("\n")
            if ">" not in line
        ]

    assert bare(received) == bare(expected)


def test_a_patch_keeps_its_trailing_spaces() -> None:
    patch = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n \n-a  \n+b  \n"
    assert body_text(built(body=patch)) == patch


def test_attachments_keep_their_octets_names_and_kinds() -> None:
    name = 'informe año 2026 — versión final; con un nombre "muy" largo, para probar.pdf'
    inner = b"Subject: in\n\nhello\n"
    message = built(
        attachments=(
            Attachment(filename=name, content_type="application/pdf", data=bytes(range(256))),
            Attachment(filename="t.txt", content_type="text/plain", data=b"a\r\nb\n", description="Nótes"),
            Attachment(filename="m.eml", content_type="message/rfc822", data=inner),
            Attachment(filename="x", content_type="not a type", data=b"y"),
        )
    )
    pdf, text, attached, odd = message.iter_attachments()
    assert (pdf.get_filename(), pdf.get_content_type(), pdf.get_payload(decode=True)) == (
        name,
        "application/pdf",
        bytes(range(256)),
    )
    assert text.get_payload(decode=True) == b"a\r\nb\n"
    assert attached.get_content_type() == "message/rfc822" and attached.get_content()["Subject"] == "in"
    assert odd.get_content_type() == "application/octet-stream"


ORIGINAL = (
    b"From: Ana <ana@other.test>\r\nTo: me@x.org, Bob <bob@y.org>\r\nCc: ME@x.org, carol@z.org\r\n"
    b"Subject: =?utf-8?q?Aw=3A_RE=5B2=5D=3A_caf=C3=A9?=\r\nDate: Sat, 22 Nov 2026 09:14:00 -0300\r\n"
    b"Message-ID: <3@other.test>\r\nReferences: <1@x> <2@x>\r\n%s\r\nhello\r\n> before\r\n\r\n-- \r\nAna\r\n"
)
MINE = frozenset({"me@x.org"})


def answer(extra: bytes = b"", *, to_all: bool = False, to_list: bool = False) -> Draft:
    return reply(ORIGINAL % extra, account="w", from_="me@x.org", mine=MINE, to_all=to_all, to_list=to_list)


def test_a_reply_goes_to_the_sender_with_subject_references_and_quotes() -> None:
    start = answer()
    assert (start.to, start.cc, start.subject) == ("Ana <ana@other.test>", "", "Re: café")
    assert start.references == ("<1@x>", "<2@x>", "<3@other.test>") and start.in_reply_to == "<3@other.test>"
    assert start.body == "On Sun, 22 Nov 2026 09:14 -0300, Ana wrote:\n> hello\n>> before\n\n"


def test_a_group_reply_leaves_oneself_out() -> None:
    start = answer(to_all=True)
    assert (start.to, start.cc) == ("Ana <ana@other.test>", "Bob <bob@y.org>, carol@z.org")


@pytest.mark.parametrize(
    ("extra", "kind", "to", "cc"),
    [
        (b"Reply-To: r@other.test\r\n", {}, "r@other.test", ""),
        (b"Mail-Followup-To: l@lists.test, me@x.org\r\n", {"to_all": True}, "l@lists.test", ""),
        (b"Mail-Followup-To: l@lists.test\r\n", {}, "Ana <ana@other.test>", ""),
        (b"List-Post: <mailto:l%40x@lists.test?subject=y>\r\n", {"to_list": True}, "l@x@lists.test", ""),
        (b"List-Post: <mailto:l@lists.test>\r\n", {"to_list": True}, "l@lists.test", ""),
        (b"", {"to_list": True}, "Ana <ana@other.test>", "Bob <bob@y.org>, carol@z.org"),
    ],
)
def test_headers_say_where_replies_go(extra: bytes, kind: dict[str, bool], to: str, cc: str) -> None:
    start = answer(extra, **kind)
    assert (start.to, start.cc) == (to, cc)


def test_a_reply_to_ones_own_message_goes_where_that_went() -> None:
    start = reply(b"From: me@x.org\nTo: bob@y.org\n\nhi\n", account="w", from_="me@x.org", mine=MINE, to_all=False)
    assert start.to == "bob@y.org"


def test_a_forward_carries_text_and_attachments_or_the_whole_message() -> None:
    raw = build(
        draft(
            subject="café",
            attachments=(Attachment(filename="a.bin", content_type="application/x-y", data=b"\x00\xff"),),
        ),
        date=DATE,
    ).raw
    inline = forward(raw, account="w", from_="me@x.org")
    assert inline.subject == "Fwd: café" and "From: Ana <ana@other.test>" in inline.body and "hi" in inline.body
    assert [(entry.filename, entry.data) for entry in inline.attachments] == [("a.bin", b"\x00\xff")]
    whole = forward(raw, account="w", from_="me@x.org", as_attachment=True)
    assert [(entry.content_type, entry.data) for entry in whole.attachments] == [("message/rfc822", raw)]


def test_a_bounce_puts_resent_fields_on_top_of_the_same_octets() -> None:
    raw = b"From: a@b.c\r\nSubject: x\r\n\r\nbody\r\n"
    resent = bounce_headers(raw, from_="me@x.org", to="d@e.f", date=0.0, message_id="<r@x.org>")
    assert resent.endswith(raw) and resent.startswith(b"Resent-Date: ")
    assert b"Resent-To: d@e.f\r\n" in resent and b"Resent-Message-ID: <r@x.org>\r\n" in resent
    with pytest.raises(DraftError):
        bounce_headers(raw, from_="me@x.org", to="d@e.f\nX: y", date=0.0, message_id="<r@x.org>")


def test_markdown_goes_out_as_text_and_html_without_scripts_or_images() -> None:
    body = "# Plan\n\n* one\n* **two**\n\n<script>x</script> ![](http://t.test/p.png)\n-- \nAna *not bold*\n"
    message = built(body=body, is_markdown=True)
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative", "text/plain", "text/html"]  # fmt: skip
    html = message.get_body(("html",))
    assert html is not None and body_text(message).startswith("# Plan")
    content = html.get_content()
    assert "<h1>Plan</h1>" in content and "<strong>two</strong>" in content and "Ana *not bold*" in content
    assert "<script" not in content and "<img" not in content


@pytest.mark.parametrize(
    ("encoding", "data", "written"),
    [("7bit", b"plain\n", "7bit"), ("7bit", b"\xff\n", "base64"), ("8bit", b"\xc3\xb1\n", "8bit"),
     ("quoted-printable", b"\xc3\xb1=\n", "quoted-printable"), ("8bit", b"x" * 2000, "base64")],
)  # fmt: skip
def test_an_attachment_is_encoded_as_wished_where_that_is_possible(
    encoding: str, data: bytes, written: str
) -> None:
    item = Attachment(filename="a.txt", content_type="text/plain", data=data, encoding=encoding)
    (part,) = built(attachments=(item,)).iter_attachments()
    assert part["content-transfer-encoding"] == written
    octets = part.get_payload(decode=True)
    assert isinstance(octets, bytes) and octets.replace(b"\r\n", b"\n") == data


def test_a_postponed_draft_comes_back_as_it_was_even_unfinished() -> None:
    original = draft(
        to="Zoë <z@x.org>, unfinis",
        bcc="secret@z.org",
        subject="Práctica",
        body="línea " * 40 + "\n> quoted\n\n-- \nAna\n",
        fcc="Sent",
        in_reply_to="<a@b>",
        references=("<c@d>", "<a@b>"),
        attachments=(Attachment(filename="a.bin", content_type="application/x-y", data=b"\x00\xff"),),
        extra_headers=(("X-Mood", "good"),),
    )
    back = parse_draft(postpone(original, date=DATE), "w")
    assert back == Draft(**{**{f: getattr(original, f) for f in original.__struct_fields__}, "body": back.body})
    assert back.body == original.body.replace(" \n", "\n").replace("--\n", "-- \n")


def test_a_mailto_address_is_a_draft_with_harmless_headers_only() -> None:
    start = draft_from_mailto(
        "mailto:a@b.c,d%40e.f?subject=Caf%C3%A9%0D%0ABcc:x&cc=g@h.i&body=one%0D%0Atwo&attach=/etc/passwd&from=x@y.z",
        account="w",
        from_="me@x.org",
    )
    assert (start.to, start.cc, start.bcc) == ("a@b.c,d@e.f", "g@h.i", "")
    assert start.subject == "Café Bcc:x" and start.body == "one\ntwo" and start.attachments == ()
    with pytest.raises(ValueError, match="mailto"):
        draft_from_mailto("https://x.test", account="w", from_="me@x.org")


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=120),
            st.sampled_from(["application/pdf", "text/plain", "image/png", "text/x-patch"]),
            st.binary(max_size=400),
            st.sampled_from(["", "base64", "quoted-printable", "8bit", "7bit"]),
        ),
        max_size=4,
    ),
    st.booleans(),
)
def test_any_attachments_come_back(files: list[tuple[str, str, bytes, str]], is_markdown: bool) -> None:
    attachments = tuple(
        Attachment(filename=name, content_type=kind, data=data, encoding=encoding)
        for name, kind, data, encoding in files
    )
    raw = build(draft(attachments=attachments, is_markdown=is_markdown), date=DATE, unique="u").raw
    root = parse_message(raw)
    theirs = list(built(attachments=attachments, is_markdown=is_markdown).iter_attachments()) if files else []
    ours = [part for part in root.walk() if part.disposition == "attachment"]
    assert len(ours) == len(theirs) == len(files)
    for (name, kind, data, _), our, their in zip(files, ours, theirs, strict=True):
        octets = their.get_payload(decode=True)
        assert isinstance(octets, bytes)
        assert our.decoded() == octets and our.content_type == their.get_content_type() == kind
        assert our.filename == name or " ".join(our.filename.split()) == " ".join(name.split())
        is_text = kind.startswith("text/")
        assert octets == data or (is_text and octets.replace(b"\r\n", b"\n") == data.replace(b"\r\n", b"\n"))
