"""Programs of the user's mailcap are chosen and called safely; HTML for a browser fetches and runs nothing."""

from pathlib import Path

import pytest

from termail.mime.display import LineKind, display
from termail.mime.html_browser import browser_document
from termail.mime.html_process import HtmlProcess
from termail.mime.html_worker import Request
from termail.mime.mailcap import Entry, fill_in, find, parse_mailcap, printed, read_entries, write_part

MAILCAP = r"""
# a comment
text/html; sensible-browser %s; nametemplate=%s.html
text/html; tr a-z A-Z <%s; copiousoutput; description=HTML\; in capitals
text/html; never %s; \
    copiousoutput; test=true
image/*; view '%s' --kind="%t"; test=test -n "$TERMAIL_TEST_DISPLAY"; needsterminal
video; play %s
broken line
"""


def test_entries_are_read_with_continuations_comments_and_escaped_semicolons() -> None:
    entries = list(parse_mailcap(MAILCAP))
    assert [entry.content_type for entry in entries] == ["text/html"] * 3 + ["image/*", "video/*"]
    assert [entry.is_copious for entry in entries] == [False, True, True, False, False]
    assert entries[3].needs_terminal and entries[0].name_template == "%s.html"


def test_the_first_entry_that_fits_and_passes_its_test_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "mailcap").write_text(MAILCAP)
    entries = read_entries(str(tmp_path / "mailcap"))
    found = find(entries, "text/html", {}, copious=True)
    assert found is not None and found.command == "tr a-z A-Z <%s"
    assert find(entries, "image/png", {}) is None
    monkeypatch.setenv("TERMAIL_TEST_DISPLAY", ":0")
    image = find(entries, "image/png", {})
    assert image is not None and image.command.startswith("view")
    assert read_entries(str(tmp_path / "nothing")) == []


@pytest.mark.parametrize(
    ("command", "filled"),
    [
        ("view %s", "view '/tmp/a b'"),
        ("view '%s'", "view '/tmp/a b'"),
        ('view "%s" %%', "view '/tmp/a b' %"),
        ("view --set=%{charset}", "view --set=utf-8"),
        ("view %{evil}", "view ''"),
        ("view %t %n", "view text/html "),
    ],
)
def test_what_a_message_says_is_one_quoted_word_or_nothing(command: str, filled: str) -> None:
    parameters = {"charset": "utf-8", "evil": "x; rm -rf ~"}
    assert fill_in(command, "/tmp/a b", "text/html", parameters) == filled


def test_a_hostile_file_name_becomes_plain_letters_in_a_private_folder(tmp_path: Path) -> None:
    entry = Entry(content_type="application/pdf", command="view %s")
    path = write_part(tmp_path, entry, "$(touch owned);`id`.p'df", b"x")
    assert path == tmp_path / "part.pdf" and path.stat().st_mode & 0o777 == 0o600


def test_a_program_prints_html_for_the_pager_and_failing_leaves_ours() -> None:
    entry = Entry(content_type="text/html", command="tr a-z A-Z <%s; printf '\\033[31m'", is_copious=True)
    raw = b"Content-Type: text/html\n\n<p>hello</p>"
    text = "\n".join(
        line.text
        for line in display(
            raw, width=80, html_program=lambda part: printed(entry, "", part.content_type, {}, part.decoded())
        ).lines
    )
    assert "<P>HELLO</P>" in text and "\x1b" not in text
    failing = Entry(content_type="text/html", command="exit 1", is_copious=True)
    assert printed(failing, "", "text/html", {}, b"x") is None


HOSTILE = """<html><head><base href=http://t.test/><meta http-equiv=refresh content="0;url=http://t.test">
<style>p{background:url(http://t.test/bg)}</style><link rel=stylesheet href=http://t.test/c.css></head>
<body onload="alert(1)" background="http://t.test/b"><p style="background:url(http://t.test/p)">Hello</p>
<img src=http://t.test/i.png alt=Banner><a href="javascript:alert(1)">js</a><a href="https://shop.test/x">shop</a>
<form action=http://t.test/f><input name=x></form><iframe src=http://t.test></iframe><svg><script>1</script></svg>
<table><tr><td bgcolor=red>cell</td></tr></table></body></html>"""


def test_a_document_for_the_browser_keeps_structure_and_loads_nothing() -> None:
    process = HtmlProcess()
    try:
        rendered = process.render(Request(HOSTILE, 0, for_browser=True))
    finally:
        process.close()
    assert rendered is not None
    document = rendered.text
    assert document == browser_document(HOSTILE)
    assert "default-src 'none'" in document
    assert "t.test" not in document and "alert" not in document and "<form" not in document
    assert '<a href="https://shop.test/x" title="https://shop.test/x"' in document and "[Banner]" in document
    assert '<td bgcolor="red">cell</td>' in document


INVITATION = b"""MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=a

--a
Content-Type: text/plain

Come!
--a
Content-Type: text/calendar; method=REQUEST; charset=utf-8

BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//x//EN
METHOD:REQUEST
BEGIN:VEVENT
UID:42@other.test
DTSTAMP:20261120T100000Z
DTSTART:20261126T090000Z
DTEND:20261126T103000Z
SUMMARY:Networks lab \x1b]0;owned\x07
LOCATION:Room 2.1
RRULE:FREQ=WEEKLY;COUNT=4
ORGANIZER;CN=Bob:mailto:bob@other.test
ATTENDEE;CN=Alice;PARTSTAT=NEEDS-ACTION:mailto:alice@cities.org
ATTENDEE;PARTSTAT=ACCEPTED:mailto:juan@cities.org
DESCRIPTION:Bring the\\nprotocol traces.
END:VEVENT
END:VCALENDAR
--a--
"""


def test_an_invitation_is_a_card() -> None:
    lines = [line.text for line in display(INVITATION, width=100).lines if line.kind is LineKind.TEXT]
    assert "Come!" in lines
    card = "\n".join(lines)
    assert "Invitation: Networks lab ␛]0;owned␇" in card
    assert "  When: Thu 26 Nov 2026" in card and "  Where: Room 2.1" in card and "weekly, 4 times" in card
    assert "  From: Bob <bob@other.test>" in card
    assert "  With: Alice <alice@cities.org> (not answered)" in card and "juan@cities.org (accepted)" in card
    assert "  protocol traces." in card


def test_a_broken_calendar_says_so() -> None:
    lines = [line.text for line in display(b"Content-Type: text/calendar\n\nBEGIN:VCAL\nx", width=80).lines]
    assert "[this calendar part cannot be read; v saves it]" in lines


def test_an_answer_is_what_the_organizer_s_program_reads() -> None:
    import icalendar

    from termail.mime.calendar import answer
    from termail.mime.message import parse_message

    part = next(part for part in parse_message(INVITATION).walk() if part.content_type == "text/calendar")
    item, organizer, title = answer(part.decoded(), me="alice@cities.org", partstat="DECLINED", now=1795349640.0)
    assert organizer == "bob@other.test" and title.startswith("Networks lab")
    (event,) = icalendar.Calendar.from_ical(item.data).walk("VEVENT")
    assert event["uid"] == "42@other.test" and event["attendee"].params["partstat"] == "DECLINED"
    assert icalendar.Calendar.from_ical(item.data)["method"] == "REPLY"
    with pytest.raises(ValueError, match="no invitation"):
        answer(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", me="a@b.c", partstat="ACCEPTED", now=0.0)
