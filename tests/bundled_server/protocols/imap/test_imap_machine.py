"""The machine is fed octets and asked for events; every dialogue is also split at every octet."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bundled_server.maa.imap.features import FEATURES
from bundled_server.protocols.imap import commands
from bundled_server.protocols.imap.fetch_items import Item, Part, Section
from bundled_server.protocols.imap.grammar import State, table
from bundled_server.protocols.imap.machine import (
    CommandReceived,
    CommandRefused,
    IdleEnded,
    ImapMachine,
    Limits,
    LineReceived,
    LiteralAwaited,
)
from bundled_server.protocols.imap.sequences import STAR, SequenceSet

ONE_TO_ALL = SequenceSet(((1, STAR),))


def events_of(machine, octets, state=State.SELECTED):
    machine.state = state
    machine.receive(octets)
    return drained(machine)


def drained(machine):
    events = []
    while (event := machine.next_event()) is not None:
        events.append(event)
    return events


UNDERSTOOD = [
    (b"a NOOP\r\n", commands.Nothing()),
    (b"a noop  \n", commands.Nothing()),
    (b"a SELECT inbox\r\n", commands.MailboxName(b"inbox")),
    (b'a SELECT "in \\"quotes\\""\r\n', commands.MailboxName(b'in "quotes"')),
    (b"a SELECT {5+}\r\ninbox\r\n", commands.MailboxName(b"inbox")),
    (b"a SELECT {0+}\r\n\r\n", commands.MailboxName(b"")),
    (b'a LIST "" %\r\n', commands.ListMailboxes(b"", b"%")),
    (b"a LIST {0+}\r\n {3+}\r\na*b\r\n", commands.ListMailboxes(b"", b"a*b")),
    (b"a STATUS x (MESSAGES uidnext)\r\n", commands.StatusOf(b"x", (b"MESSAGES", b"UIDNEXT"))),
    (b"a ID NIL\r\n", commands.ClientIdentity(())),
    (b'a ID ("name" "mutt" "os" NIL)\r\n', commands.ClientIdentity(((b"name", b"mutt"), (b"os", None)))),
    (
        b'a APPEND x (\\seen $a) "17-Jul-1996 02:44:25 -0700" {4+}\r\nA:b\n\r\n',
        commands.Append(b"x", (commands.NewMessage(frozenset(("\\Seen", "$a")), 837596665.0, b"A:b\n"),)),
    ),
    (b"a FETCH 1:* FLAGS\r\n", commands.Fetch(ONE_TO_ALL, (Item.FLAGS,))),
    (
        b"a UID FETCH 1:* (UID RFC822.SIZE body[header] BODY.PEEK[1.2.MIME]<0.9>)\r\n",
        commands.Fetch(
            ONE_TO_ALL,
            (
                Item.UID,
                Item.SIZE,
                Section(b"BODY[HEADER]", (), Part.HEADER),
                Section(b"BODY[1.2.MIME]<0>", (1, 2), Part.MIME, peek=True, partial=(0, 9)),
            ),
        ),
    ),
    (
        b'a FETCH 1:* BODY.PEEK[HEADER.FIELDS (From "x y")]\r\n',
        commands.Fetch(
            ONE_TO_ALL,
            (Section(b'BODY[HEADER.FIELDS (From "x y")]', (), Part.FIELDS, (b"From", b"x y"), peek=True),),
        ),
    ),
    (
        b"a FETCH 1:* fast\r\n",
        commands.Fetch(ONE_TO_ALL, (Item.FLAGS, Item.INTERNALDATE, Item.SIZE)),
    ),
    (
        b"a STORE 1:* -flags.silent \\Deleted\r\n",
        commands.StoreFlags(ONE_TO_ALL, b"-", True, frozenset(("\\Deleted",))),
    ),
    (b"a STORE 1:* FLAGS ()\r\n", commands.StoreFlags(ONE_TO_ALL, b"", False, frozenset())),
    (b"a COPY 1,3:4 {1+}\r\nx\r\n", commands.CopyTo(SequenceSet(((1, 1), (3, 4))), b"x")),
]


@pytest.mark.parametrize(("octets", "arguments"), UNDERSTOOD)
def test_commands_become_objects(machine, octets, arguments):
    (event,) = events_of(machine, octets)
    assert isinstance(event, CommandReceived)
    assert event.tag == b"a"
    assert event.arguments == arguments
    assert machine.take_output() == b""


@pytest.mark.parametrize(("octets", "arguments"), UNDERSTOOD)
def test_commands_arrive_octet_by_octet(machine, octets, arguments):
    machine.state = State.SELECTED
    events = []
    for at in range(len(octets)):
        machine.receive(octets[at : at + 1])
        events += drained(machine)
    assert [event.arguments for event in events] == [arguments]


REFUSED = [
    (b"\0 NOOP\r\n", b"* BAD "),
    (b"NOOP\r\n", b"NOOP BAD "),
    (b"a\r\n", b"a BAD "),
    (b"a NOSUCH\r\n", b"a BAD "),
    (b"a NOOP x\r\n", b"a BAD "),
    (b"a SELECT x\0y\r\n", b"a BAD "),
    (b"a SELECT x\ry\r\n", b"a BAD "),
    (b"a SELECT {3+}\r\nx\0y\r\n", b"a BAD "),
    (b"a SELECT {}\r\n", b"a BAD "),
    (b"a SELECT {-1}\r\n", b"a BAD "),
    (b"a SELECT {9999999999}\r\n", b"a BAD "),
    (b"a SELECT {2000}\r\n", b"a BAD "),
    (b"a APPEND x {5001}\r\n", b"a NO [TOOBIG] "),
    (b'a SELECT "open\r\n', b"a BAD "),
    (b"a FETCH 0 FLAGS\r\n", b"a BAD "),
    (b"a FETCH 1:99999999999 FLAGS\r\n", b"a BAD "),
    (b"a FETCH 1 ()\r\n", b"a BAD "),
    (b"a FETCH 1 BODY[0]\r\n", b"a BAD "),
    (b"a FETCH 1 BODY[MIME]\r\n", b"a BAD "),
    (b"a FETCH 1 BODY[]<0.0>\r\n", b"a BAD "),
    (b"a FETCH 1 BODY[HEADER.FIELDS ()]\r\n", b"a BAD "),
    (b"a FETCH 1 BODY[" + b"1." * 300 + b"1]\r\n", b"a BAD "),
    (b"a FETCH " + b"1," * 60 + b"1 FLAGS\r\n", b"a BAD "),
    (b"a FETCH 1 (" + b"UID " * 60 + b"UID)\r\n", b"a BAD "),
    (b"a SEARCH " + b"NOT " * 20 + b"ALL\r\n", b"a BAD "),
    (b"a SEARCH " + b"(" * 20 + b"ALL" + b")" * 20 + b"\r\n", b"a BAD "),
    (b"a SEARCH CHARSET KLINGON ALL\r\n", b"a NO [BADCHARSET (US-ASCII UTF-8 "),
    (b"a SEARCH ON 31-Feb-2000\r\n", b"a BAD "),
    (b"a STORE 1 FLAGS (\\)\r\n", b"a BAD "),
    (b"a STATUS x ()\r\n", b"a BAD "),
    (b"a " + b"x" * 2000 + b"\r\n", b"a BAD "),
    (b"a LOGIN x y\r\n", b"a BAD "),
]


@pytest.mark.parametrize(("octets", "reply"), REFUSED)
def test_what_is_no_command_is_refused_and_the_next_one_understood(machine, octets, reply):
    events = events_of(machine, octets + b"b NOOP\r\n")
    assert [type(event) for event in events] == [CommandRefused, CommandReceived]
    assert machine.take_output().startswith(reply)


def test_the_octets_of_a_refused_literal_never_run(machine):
    evil = b"x DELETE INBOX\r\n"
    for start in (
        b"a SELECT y {%d+}\r\n",
        b"a NOSUCH {%d+}\r\n",
        b"a LOGIN {%d+}\r\n",
        b"a SELECT {1+}\r\n\0{%d+}\r\n",
        b"a SELECT " + b"y" * 3000 + b"{%d+}\r\n",
    ):
        literal = evil * 100
        machine.state = State.SELECTED
        events = events_of(machine, start % len(literal) + literal + b"\r\nb NOOP\r\n")
        assert [type(event) for event in events] == [CommandRefused, CommandReceived], start
        assert events[1].name == "NOOP"


def test_a_literal_too_large_to_skip_ends_the_connection(machine):
    events_of(machine, b"a APPEND x {99999999999+}\r\n")
    assert machine.closing
    assert b"* BYE" in machine.take_output()


def test_a_synchronising_literal_waits_for_the_plus(machine):
    (awaited,) = events_of(machine, b"a LOGIN {5}\r\n", State.NOT_AUTHENTICATED)
    assert awaited == LiteralAwaited()
    assert machine.take_output().startswith(b"+ ")
    machine.receive(b"alice {6}\r\n")
    assert drained(machine) == [LiteralAwaited()]
    machine.receive(b"123456\r\n")
    (event,) = drained(machine)
    assert event.arguments == commands.Login(b"alice", b"123456")


def test_literals_are_small_before_login(machine):
    (event,) = events_of(machine, b"a LOGIN {101}\r\n", State.NOT_AUTHENTICATED)
    assert isinstance(event, CommandRefused)
    assert machine.take_output().startswith(b"a BAD")


def test_commands_are_legal_in_their_state_only(machine):
    for octets, state in (
        (b"a SELECT x\r\n", State.NOT_AUTHENTICATED),
        (b"a FETCH 1 FLAGS\r\n", State.AUTHENTICATED),
        (b"a LOGIN x y\r\n", State.AUTHENTICATED),
    ):
        (event,) = events_of(machine, octets, state)
        assert isinstance(event, CommandRefused)
        assert machine.take_output().startswith(b"a BAD ")


def test_idle_ends_with_done_and_nothing_else(machine):
    events_of(machine, b"a IDLE\r\n")
    machine.idle()
    assert machine.take_output() == b"+ idling\r\n"
    assert events_of(machine, b"done\r\n") == [IdleEnded(True)]
    machine.idle()
    assert events_of(machine, b"b NOOP\r\n") == [IdleEnded(False)]


def test_a_line_that_was_asked_for_is_no_command(machine):
    machine.ask(b"")
    assert events_of(machine, b"b NOOP\r\nc NOOP\r\n")[0] == LineReceived(b"b NOOP")


def test_what_came_before_tls_is_forgotten(machine):
    machine.receive(b"a NOOP\r\nb NOOP\r\n")
    machine.next_event()
    machine.start_tls()
    assert machine.next_event() is None
    machine.tls_started()
    assert machine.next_event() is None


def test_many_errors_in_a_row_end_the_connection(machine):
    events_of(machine, b"?\r\n" * 30)
    assert machine.closing
    assert machine.take_output().count(b"\r\n") == 21


def test_an_endless_line_is_not_kept_and_ends_the_connection(machine):
    while not machine.closing:
        machine.receive(b"x" * 1000)
        machine.next_event()
        assert len(machine._framer._buffer) < 3000
    assert b"* BYE" in machine.take_output()


def whole_machine(trace=None):
    """With every command of the session's features."""
    syntaxes = table(verb.syntax for feature in FEATURES for verb in feature.verbs)
    return ImapMachine(syntaxes, Limits(errors=1000), trace)


