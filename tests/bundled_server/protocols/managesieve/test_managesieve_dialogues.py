"""ManageSieve dialogues without a network: framing, states, and what a hostile peer tries."""

import pytest

from bundled_server.protocols.managesieve.grammar import State
from bundled_server.protocols.managesieve.machine import (
    AnswerReceived,
    CommandReceived,
    CommandRefused,
    Event,
    ManageSieveMachine,
    TlsStarted,
)
from bundled_server.protocols.managesieve.replies import no, ok, string


def machine(*, logged_in: bool = True) -> ManageSieveMachine:
    made = ManageSieveMachine(
        line_octets=200, literal_before_login_octets=20, literal_octets=1000, errors=5, trace=None
    )
    if logged_in:
        made.state = State.AFTER_LOGIN
    return made


def events(made: ManageSieveMachine) -> list[Event]:
    found = []
    while (event := made.next_event()) is not None:
        found.append(event)
    return found


COMMANDS = [
    (b"LISTSCRIPTS\r\n", CommandReceived("LISTSCRIPTS", ())),
    (b"listscripts\n", CommandReceived("LISTSCRIPTS", ())),
    (b'NOOP "a \\"b\\" \\\\"\r\n', CommandReceived("NOOP", (b'a "b" \\',))),
    (b'HAVESPACE "one" 17\r\n', CommandReceived("HAVESPACE", (b"one", 17))),
    (b'PUTSCRIPT "one" {6+}\r\nkeep;\n\r\n', CommandReceived("PUTSCRIPT", (b"one", b"keep;\n"))),
    (b"PUTSCRIPT {3+}\r\none {5+}\r\nkeep;\r\n", CommandReceived("PUTSCRIPT", (b"one", b"keep;"))),
    (b'SETACTIVE ""\r\n', CommandReceived("SETACTIVE", (b"",))),
    (b"CHECKSCRIPT {0+}\r\n\r\n", CommandReceived("CHECKSCRIPT", (b"",))),
]


