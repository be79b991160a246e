"""The POP3 machine, and its replies as they go over the wire."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bundled_server.protocols.pop3.grammar import State
from bundled_server.protocols.pop3.machine import CommandReceived, CommandRefused, LineReceived, Pop3Machine
from bundled_server.protocols.pop3.replies import dot_stuffed, err, first_lines, ok


def events_of(octets, state=State.TRANSACTION, split=None):
    machine = Pop3Machine(1024, 50)
    machine.state = state
    events = []
    for at in range(0, len(octets), split or len(octets) or 1):
        machine.receive(octets[at : at + (split or len(octets))])
        while (event := machine.next_event()) is not None:
            events.append(event)
    return events


UNDERSTOOD = [
    (b"STAT\r\n", State.TRANSACTION, ("STAT", ())),
    (b"list\r\n", State.TRANSACTION, ("LIST", (None,))),
    (b"LIST 12\r\n", State.TRANSACTION, ("LIST", (12,))),
    (b"TOP 1 100\r\n", State.TRANSACTION, ("TOP", (1, 100))),
    (b"user alice\r\n", State.AUTHORIZATION, ("USER", (b"alice",))),
    (b"PASS two words \r\n", State.AUTHORIZATION, ("PASS", (b"two words ",))),
    (b"AUTH\r\n", State.AUTHORIZATION, ("AUTH", (None, None))),
    (b"AUTH plain =\r\n", State.AUTHORIZATION, ("AUTH", ("PLAIN", b"="))),
]


@pytest.mark.parametrize(("octets", "state", "wanted"), UNDERSTOOD)
@pytest.mark.parametrize("split", [None, 1])
def test_commands_become_objects_however_they_arrive(octets, state, wanted, split):
    assert events_of(octets, state, split) == [CommandReceived(*wanted)]


REFUSED = [
    (b"NOEXIST\r\n", State.TRANSACTION),
    (b"STAT\r\n", State.AUTHORIZATION),
    (b"USER alice\r\n", State.TRANSACTION),
    (b"STAT now\r\n", State.TRANSACTION),
    (b"RETR one\r\n", State.TRANSACTION),
    (b"RETR 1 2\r\n", State.TRANSACTION),
    (b"RETR 99999999999\r\n", State.TRANSACTION),
    (b"RETR 1\0\r\n", State.TRANSACTION),
    (b"USER\r\n", State.AUTHORIZATION),
    (b"\r\n", State.TRANSACTION),
    (b"x" * 2000 + b"\r\n", State.TRANSACTION),
]


@pytest.mark.parametrize(("octets", "state"), REFUSED)
def test_what_is_no_command_is_refused_and_the_next_one_understood(octets, state):
    events = events_of(octets + b"CAPA\r\n", state)
    assert [type(event) for event in events] == [CommandRefused, CommandReceived]


@given(st.binary(max_size=200), st.sampled_from([State.AUTHORIZATION, State.TRANSACTION]))
def test_no_octets_make_the_machine_raise(octets, state):
    events_of(octets + b"\r\n", state)


def test_a_line_that_was_asked_for_is_no_command():
    machine = Pop3Machine(16, 50)
    machine.ask(b"")
    machine.receive(b"QUIT" * 1000 + b"\r\nQUIT\r\n")
    assert machine.next_event() == LineReceived(b"QUIT" * 1000)
    assert machine.next_event() == CommandReceived("QUIT", ())
    assert machine.take_output() == b"+ \r\n"


@pytest.mark.parametrize(
    ("text", "stuffed"),
    [
        (b"", b".\r\n"),
        (b"a\r\n", b"a\r\n.\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b".\r\n", b"..\r\n.\r\n"),
        (b"a\r\n.b\r\n..\r\n", b"a\r\n..b\r\n...\r\n.\r\n"),
    ],
)
def test_lines_that_start_with_a_dot_are_stuffed(text, stuffed):
    assert dot_stuffed(text) == stuffed


@given(st.lists(st.sampled_from([b".", b"a", b"\r\n"]), max_size=30).map(b"".join))
def test_a_client_gets_back_what_was_stuffed(text):
    lines = dot_stuffed(text).split(b"\r\n")
    assert lines[-2:] == [b".", b""]
    unstuffed = [line.removeprefix(b".") for line in lines[:-2]]
    assert b".\r\n" not in dot_stuffed(text)[:-3].split(b"\r\n")
    assert b"".join(line + b"\r\n" for line in unstuffed) in (text, text + b"\r\n")


def test_top_counts_lines_of_the_body():
    message = b"A: b\r\nC: d\r\n\r\none\r\ntwo\r\n"
    assert first_lines(message, 0) == b"A: b\r\nC: d\r\n\r\n"
    assert first_lines(message, 1) == b"A: b\r\nC: d\r\n\r\none\r\n"
    assert first_lines(message, 9) == message
    assert first_lines(b"A: b\r\n", 9) == b"A: b\r\n"


def test_replies_are_one_line_of_ascii():
    assert ok("fine\r\n+OK forged é") == b"+OK fine??+OK forged ?\r\n"
    assert err("busy", "IN-USE") == b"-ERR [IN-USE] busy\r\n"
