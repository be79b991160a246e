"""What the pager is given: classified, wrapped, numbered, harmless, in time."""

import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from termail.mime.display import Display, LineKind, display
from termail.mime.html_process import HtmlProcess


@pytest.fixture(scope="module")
def process() -> Iterator[HtmlProcess]:
    process = HtmlProcess()
    yield process
    process.close()


def shown(view: Display, *kinds: LineKind) -> list[str]:
    return [line.text for line in view.lines if not kinds or line.kind in kinds]


def test_the_weeded_header_shows_the_chosen_fields_in_their_order() -> None:
    raw = b"Received: x\nSubject: =?utf-8?q?=C3=A1?=\nFrom: Bob <bob@x.org>\nX-Odd: 1\n\nhi\n"
    assert shown(display(raw, width=80)) == ["From: Bob <bob@x.org>", "Subject: á", "", "hi"]
    full = shown(display(raw, width=80, full_headers=True), LineKind.HEADER)
    assert full == ["Received: x", "Subject: á", "From: Bob <bob@x.org>", "X-Odd: 1"]


def test_quotes_have_levels_and_the_signature_is_known() -> None:
    view = display(
        b"Subject: x\n\nHi\n> one\n>> two\n> > also two\n>From mbox\n-- \nBob\n> not a quote\n", width=80
    )
    levels = [(line.kind, line.level) for line in view.lines[2:]]
    assert levels == [
        (LineKind.TEXT, 0),
        (LineKind.QUOTE, 1),
        (LineKind.QUOTE, 2),
        (LineKind.QUOTE, 2),
        (LineKind.TEXT, 0),
        (LineKind.SIGNATURE, 0),
        (LineKind.SIGNATURE, 0),
        (LineKind.SIGNATURE, 0),
    ]


def test_a_patch_is_coloured_and_its_signature_ends_it() -> None:
    view = display(
        b"Subject: [PATCH]\n\nwhy\n---\n a.c | 2 +-\n\ndiff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n"
        b"@@ -1,2 +1,2 @@\n context\n-old\n+new\n-- \n2.40\n",
        width=80,
    )
    kinds = [line.kind for line in view.lines]
    assert kinds.count(LineKind.DIFF_HUNK) == 4
    assert shown(view, LineKind.DIFF_ADDED, LineKind.DIFF_REMOVED) == ["-old", "+new"]
    assert shown(view, LineKind.SIGNATURE) == ["-- ", "2.40"]


def test_flowed_text_is_one_paragraph_again_and_delsp_joins_words() -> None:
    raw = (
        b"Content-Type: text/plain; format=flowed; delsp=%s\n\none \ntwo\n>quoted \n>more\n From here\n-- \nsig\n"
    )
    assert shown(display(raw % b"no", width=80)) == ["one two", "> quoted more", "From here", "-- ", "sig"]
    assert "onetwo" in shown(display(raw % b"yes", width=80))


@pytest.mark.parametrize("width", [20, 33, 80])
def test_no_line_is_wider_than_the_screen(width: int) -> None:
    text = (
        "日本語のとても長い行です。" * 20
        + "\n> "
        + "quoted words " * 30
        + "\n"
        + "x" * 500
        + "\n"
        + "👩‍👩‍👧 é" * 60
    )
    view = display(b"Content-Type: text/plain; charset=utf-8\n\n" + text.encode(), width=width)
    assert max(cell_len(line.text) for line in view.lines) <= width
    assert all(line.text.startswith("> ") for line in view.lines if line.kind is LineKind.QUOTE)


def test_links_are_numbered_once_with_their_true_host() -> None:
    view = display(
        "Content-Type: text/plain; charset=utf-8\n\nsee <https://x.test/a>, (http://y.test/b). https://x.test/a\n"
        "http://paypal.com@evil.test/ http://pаypal.test/\n".encode(),
        width=200,
    )
    assert [host for _, host in view.links] == ["x.test", "y.test", "evil.test", "xn--pypal-4ve.test"]
    assert view.lines[0].text == "see <https://x.test/a> [1], (http://y.test/b [2]). https://x.test/a [1]"
    assert view.lines[0].link == 1


def test_attachments_are_one_line_each_in_their_order() -> None:
    view = display(
        b"Content-Type: multipart/mixed; boundary=a\n\n--a\n\nhi\n--a\n"
        b'Content-Type: application/pdf; name="r\x1b[2J.pdf"\n'
        b"Content-Transfer-Encoding: base64\n\n" + b"QUJD\n" * 1000 + b"\n--a\nContent-Type: message/rfc822\n\n"
        b"Subject: inner\n\ninner text\n--a--\n",
        width=80,
    )
    assert shown(view, LineKind.ATTACHMENT) == [
        "[1] r␛[2J.pdf · application/pdf · 2.2K",
        "[2] (no name) · message/rfc822 · 26 bytes",
    ]
    assert [part.content_type for part in view.attachments] == ["application/pdf", "message/rfc822"]
    assert "inner text" in shown(view) and "Subject: inner" in shown(view)