@pytest.mark.parametrize(("octets", "event"), COMMANDS, ids=[str(octets[:12]) for octets, _ in COMMANDS])
def test_a_command_however_its_octets_are_split(octets: bytes, event: Event) -> None:
    for cut in range(len(octets) + 1):
        made = machine()
        made.receive(octets[:cut])
        found = events(made)
        made.receive(octets[cut:])
        assert found + events(made) == [event]
        assert made.take_output() == b""


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"FROBNICATE\r\n", "no such command"),
        (b"\r\n", "a command is missing"),
        (b'"LISTSCRIPTS"\r\n', "begins with its name"),
        (b"GETSCRIPT one\r\n", "strings are written in quotes"),
        (b'GETSCRIPT\r\n', "takes a string"),
        (b'GETSCRIPT "a" "b"\r\n', "takes a string"),
        (b'GETSCRIPT  "a"\r\n', "one space between"),
        (b'GETSCRIPT "a\r\n', "one space between"),
        (b'HAVESPACE "a" "b"\r\n', "takes a string, then a number"),
        (b'AUTHENTICATE "PLAIN"\r\n', "cannot come after the login"),
        (b'GETSCRIPT {3}\r\n', "literals are written {n+}"),
        (b'GETSCRIPT {-1+}\r\n', "one space between"),
        (b'GETSCRIPT {}\r\n', "one space between"),
        (b"NOOP " + b'"x" ' * 10 + b'"x"\r\n', "too many arguments"),
        (b'GETSCRIPT {3+}\r\na\0b\r\n', "NUL"),
        (b"NOOP " + b"x" * 300 + b"\r\n", "too long"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_and_the_dialogue_goes_on(octets: bytes, words: str) -> None:
    made = machine()
    made.receive(octets + b"LISTSCRIPTS\r\n")
    refused, after = events(made)
    assert isinstance(refused, CommandRefused)
    assert words in refused.text
    assert made.take_output().startswith(b"NO ")
    assert after == CommandReceived("LISTSCRIPTS", ())


@pytest.mark.parametrize(
    "octets",
    [
        b'PUTSCRIPT "a" {2000+}\r\n' + b"LOGOUT\r\n" * 250 + b"\r\n",
        b"FROBNICATE {8+}\r\nLOGOUT\r\n\r\n",
        b"GETSCRIPT bare {8+}\r\nLOGOUT\r\n\r\n",
        b'GETSCRIPT "' + b"x" * 300 + b'" {8+}\r\nLOGOUT\r\n\r\n',
    ],
    ids=["too large", "of no command", "behind a mistake", "behind a line that is too long"],
)
def test_the_octets_of_a_refused_literal_never_run(octets: bytes) -> None:
    for step in (1, 7, len(octets)):
        made = machine()
        found: list[Event] = []
        for start in range(0, len(octets), step):
            made.receive(octets[start : start + step])
            found += events(made)
        assert [type(event) for event in found] == [CommandRefused]
        assert not made.closing


def test_literals_are_small_before_the_login() -> None:
    made = machine(logged_in=False)
    made.receive(b'AUTHENTICATE "PLAIN" {21+}\r\n' + b"x" * 21 + b"\r\n")
    (refused,) = events(made)
    assert refused == CommandRefused("the literal is larger than 20 octets")
    assert made.take_output() == b'NO (QUOTA/MAXSIZE) "the literal is larger than 20 octets"\r\n'


@pytest.mark.parametrize("octets", [b"GETSCRIPT {99999999+}\r\n", b"x" * 200 * 17])
def test_what_would_never_end_ends_the_connection(octets: bytes) -> None:
    made = machine()
    made.receive(octets)
    events(made)
    assert made.closing
    assert made.take_output().startswith(b"BYE ")


def test_too_many_mistakes_end_the_connection() -> None:
    made = machine()
    made.receive(b"FROBNICATE\r\n" * 10)
    assert len(events(made)) == 5
    assert made.closing
    assert made.take_output().count(b"NO ") == 4


def test_an_answer_to_a_challenge() -> None:
    made = machine(logged_in=False)
    made.ask(b"Y2hhbGxlbmdl")
    assert made.take_output() == b'"Y2hhbGxlbmdl"\r\n'
    made.receive(b"{4+}\r\nabcd\r\nNOOP\r\n")
    assert events(made) == [AnswerReceived(b"abcd"), CommandReceived("NOOP", ())]


def test_starttls_forgets_what_was_heard_in_the_clear() -> None:
    made = machine(logged_in=False)
    made.receive(b'STARTTLS\r\nAUTHENTICATE "PLAIN" "eHh4"\r\n')
    assert made.next_event() == CommandReceived("STARTTLS", ())
    made.start_tls()
    assert made.next_event() is None
    made.tls_started()
    assert events(made) == [TlsStarted()]


def test_secrets_are_masked_in_the_trace() -> None:
    heard: list[bytes] = []
    made = ManageSieveMachine(
        line_octets=200,
        literal_before_login_octets=50,
        literal_octets=50,
        errors=5,
        trace=lambda direction, line: heard.append(line),
    )
    made.receive(b'AUTHENTICATE "PLAIN" "c2VjcmV0"\r\nAUTHENTICATE "PLAIN" {8+}\r\nc2VjcmV0\r\n')
    events(made)
    made.ask(b"")
    made.receive(b'"c2VjcmV0"\r\n')
    events(made)
    made.receive(b'AUTHENTICATE\t"PLAIN" "c2VjcmV0"\r\n AUTHENTICATE "PLAIN" "c2VjcmV0"\r\n')
    events(made)
    assert b"c2VjcmV0" not in b"".join(heard)
    assert len(heard) >= 4


def test_replies() -> None:
    assert ok() == b"OK\r\n"
    assert no('line 1: "x"', b"ACTIVE") == b'NO (ACTIVE) "line 1: \\"x\\""\r\n'
    assert no("one\r\ntwo") == b"NO {8}\r\none\r\ntwo\r\n"
    assert no("a\x1b[2J") == b'NO "a?[2J"\r\n'
    assert string("é".encode()) == b'"\xc3\xa9"'
