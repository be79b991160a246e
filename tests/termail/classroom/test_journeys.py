"""A message's journey: joined from journal, outbox and taps; read from headers; drawn and exported."""

import json
from typing import Any
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace

from termail.classroom.answers import as_pretty_json
from termail.classroom.event import Event
from termail.classroom.journey.build import build_journey
from termail.classroom.journey.from_headers import journey_from_headers
from termail.classroom.journey.model import Journey, Moment, State, Station
from termail.classroom.journey.picture import picture
from termail.classroom.journey.svg import as_svg
from termail.classroom.journey.text import as_text, duration
from termail.classroom.wire_line import Spoken
from termail.model.outbox import OutboxItem, OutboxState

SENDER, RECEIVER = "server.other.test", "brasilia.cities.org"
MESSAGE_ID = "<m@other.test>"
RAW = b"""Return-Path: <bob@other.test>
X-Spam-Score: 0.4
Received: from server.other.test (using TLSv1.3 with cipher X)
 by brasilia.cities.org with ESMTPS id Q2; Sat, 22 Nov 2025 09:16:09 +0000
Received: from laptop (using TLSv1.3 with cipher X)
 by server.other.test with ESMTPSA id Q1; Sat, 22 Nov 2025 09:14:07 +0000
Authentication-Results: brasilia.cities.org; dkim=pass header.d=other.test; spf=fail smtp.mailfrom=other.test
From: Bob <bob@other.test>
To: alice@cities.org
Subject: =?utf-8?q?Ol=C3=A9?=
Message-ID: <m@other.test>

Hello Alice.
"""


def events_of_a_relay() -> list[Event]:
    def event(at: float, host: str, agent: str, kind: str, text: str, direction: str = "", **more: Any) -> Event:
        return Event(time=100 + at, host=host, agent=agent, kind=kind, text=text, direction=direction, **more)

    submission = {"session": "submission-000001", "exchange": 1}
    relay = {"session": "relay-000001", "queue_id": "Q1"}
    received = {"session": "smtp-000001", "queue_id": "Q2", "exchange": 1}
    return [
        event(0.0, SENDER, "MSA", "wire", "MAIL FROM:<bob@other.test>", "C", **submission),
        event(0.1, SENDER, "MSA", "wire", "354 go", "S", **submission),
        event(0.2, SENDER, "MSA", "wire", "Subject: hi", "C", **submission),
        event(0.3, SENDER, "MSA", "wire", ".", "C", **submission),
        event(0.4, SENDER, "MQ", "queued", "100 octets", queue_id="Q1"),
        event(0.5, SENDER, "DNS", "asked", "cities.org MX?", queue_id="Q1"),
        event(0.6, SENDER, "DNS", "answered", "cities.org MX 10 brasilia.cities.org", queue_id="Q1"),
        event(0.7, SENDER, "MTA", "wire", "MAIL FROM:<bob@other.test>", "C", **relay),
        event(0.7, RECEIVER, "MTA", "wire", "MAIL FROM:<bob@other.test>", "C", **received),
        event(0.8, SENDER, "MTA", "wire", "RCPT TO:<alice@cities.org>", "C", **relay),
        event(0.8, RECEIVER, "FILTER", "verdict", "bayes score +0.4 at data: words", **received),
        event(0.9, RECEIVER, "MDA", "handed over", "to the local delivery agent", queue_id="Q2"),
        event(1.0, RECEIVER, "MDA", "delivered", "into alice's INBOX", queue_id="Q2"),
        event(1.1, SENDER, "MTA", "relayed", "to brasilia: 250 ok", **relay),
        event(9.0, SENDER, "MTA", "wire", "QUIT", "C", **relay),
    ]


def stations(journey: Journey) -> list[Station]:
    return [moment.station for moment in journey.moments]


def moment(journey: Journey, station: Station) -> Moment:
    return next(one for one in journey.moments if one.station is station)


