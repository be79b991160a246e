"""What the journal of the world tells: every dialogue of every host, and the whole journey of one message."""

import asyncio
import imaplib
import socket
import ssl
from smtplib import SMTP, SMTP_SSL
from typing import Any

import pytest

from bundled_server.journal import Agent, Event
from bundled_server.world.journey import journey_of
from bundled_server.world.mail.letter import Letter

RAW = (
    b"From: alice@cities.org\r\nTo: bob@other.test\r\nSubject: The way\r\n"
    b"Message-ID: <way@cities.org>\r\n\r\nhello\r\n"
)


async def _sent(world, happened) -> None:
    await world.postman().carry([Letter("alice@cities.org", "alice@cities.org", ("bob@other.test",), RAW)])
    await happened(world, lambda event: event.kind == "delivered")


def _lines(events, session_prefix: str) -> list[str]:
    return [
        f"{event.direction}: {event.text}"
        for event in events
        if event.kind == "wire" and event.session.startswith(session_prefix)
    ]


async def test_a_journey_holds_every_agents_part_in_order(world, retrieve, happened) -> None:
    await _sent(world, happened)
    await retrieve(world, "other.test", "bob")
    journey = journey_of(world.journal.recent(), "way@cities.org")
    assert [event.number for event in journey] == sorted(event.number for event in journey)
    submission = _lines(journey, "submission-")
    assert f"C: MAIL FROM:<alice@cities.org> size={len(RAW)}" in submission
    assert "C: AUTH PLAIN ***" in submission
    relay, received = _lines(journey, "relay-"), _lines(journey, "smtp-")
    assert "C: RCPT TO:<bob@other.test>" in relay and "C: RCPT TO:<bob@other.test>" in received
    assert "C: other.test MX?" in _lines(journey, "dns-")
    assert "S: other.test. 300 IN MX 10 server.other.test." in _lines(journey, "dns-")
    assert any(line.startswith("C: ") and "UID FETCH 1" in line for line in _lines(journey, "imap-"))
    assert not any("LOGIN" in line for line in _lines(journey, "imap-"))  # another exchange
    kinds = [event.kind for event in journey]
    order = ["queued", "asked", "answered", "handed over", "delivered", "relayed", "retrieved"]
    assert sorted(order, key=kinds.index) == order


async def test_another_message_of_the_same_session_is_another_journey(world) -> None:
    with_two = [
        Letter("alice@cities.org", "alice@cities.org", ("juan@cities.org",), RAW.replace(b"<way@", b"<one@")),
        Letter("alice@cities.org", "alice@cities.org", ("juan@cities.org",), RAW.replace(b"<way@", b"<two@")),
    ]
    await world.postman().carry(with_two)
    first = journey_of(world.journal.recent(), "<one@cities.org>")
    assert first and not any("two@cities.org" in event.text for event in first)


def test_verdicts_of_other_messages_of_the_same_connection_are_not_told() -> None:
    def event(number: int, agent: Agent, text: str, **more: Any) -> Event:
        here = {"time": float(number), "host": "brasilia", "session": "smtp-000001", "number": number}
        return Event(agent=agent, kind="said", text=text, **{**here, **more})

    def judged(number: int, text: str, queue_id: str = "") -> Event:
        return event(number, Agent.FILTER, text, queue_id=queue_id, session="smtp-000001")

    events = [
        event(1, Agent.MTA, "220 ready"),
        event(2, Agent.MTA, "MAIL FROM:<a@x>", exchange=1),
        judged(3, "of nobody, before"),
        judged(4, "other", "Q1"),
        event(5, Agent.MTA, "MAIL FROM:<b@x>", exchange=2),
        judged(6, "meanwhile"),
        judged(7, "own", "Q2"),
        event(8, Agent.MTA, "250 taken", exchange=2, queue_id="Q2", message_id="<m@x>"),
        event(9, Agent.MTA, "MAIL FROM:<c@x>", exchange=3),
        judged(10, "of nobody, after"),
        judged(11, "other", "Q3"),
    ]
    told = [event.text for event in journey_of(events, "m@x")]
    assert told == ["220 ready", "MAIL FROM:<b@x>", "meanwhile", "own", "250 taken"]


async def test_over_http_events_are_filtered_by_host_session_and_number(world, api, happened) -> None:
    await _sent(world, happened)
    events = await api.call("GET", "/world/journal", host="server.other.test", agent="mta")
    assert {event["host"] for event in events} == {"server.other.test"}
    assert all(event["tls"] == "TLSv1.3" for event in events if event["text"].startswith("MAIL FROM"))
    after = events[3]["number"]
    rest = await api.call("GET", "/world/journal", host="server.other.test", agent="mta", after=after)
    assert rest == [event for event in events if event["number"] > after]
    assert await api.call("GET", "/world/journey", message_id="way@cities.org")
    assert "error" in await api.call("GET", "/world/journey", message_id="nobody@nowhere")


