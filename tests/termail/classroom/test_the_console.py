"""The protocol console: what may come next, secrets hidden, the lecture's sessions, STARTTLS understood."""

import ssl
from typing import Any

import pytest

from termail.classroom.console.guide import Guide
from termail.classroom.console.line import ConsoleLine, NoPlace, Place, parse_place
from termail.classroom.console.sessions import LECTURE
from termail.classroom.console.suggestions import SUGGESTIONS

DIALOGUES = {
    "smtp": """
        S: 220 ready                 | connected
        C: EHLO me                   | connected
        S: 250-me                    | connected
        S: 250 HELP                  | ready
        C: MAIL FROM:<a@x>           | ready
        S: 250 ok                    | mail
        C: RCPT TO:<b@x>             | mail
        S: 550 no                    | mail
        C: RCPT TO:<c@x>             | mail
        S: 250 ok                    | rcpt
        C: DATA                      | rcpt
        S: 354 go                    | data
        C: QUIT is a word of my text | data
        C: .                         | data
        S: 250 taken                 | ready
        C: QUIT                      | ready
        S: 221 bye                   | closed""",
    "pop3": """
        S: +OK ready                 | authorization
        C: USER alice                | authorization
        S: +OK                       | user
        C: PASS secret               | user
        S: +OK                       | transaction
        C: LIST                      | transaction
        S: +OK listing               | transaction
        S: 1 620                     | transaction
        S: .                         | transaction
        C: QUIT                      | transaction
        S: +OK                       | closed""",
    "imap": """
        S: * OK ready                | not authenticated
        C: A0001 LOGIN alice secret  | not authenticated
        S: A0001 NO wrong            | not authenticated
        C: A0002 LOGIN alice right   | not authenticated
        S: A0002 OK in               | authenticated
        C: A0003 SELECT INBOX        | authenticated
        S: * 3 EXISTS                | authenticated
        S: A0003 OK done             | selected
        C: A0004 LOGOUT              | selected
        S: * BYE                     | closed
        S: A0004 OK done             | closed""",
}


def play(guide: Guide, dialogue: str) -> None:
    for entry in dialogue.strip().splitlines():
        line, _, state = entry.strip().partition("|")
        who, text = line.strip()[:1], line.strip()[3:]
        (guide.said if who == "C" else guide.heard)(text)
        assert guide.state == state.strip(), line


@pytest.mark.parametrize("protocol", DIALOGUES)
def test_the_guide_knows_where_the_dialogue_stands_and_what_may_come_next(protocol: str) -> None:
    guide = Guide(protocol)
    play(guide, DIALOGUES[protocol])
    assert not guide.is_waiting
    states = {entry.partition("|")[2].strip() for entry in DIALOGUES[protocol].strip().splitlines()}
    assert states <= set(SUGGESTIONS[protocol])


def test_an_answer_is_complete_with_its_last_line() -> None:
    guide = Guide("pop3")
    guide.heard("+OK ready")
    guide.said("TOP 1 10")
    guide.heard("+OK here it comes")
    assert guide.is_waiting
    guide.heard("Subject: x")
    guide.heard(".")
    assert not guide.is_waiting
    guide.said("LIST 1")
    guide.heard("+OK 1 620")
    assert not guide.is_waiting


def test_suggestions_complete_what_is_typed_and_tags_go_on() -> None:
    guide = Guide("imap")
    guide.heard("* OK ready")
    assert guide.completions("a0001 lo") == ["A0001 LOGIN alice 123456", "A0001 LOGOUT"]
    guide.tag_used("A0007 NOOP")
    assert guide.completions("A0008 CAP") == ["A0008 CAPABILITY"]
    guide.secured()
    assert not [one for one in guide.suggestions() if "STARTTLS" in one.text]


@pytest.mark.parametrize(
    ("protocol", "typed", "shown"),
    [
        ("pop3", "PASS 123456", "PASS ****"),
        ("imap", 'A1 LOGIN "alice" "123456"', 'A1 LOGIN "alice" ****'),
        ("imap", 'A1 USER "alice" "123456"', 'A1 USER "alice" ****'),
        ("smtp", "AUTH PLAIN AGEAYg==", "AUTH PLAIN ****"),
        ("smtp", "MAIL FROM:<a@x>", "MAIL FROM:<a@x>"),
    ],
)
def test_secrets_are_hidden_from_whoever_looks_on(protocol: str, typed: str, shown: str) -> None:
    assert Guide(protocol).hidden(typed) == shown


def test_the_answer_to_a_sasl_challenge_is_hidden_too() -> None:
    guide = Guide("smtp")
    for who, text in (("S", "220 x"), ("C", "AUTH LOGIN"), ("S", "334 VXNlcm5hbWU6")):
        (guide.said if who == "C" else guide.heard)(text)
    assert guide.hidden("YWxpY2U=") == "****"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mail.example.org:25", ("mail.example.org", 25, "smtp", False)),
        ("mail.example.org:993", ("mail.example.org", 993, "imap", True)),
        ("[::1]:110", ("::1", 110, "pop3", False)),
        ("imap:mail.example.org", ("mail.example.org", 143, "imap", False)),
    ],
)
def test_places_are_named_by_host_and_port_or_by_service(text: str, expected: tuple[Any, ...]) -> None:
    place = parse_place(text)
    assert (place.host, place.port, place.protocol, place.tls) == expected


@pytest.mark.parametrize("text", ["", "nowhere", "host:0", "host:99999", ":25"])
def test_what_is_no_place_says_how_to_write_one(text: str) -> None:
    with pytest.raises(NoPlace, match="HOST:PORT"):
        parse_place(text)


async def said_to(scripted: Any, script: str, lines: tuple[str, ...], protocol: str = "smtp") -> list[str]:
    server = await scripted(script)
    heard: list[str] = []

    def context() -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
        return made

    def hear(direction: str, text: str, is_content: bool) -> None:
        heard.append(f"{direction}: {text}")

    line = ConsoleLine(Place("here", "127.0.0.1", server.port, protocol), hear, context)
    await line.open()
    assert await line.answered()
    for text in lines:
        line.type(text)
        assert await line.answered()
    line.close()
    return heard


async def test_the_lectures_session_is_said_line_by_line_each_after_its_answer(scripted: Any) -> None:
    session = LECTURE["smtp"]
    replies = iter(["250 hi", "250 ok", "250 ok", "354 go", None, "250 taken", "221 bye"])
    script = "S: 220 ready\n" + "".join(
        f"C: {text}\n" + (f"S: {reply}\n" if (reply := next(replies)) else "") for text in session.lines
    )
    heard = await said_to(scripted, script, session.lines)
    assert heard[:3] == ["S: 220 ready", "C: HELO server.other.test", "S: 250 hi"]
    assert [line for line in heard if line.startswith("S: 250 taken")]


async def test_starttls_is_understood_and_the_dialogue_goes_on_inside(scripted: Any) -> None:
    script = "S: 220 ready\nC: STARTTLS\nS: 220 go\nTLS\nC: EHLO me\nS: 250 hi"
    heard = await said_to(scripted, script, ("STARTTLS", "EHLO me"))
    assert any("from here on TLSv1.3" in line for line in heard)
    assert heard.index("S: 250 hi") > heard.index("C: EHLO me")
