"""The relay from host to host as the journal tells it, held against every octet a proxy between them carried."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bundled_server.journal import Event
from bundled_server.world.journey import journey_of
from bundled_server.world.mail.letter import Letter
from bundled_server.world.world import World

RAW = (
    b"From: alice@cities.org\r\nTo: bob@other.test\r\nSubject: The way\r\n"
    b"Message-ID: <way@cities.org>\r\n\r\nhello\r\n.dot\r\n"
)
PLACE = "server.other.test"


class WorldWithADetour(World):
    """Who wants to relay to a host of `through` is sent to another port."""

    through: dict[str, int]

    def port_of(self, hostname: str) -> int | None:
        return self.through.get(hostname) or super().port_of(hostname)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[WorldWithADetour]:
    opened = WorldWithADetour(tmp_path / "world", sample_mail=False)
    opened.through = {}
    async with opened:
        yield opened


async def _until_carried(proxy: Any, direction: str, octets: int) -> bytes:
    """What the proxy carried in one direction, as soon as it is that much (the journal hears of it first)."""
    async with asyncio.timeout(30):
        while len(carried := proxy.sent if direction == "C" else proxy.received) < octets:
            await asyncio.sleep(0)
    return bytes(carried)


def _said(events: list[Event], direction: str) -> list[str]:
    return [event.text for event in events if event.kind == "wire" and event.direction == direction]


async def test_every_octet_of_the_relay_is_in_the_journal_of_the_host_that_takes_it(
    world: WorldWithADetour, proxied: Any, happened: Any
) -> None:
    proxy = await proxied(world.hosts["other.test"].bound_ports["smtp"])
    world.through[PLACE] = proxy.port
    await world.postman().carry([Letter("alice@cities.org", "alice@cities.org", ("bob@other.test",), RAW)])
    await happened(world, lambda event: event.kind == "relayed")
    events = [event for event in world.journal.recent() if event.host == PLACE and event.session[:5] == "smtp-"]
    for direction in "CS":
        ours = [event for event in events if event.direction == direction]
        packets = [event for event in ours if event.kind == "packet"]
        clear = [event for event in ours if event.kind == "wire" and not event.tls]
        carried = await _until_carried(proxy, direction, sum(event.octets for event in clear + packets))
        assert sum(event.octets for event in clear + packets) == len(carried)
        start = sum(event.octets for event in clear)
        assert carried[:start] == b"".join(event.text.encode() + b"\r\n" for event in clear)
        for event in packets:
            shown = bytes.fromhex(event.text.rpartition(": ")[2].removesuffix(" …"))
            assert carried[start : start + len(shown)] == shown
            start += event.octets
    assert b"MAIL FROM" not in proxy.sent, "hosts of the world relay by STARTTLS"


async def test_both_ends_of_the_relay_tell_the_same_dialogue(
    world: WorldWithADetour, proxied: Any, happened: Any
) -> None:
    proxy = await proxied(world.hosts["other.test"].bound_ports["smtp"])
    world.through[PLACE] = proxy.port
    await world.postman().carry([Letter("alice@cities.org", "alice@cities.org", ("bob@other.test",), RAW)])
    await happened(world, lambda event: event.kind == "relayed")
    journey = journey_of(world.journal.recent(), "way@cities.org")
    taking = [event for event in journey if event.host == PLACE and event.session.startswith("smtp-")]
    giving = [event for event in journey if event.session.startswith("relay-")]
    for words in ("MAIL FROM", "RCPT TO", "DATA"):
        told = [[text for text in _said(side, "C") if text.startswith(words)] for side in (giving, taking)]
        assert told[0] and told[0] == told[1]
    answers = [text for text in _said(taking, "S") if text.startswith(("250 2.1", "354", "250 2.0.0"))]
    assert answers and set(answers) <= set(_said(giving, "S"))