@pytest.mark.parametrize("service", ["submission", "submissions"])
async def test_under_tls_the_journal_shows_what_travels_beside_what_it_carries(world, proxied, service) -> None:
    proxy = await proxied(world.hosts["cities.org"].bound_ports[service])

    def talk() -> None:
        context = ssl.create_default_context(cafile=world.authority.certificate)
        if service == "submissions":
            client = SMTP_SSL("localhost", proxy.port, context=context)
        else:
            client = SMTP("localhost", proxy.port)
            client.starttls(context=context)
        with client:
            client.login("alice", "123456")
            client.sendmail("alice@cities.org", ["juan@cities.org"], RAW)

    await proxy.run(talk)
    events = [event for event in world.journal.recent() if event.session.startswith(f"{service}-")]
    for direction, octets in (("C", proxy.sent), ("S", proxy.received)):
        ours = [event for event in events if event.direction == direction]
        packets = [event for event in ours if event.kind == "packet"]
        clear = [event for event in ours if event.kind == "wire" and not event.tls]
        assert sum(event.octets for event in clear + packets) == len(octets)
        start = sum(event.octets for event in clear)
        for event in packets:
            shown = bytes.fromhex(event.text.rpartition(": ")[2].removesuffix(" …"))
            assert octets[start : start + len(shown)] == shown
            start += event.octets
        carried = [event for event in ours if event.tls]
        assert carried and sum(event.octets for event in carried) < sum(event.octets for event in packets)
        assert b"MAIL FROM" not in octets
    assert any(event.text.startswith("application data: 17 03 03") for event in packets)


async def test_octets_of_a_dialogue_are_those_on_the_wire(world, proxied) -> None:
    """In the clear, a byte-level proxy between client and server saw exactly what the journal counts."""
    proxy = await proxied(world.hosts["other.test"].bound_ports["smtp"])

    def talk() -> None:
        with SMTP("127.0.0.1", proxy.port) as client:
            client.sendmail("a@stranger.example", ["bob@other.test"], RAW)

    await proxy.run(talk)
    events = [event for event in world.journal.recent() if event.kind == "wire" and event.session[:5] == "smtp-"]
    for direction, octets in (("C", proxy.sent), ("S", proxy.received)):
        said = [event for event in events if event.direction == direction]
        assert sum(event.octets for event in said) == len(octets)
        for event in said:
            if not event.text.startswith("…"):
                assert event.text.encode() + b"\r\n" in octets


@pytest.mark.parametrize("service", ["imap", "pop3"])
async def test_what_a_reader_is_told_is_counted_octet_for_octet(world, proxied, happened, service: str) -> None:
    await world.postman().carry([Letter("alice@cities.org", "alice@cities.org", ("juan@cities.org",), RAW)])
    await happened(world, lambda event: event.kind == "delivered")
    proxy = await proxied(world.hosts["cities.org"].bound_ports[service])
    lines = {
        "imap": [b'a1 LOGIN juan "123456"', b"a2 SELECT INBOX", b"a3 FETCH 1 (FLAGS BODY[])", b"a4 LOGOUT"],
        "pop3": [b"USER juan", b"PASS 123456", b"LIST", b"RETR 1", b"QUIT"],
    }[service]

    def talk() -> None:
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=60) as plain:
            plain.sendall(b"\r\n".join(lines) + b"\r\n")
            while plain.recv(65_536):
                pass

    await proxy.run(talk)
    events = [event for event in world.journal.recent() if event.session.startswith(service) and event.direction]
    said = [event for event in events if event.direction == "S"]
    assert sum(event.octets for event in said) == len(proxy.received)
    assert [event.text for event in said if event.text == "hello"] == ["hello"]
    asked = [event for event in events if event.direction == "C"]
    assert [event.exchange for event in asked] == list(range(1, len(lines) + 1))
    assert [event.octets for event in asked if "***" not in event.text] == [
        len(line) + 2 for line in lines if b"123456" not in line
    ]
    assert not any("123456" in event.text for event in events)


async def test_only_who_it_was_delivered_to_has_read_it_and_other_answers_are_left_out(
    world, happened, retrieve
) -> None:
    other = RAW.replace(b"<way@", b"<other@").replace(b"The way", b"Another")
    to = ("alice@cities.org", "juan@cities.org")
    await world.postman().carry([Letter(to[0], to[0], (to[1],), RAW), Letter(to[0], to[0], (to[1],), other)])
    await happened(world, lambda event: event.kind == "delivered")
    await happened(world, lambda event: event.kind == "delivered" and event.message_id.startswith("<other"))

    def fetch(user: str, *, sent: bytes = b"") -> None:
        imap = imaplib.IMAP4("127.0.0.1", world.hosts["cities.org"].bound_ports["imap"])
        imap.login(user, "123456")
        if sent:
            imap.append("INBOX", "", "", sent)
        imap.select("INBOX")
        imap.fetch("1:*", "(UID BODY.PEEK[])")
        imap.logout()

    await asyncio.to_thread(fetch, "alice", sent=RAW)  # the writer, and a copy of her own
    assert "MAA" not in {event.agent for event in journey_of(world.journal.recent(), "way@cities.org")}
    await asyncio.to_thread(fetch, "juan")
    access = [event for event in journey_of(world.journal.recent(), "way@cities.org") if event.agent == "MAA"]
    assert [event.kind for event in access if event.kind != "wire"] == ["retrieved"]
    said = [event.text for event in access if event.direction]
    assert "FETCH 1:*" in said[0] and "OK" in said[-1]
    assert "Subject: The way" in said and "Subject: Another" not in said