def test_the_journal_of_two_hosts_becomes_one_way_in_the_order_of_the_lecture() -> None:
    journey = build_journey(MESSAGE_ID, events_of_a_relay(), raw=RAW)
    assert stations(journey) == [
        Station.MSA, Station.QUEUE, Station.DNS, Station.MTA, Station.FILTERS, Station.MDA, Station.MAILBOX,
    ]  # fmt: skip
    assert journey.outcome == "delivered"
    assert (journey.sender, journey.recipients) == ("bob@other.test", ("alice@cities.org",))
    assert journey.subject == "Olé"
    transfer = moment(journey, Station.MTA)
    assert [line.text for line in transfer.lines].count("MAIL FROM:<bob@other.test>") == 1
    assert transfer.host == SENDER
    assert transfer.of("envelope") == ["MAIL FROM:<bob@other.test>", "RCPT TO:<alice@cities.org>"]
    assert transfer.took == pytest.approx(0.4)  # QUIT comes when the connection is no longer wanted
    assert moment(journey, Station.DNS).of("dns") == ["cities.org MX 10 brasilia.cities.org"]
    assert moment(journey, Station.FILTERS).of("verdict") == ["bayes score +0.4 at data: words"]


def test_every_agent_is_told_with_the_fields_it_wrote() -> None:
    journey = build_journey(MESSAGE_ID, events_of_a_relay(), raw=RAW)
    added = {one.station: [text.partition(":")[0] for text in one.of("added")] for one in journey.moments}
    assert added[Station.MSA] == ["Received"]
    assert added[Station.MTA] == ["Received"]
    assert added[Station.FILTERS] == ["X-Spam-Score", "Authentication-Results"]
    assert added[Station.MDA] == ["Return-Path"]


def test_a_copy_that_waits_for_another_host_is_not_forgotten_when_one_was_read() -> None:
    read = Event(
        time=103.0, host=RECEIVER, agent="MAA", kind="retrieved", text="UID 1", session="imap-1", exchange=5
    )
    journey = build_journey(MESSAGE_ID, [*events_of_a_relay(), read])
    assert journey.outcome == "read"
    assert moment(journey, Station.READER).began == pytest.approx(3.0)
    late = Event(time=104.0, host=RECEIVER, agent="MQ", kind="deferred", text="4.4.1", queue_id="Q3")
    journey = build_journey(MESSAGE_ID, [*events_of_a_relay(), read, late])
    assert journey.outcome == "read, others wait"
    assert [text for one in journey.moments for text in one.of("queue")][-1] == "+4.00 s deferred [Q3]: 4.4.1"


def test_mail_that_came_the_short_way_is_told_in_order_and_from_its_first_moment() -> None:
    def event(at: float, agent: str, kind: str, direction: str = "", exchange: int = 0) -> Event:
        return Event(
            time=100 + at, host=RECEIVER, agent=agent, kind=kind, text="x", session="smtp-000001",
            direction=direction, exchange=exchange, queue_id="Q2",
        )  # fmt: skip

    journey = build_journey(
        MESSAGE_ID,
        [
            event(0.0, "MTA", "wire", "C", 1),
            event(0.1, "FILTER", "judged"),
            event(0.2, "MDA", "handed over"),
            event(0.3, "MDA", "delivered"),
            event(0.4, "MQ", "passed"),
        ],
    )
    assert stations(journey) == [Station.MTA, Station.FILTERS, Station.QUEUE, Station.MDA, Station.MAILBOX]
    assert min(one.began for one in journey.moments) == 0.0


