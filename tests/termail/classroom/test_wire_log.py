"""The wire log: held back, filtered, joined by message, and aware of messages and TLS passing by."""

import pytest

from termail.agent.messages import WireLine
from termail.classroom.event import Event
from termail.classroom.wire_line import Spoken, spoken_here, spoken_there
from termail.classroom.wire_log import KEPT_LINES, MINE, WireFilter, WireLog


def line(text: str, **values: object) -> Spoken:
    known = {"time": 1.0, "place": "work", "protocol": "smtp", "direction": "C", "is_ours": True} | values
    return Spoken(text=text, **known)  # type: ignore[arg-type]


def log_of(*lines: Spoken) -> WireLog:
    log = WireLog()
    for entry in lines:
        log.add(entry)
    return log


def texts(log: WireLog) -> list[str]:
    return [entry.text for entry in log.shown()]


def test_what_is_said_during_a_pause_waits_and_none_is_lost() -> None:
    log = WireLog()
    assert log.add(line("1"))
    log.toggle_pause()
    assert not log.add(line("2"))
    assert not log.add(line("3"))
    assert log.step()
    assert texts(log) == ["1", "2"]
    log.toggle_pause()
    assert texts(log) == ["1", "2", "3"]
    assert not log.step()


def test_slow_motion_lets_one_line_go_at_a_time_and_keeps_the_order_when_it_ends() -> None:
    log = WireLog()
    assert log.next_pace() > 0
    for text in "123":
        assert not log.add(line(text))
    assert log.tick()
    assert texts(log) == ["1"]
    while log.next_pace():
        pass
    assert log.add(line("4"))
    assert texts(log) == ["1", "2", "3", "4"]


def test_a_flood_forgets_the_oldest() -> None:
    log = WireLog()
    log.toggle_pause()
    for number in range(KEPT_LINES + 5):
        log.add(line(str(number)))
    assert len(log.waiting) == KEPT_LINES
    assert log.waiting[0].text == "5"


def test_the_filters_know_place_connection_agent_and_protocol() -> None:
    log = log_of(
        line("a", connection="imap-1", protocol="imap", agent="MRA"),
        line("b", connection="smtp-2", agent="LMTA"),
        line("c", place="brasilia", connection="smtp-000001", agent="MTA", is_ours=False),
    )
    assert texts(log) == ["a", "b"]
    log.only = WireFilter()
    assert texts(log) == ["a", "b", "c"]
    for only, expected in (
        (WireFilter(protocol="imap"), ["a"]),
        (WireFilter(connection=("brasilia", "smtp-000001")), ["c"]),
        (WireFilter(agent="LMTA"), ["b"]),
        (WireFilter(place="brasilia"), ["c"]),
    ):
        log.only = only
        assert texts(log) == expected


def test_whose_dialogue_goes_from_mine_over_every_host_to_everybody() -> None:
    log = log_of(line("a"), line("b", place="brasilia", is_ours=False))
    seen = [log.only.place]
    for _ in range(3):
        log.next_place(["work"])
        seen.append(log.only.place)
    assert seen == [MINE, "brasilia", "", MINE]


def test_a_message_is_followed_from_host_to_host_by_its_id_and_queue_ids() -> None:
    log = log_of(
        line("one", queue_id="Q1", message_id="<m@x>", place="a", is_ours=False),
        line("two", queue_id="Q2", message_id="<m@x>", place="b", is_ours=False),
        line("three", queue_id="Q2", place="b", is_ours=False),
        line("other", queue_id="Q3", message_id="<n@x>", place="b", is_ours=False),
    )
    for name in ("<m@x>", "m@x", "Q1"):
        log.only = WireFilter(message=name)
        assert texts(log) == ["one", "two", "three"]


def test_lines_of_a_message_are_told_from_commands() -> None:
    said = [("C", "DATA"), ("S", "354 go"), ("C", "HELP me"), ("C", "."), ("S", "250 ok"), ("C", "QUIT")]
    log = log_of(*(line(text, direction=direction, connection="smtp-1") for direction, text in said))
    assert [entry.text for entry in log.shown() if entry.is_content] == ["HELP me", "."]


@pytest.mark.parametrize(
    ("protocol", "said"),
    [
        ("imap", ["C a1 FETCH 1 BODY[]", "S * 1 FETCH (BODY[] {20}", "S From: x", "S )", "S a1 OK done"]),
        ("pop3", ["C RETR 1", "S +OK 20 octets", "S From: x", "S ", "S .", "C QUIT", "S +OK"]),
    ],
)
def test_a_message_that_is_fetched_is_told_from_answers(protocol: str, said: list[str]) -> None:
    log = log_of(*(line(text[2:], direction=text[0], protocol=protocol, connection="x") for text in said))
    assert "From: x" in [entry.text for entry in log.shown() if entry.is_content]
    assert not [
        entry for entry in log.shown() if entry.is_content and entry.text in ("a1 OK done", "QUIT", "+OK", ")")
    ]


@pytest.mark.parametrize(
    ("protocol", "command", "answer"),
    [("smtp", "STARTTLS", "220 go"), ("imap", "a1 STARTTLS", "a1 OK begin"), ("pop3", "STLS", "+OK begin")],
)
def test_after_starttls_lines_are_inside_tls(protocol: str, command: str, answer: str) -> None:
    said = [("C", command), ("S", answer), ("C", "NOOP")]
    log = log_of(*(line(text, direction=who, protocol=protocol, connection="x") for who, text in said))
    assert [entry.is_encrypted for entry in log.shown()] == [False, False, True]


def test_what_travels_replaces_what_it_carries() -> None:
    log = log_of(
        line("EHLO x"), line("MAIL FROM:<a@x>", is_encrypted=True), line("17 03 03 00 45", protocol="tls")
    )
    assert texts(log) == ["EHLO x", "MAIL FROM:<a@x>"]
    log.next_tls_view()
    assert len(texts(log)) == 3
    log.next_tls_view()
    assert texts(log) == ["EHLO x", "17 03 03 00 45"]


def test_our_own_tap_and_the_journals_of_hosts_give_the_same_kind_of_line() -> None:
    ours = spoken_here(
        WireLine(account="work", protocol="smtp", direction="C", time=2.0, text="QUIT", connection="smtp-1")
    )
    assert (ours.agent, ours.is_ours, ours.conversation) == ("LMTA", True, ("work", "smtp-1"))
    theirs = spoken_there(
        Event(time=1.0, host="h", agent="MTA", kind="wire", text="QUIT", direction="C", session="relay-000001")
    )
    assert (theirs.protocol, theirs.direction, theirs.is_ours) == ("smtp", "C", False)
    question = spoken_there(Event(time=1.0, host="h", agent="DNS", kind="asked", text="x.org MX?"))
    assert (question.protocol, question.direction, question.text) == ("dns", "C", "x.org MX?")
    happened = spoken_there(Event(time=1.0, host="h", agent="MDA", kind="delivered", text="into INBOX"))
    assert (happened.direction, happened.text) == ("", "delivered: into INBOX")