def test_a_bounce_says_in_words_what_happened() -> None:
    view = display(
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=a\n\n--a\n\nSorry.\n--a\n"
        b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.x.org\n\n"
        b"Final-Recipient: rfc822; bob@x.org\n"
        b"Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n--a--\n",
        width=80,
    )
    text = shown(view)
    assert "The message to bob@x.org could not be delivered." in text
    assert "  Reason: 550 5.1.1 no such user" in text


def test_a_display_name_that_is_another_address_is_told() -> None:
    view = display(b'From: "ceo@bank.test" <thief@evil.test>\n\nhi\n', width=100)
    assert shown(view, LineKind.PROBLEM) == [
        "[the sender calls itself ceo@bank.test, the address is thief@evil.test]"
    ]


HTML = b"""Content-Type: text/html; charset=utf-8

<html><head><title>t</title><style>p{}</style></head><body><div style="display: none">preheader</div>
<table><tr><td><table><tr><td><h1>Big</h1></td></tr><tr><td>left</td><td>right</td></tr></table></td></tr></table>
<p>Hello &#27;]0;owned&#7; <a href="https://evil.test/x">www.paypal.com</a> <a href="javascript:alert(1)">js</a>
<script>alert(1)</script><img src="http://t.test/p" width=1 height=1><img src=http://t.test/b alt="Banner">
<ul><li>one<li>two</ul><blockquote>quoted</blockquote></body></html>"""


def test_html_is_read_without_scripts_hidden_text_layout_or_remote_images(process: HtmlProcess) -> None:
    view = display(HTML, width=80, html_process=process)
    text = "\n".join(shown(view))
    assert "Big\n" in text and "  * one\n  * two" in text and "Banner" in text
    assert not any(word in text for word in ("preheader", "alert", "|", "\x1b", "p{}", "javascript"))
    assert view.links == [("https://evil.test/x", "evil.test")]
    assert shown(view, LineKind.PROBLEM) == [
        "[1 remote image not loaded]",
        "[1 tracking pixel not loaded]",
        "[link 1 says www.paypal.com but leads to evil.test]",
    ]
    assert shown(view, LineKind.QUOTE) == ["> quoted"]


@pytest.mark.parametrize(
    "hostile", [b"<div>" * 60_000, b"<blockquote>" * 60_000, b"<!--" * 50_000, b"<a" * 50_000]
)
def test_html_that_takes_too_long_is_shown_as_bare_text(hostile: bytes) -> None:
    impatient = HtmlProcess(deadline_seconds=0.3)
    try:
        before = time.process_time()
        view = display(b"Content-Type: text/html\n\n" + hostile + b"hi there", width=80, html_process=impatient)
        assert view.lines
        assert time.process_time() - before < 2.0
        after = display(b"Content-Type: text/html\n\n<p>well", width=80, html_process=impatient)
        assert shown(after) == ["well"]
    finally:
        impatient.close()


def test_a_process_that_cannot_start_costs_the_layout_only() -> None:
    broken = HtmlProcess(command=("/nonexistent/program",))
    view = display(b"Content-Type: text/html\n\n<p>still <b>readable</b></p>", width=80, html_process=broken)
    assert "still readable" in shown(view)


_HOSTILE_TEXT = st.text(
    st.one_of(st.characters(), st.sampled_from("\x1b\x9b\x07\u202e\u2066\x85\x7f\x00\r\n >-+@"))
)


@settings(max_examples=60)
@given(_HOSTILE_TEXT, _HOSTILE_TEXT)
def test_no_control_character_of_theirs_reaches_a_line(header: str, body: str) -> None:
    octets = header.encode("utf-8", "surrogatepass")
    raw = b"From: " + octets + b"\nSubject: " + octets + b'\nContent-Type: text/plain; name="' + octets + b'"\n\n'
    for line in display(raw + body.encode("utf-8", "surrogatepass"), width=40, full_headers=True).lines:
        assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in line.text)
        assert not set(line.text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
        line.text.encode("utf-8")


@pytest.mark.parametrize(
    "body",
    [
        b"the quick brown fox jumps over the lazy dog, and again, and more\n" * 150_000,
        b"a" * 50_000_000,
        b"> " * 5_000_000,
    ],
    ids=["10 MB of lines", "50 MB in one line", "quote marks"],
)
def test_huge_bodies_are_cut_into_lines_in_bounded_time(body: bytes) -> None:
    before = time.process_time()
    view = display(b"Subject: x\n\n" + body, width=80)
    assert view.lines
    assert time.process_time() - before < 4.0


def test_an_empty_message_says_so() -> None:
    assert shown(display(b"", width=80)) == ["[this message is empty]"]