def test_our_own_side_begins_with_the_typing_and_keeps_the_times_of_the_tap() -> None:
    item = OutboxItem(
        outbox_id=1, account="bob", sender="bob@other.test", recipients=("alice@cities.org",), subject="hi",
        message_id_header=MESSAGE_ID, size_octets=100, state=OutboxState.SENT, queued=99.0, not_before=0.0,
        next_try=0.0, attempts=1, transcript=("S: 220 ready", "C: QUIT"),
    )  # fmt: skip
    heard = [
        Spoken(time=99.5 + at, place="bob", protocol="smtp", direction=who, text=text, is_ours=True, peer="h:587")
        for at, (who, text) in enumerate([("S", "220 ready"), ("C", "EHLO x")])
    ]
    journey = build_journey(MESSAGE_ID, events_of_a_relay(), item=item, spoken=heard)
    assert stations(journey)[:4] == [Station.MUA, Station.LMTA, Station.MQ, Station.MSA]
    submitted = moment(journey, Station.MSA)
    assert (submitted.agent, submitted.began, submitted.took) == ("LMTA", 0.5, 1.0)
    ahead = build_journey(MESSAGE_ID, [replace(one, time=one.time + 7200) for one in events_of_a_relay()],
                          item=item, spoken=heard, in_world=lambda moment: moment + 7200)  # fmt: skip
    assert ahead.transit == pytest.approx(journey.transit, abs=1.1)
    without_tap = build_journey(MESSAGE_ID, [], item=item)
    assert [line.text for line in moment(without_tap, Station.MSA).lines] == ["220 ready", "QUIT"]
    assert not moment(without_tap, Station.MSA).clocked


@pytest.mark.parametrize(
    ("kind", "state", "outcome"), [("deferred", State.WAITING, "waiting"), ("refused", State.FAILED, "refused")]
)
def test_a_message_that_does_not_get_on_is_shown_where_it_stands(kind: str, state: State, outcome: str) -> None:
    events = [event for event in events_of_a_relay() if event.agent not in ("MDA",) and event.kind != "relayed"]
    events.insert(-1, Event(time=101.1, host=SENDER, agent="MTA", kind=kind, text="450 later", queue_id="Q1"))
    journey = build_journey(MESSAGE_ID, events)
    assert journey.state_of(Station.MTA) is state
    assert journey.outcome == outcome


def test_mail_from_outside_tells_its_way_by_its_header() -> None:
    journey = journey_from_headers(RAW)
    assert stations(journey) == [
        Station.MUA, Station.MSA, Station.MTA, Station.FILTERS, Station.MDA, Station.MAILBOX,
    ]  # fmt: skip
    assert journey.source == "headers"
    assert moment(journey, Station.MSA).host == "laptop → server.other.test"
    assert "signed in" in moment(journey, Station.MSA).of("note")[0]
    assert moment(journey, Station.MTA).took == pytest.approx(122)
    assert "it lay here or on the way for 122 s" in moment(journey, Station.MTA).of("note")
    assert any("dkim pass other.test" in text for text in moment(journey, Station.FILTERS).of("verdict"))
    assert moment(journey, Station.FILTERS).state is State.WAITING  # SPF failed
    assert journey_from_headers(b"From: a@x\n\n").moments == ()


def test_the_picture_lights_what_was_reached_and_frames_the_chosen_box() -> None:
    journey = build_journey(MESSAGE_ID, events_of_a_relay())
    rows = picture(journey, 80, chosen=Station.MTA)
    text = ["".join(text for text, _ in row) for row in rows]
    assert all(len(line) == 80 for line in text)
    assert "┏━━━━━┓" in text[1]
    assert "spam +0.4" in text[7]
    roles = {run: role for row in rows for run, role in row}
    assert roles["[mailbox]"] == "ok"
    assert roles["[browser]"] == "faint"
    assert len("".join(text for text, _ in picture(journey, 200)[1])) == 200


def test_the_exports_are_well_formed_and_hide_nothing_dangerous() -> None:
    hostile = build_journey(
        "<\x1b]0;x\x07&@x>", events_of_a_relay(), raw=RAW.replace(b"=?utf-8?q?Ol=C3=A9?=", b"<b>&")
    )
    svg = as_svg(hostile)
    ElementTree.fromstring(svg)
    assert "\x1b" not in svg
    assert "&lt;b&gt;&amp;" in svg
    assert "\x1b" not in "\n".join(as_text(hostile))
    told = json.loads(as_pretty_json(hostile))
    assert told["moments"][0]["station"] == "msa"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0123, "12 ms"), (1.5, "1.50 s"), (600, "10 min"), (7300, "2.0 h"), (432_000, "5 days")],
)
def test_durations_are_said_in_the_unit_people_use(seconds: float, words: str) -> None:
    assert duration(seconds) == words