@given(st.binary(max_size=300), st.sampled_from(list(State)[:3]))
@settings(max_examples=400)
def test_no_octets_make_the_machine_raise(octets, state):
    events_of(whole_machine(), octets, state)


WORDS = [
    "a",
    "FETCH",
    "SEARCH",
    "STORE",
    "UID",
    "APPEND",
    "(",
    ")",
    "[",
    "]",
    "<",
    ">",
    "{",
    "}",
    "{3+}",
    "\r\n",
    '"',
    "\\",
    "*",
    "%",
    "1",
    "1:*",
    "0",
    ",",
    ":",
    ".",
    "BODY",
    "BODY.PEEK[",
    "HEADER.FIELDS",
    "TEXT",
    "NOT",
    "OR",
    "CHARSET",
    "UTF-8",
    "SINCE",
    "1-Feb-1994",
    "FLAGS",
    "\\Seen",
    "NIL",
    "\x00",
    "é",
    "LOGIN",
    "ALL",
    "ENVELOPE",
    "+FLAGS",
]


@given(st.lists(st.sampled_from([*WORDS, " ", "\r\n"]), max_size=40))
@settings(max_examples=400)
def test_no_words_of_the_grammar_make_the_machine_raise(words):
    events_of(whole_machine(), " ".join(words).encode())


def test_secrets_are_masked_in_the_trace():
    lines = []
    machine = whole_machine(lambda direction, line: lines.append(line))
    for octets in (
        b"a LOGIN alice hunter2\r\n",
        b'a USER "alice" "hunter2"\r\n',
        b"a LOGIN {5+}\r\nalice hunter2\r\n",
        b"a LOGIN alice {7+}\r\nhunter2\r\n",
        b"a AUTHENTICATE PLAIN hunter2\r\n",
        b"LOGIN alice hunter2\r\n",
        b"x LOGON alice hunter2\r\n",
    ):
        events_of(machine, octets, State.NOT_AUTHENTICATED)
    machine.ask(b"")
    events_of(machine, b"hunter2\r\n", State.NOT_AUTHENTICATED)
    assert lines
    assert b"hunter2" not in b"".join(lines)
