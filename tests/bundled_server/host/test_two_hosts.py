"""Two hosts in one process that find each other by MX, on real sockets."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bundled_server.config import HostSettings, Ports
from bundled_server.dns.resolver import NotOurWorld
from bundled_server.host.errors import HostCannotStart
from bundled_server.host.folder import FolderError
from bundled_server.host.host import Host

NAMES = {"cities.org": "brasilia.cities.org", "other.test": "server.other.test"}


class SmallWorld:
    """A resolver and a port map of two hosts."""

    def __init__(self, folder: Path) -> None:
        self.hosts = {
            domain: Host(self._settings(folder, domain), resolver=self, port_of=self.port_of) for domain in NAMES
        }

    def _settings(self, folder: Path, domain: str) -> HostSettings:
        return HostSettings(
            hostname=NAMES[domain],
            domain=domain,
            data=folder / domain,
            ports=Ports(smtp=0, submission=0),
            users=(("alice", "123456"), ("bob", "123456")),
        )

    def port_of(self, hostname: str) -> int | None:
        for host in self.hosts.values():
            if host.settings.hostname == hostname:
                return host.bound_ports["smtp"]
        return None

    async def mx(self, domain: str) -> list[tuple[int, str]]:
        if domain not in NAMES:
            raise NotOurWorld(domain)
        return [(10, NAMES[domain])]

    async def addresses(self, host: str) -> list[str]:
        return ["127.0.0.1"]

    async def txt(self, name: str) -> list[str]:
        return []

    async def ptr(self, address: str) -> list[str]:
        return []


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[SmallWorld]:
    made = SmallWorld(tmp_path)
    for host in made.hosts.values():
        await host.open()
    yield made
    for host in made.hosts.values():
        await host.close()


async def relays(host: Host) -> list[tuple[str, str]]:
    """Agent and kind of the journal's events on relaying, as soon as there are some: the other host may have the
    message in a mailbox before its "250" is read here."""
    following = host.journal.follow()
    async with asyncio.timeout(60):
        while not (found := [event for event in host.journal.recent() if event.kind == "relayed"]):
            await anext(following)
    await following.aclose()
    return [(event.agent.value, event.kind) for event in found]


async def submit(host: Host, recipient: str) -> None:
    def talk() -> None:
        with smtplib.SMTP("127.0.0.1", host.bound_ports["submission"]) as client:
            client.login("alice", "123456")
            client.sendmail("alice@cities.org", [recipient], "Subject: hola\r\n\r\nHola\r\n")

    await asyncio.to_thread(talk)


async def test_mail_goes_from_one_host_to_the_other(world, arrived) -> None:
    cities, other = world.hosts["cities.org"], world.hosts["other.test"]
    await submit(cities, "bob@other.test")
    (message,) = await arrived(other, "bob")
    assert message.startswith(b"Return-Path: <alice@cities.org>\r\nDelivered-To: bob@other.test\r\n")
    assert message.count(b"Received: ") == 2
    assert await relays(cities) == [("MTA", "relayed")]


@pytest.mark.parametrize(
    ("recipient", "reason"), [("eve@other.test", b"User unknown"), ("x@far.test", b"not in this practice world")]
)
async def test_what_cannot_be_delivered_comes_back(world, recipient: str, reason: bytes, arrived) -> None:
    cities = world.hosts["cities.org"]
    await submit(cities, recipient)
    (bounce,) = await arrived(cities, "alice")
    assert b"multipart/report" in bounce
    assert reason in bounce


async def test_verdicts_that_claim_to_be_ours_are_removed_on_entry(world, arrived) -> None:
    other = world.hosts["other.test"]
    text = (
        "Authentication-Results: server.other.test; spf=pass\r\n"
        "Authentication-Results: mx.far.test; spf=pass\r\nSubject: s\r\n\r\nx\r\n"
    )

    def talk() -> None:
        with smtplib.SMTP("127.0.0.1", other.bound_ports["smtp"]) as client:
            client.sendmail("x@far.test", ["bob@other.test"], text)

    await asyncio.to_thread(talk)
    (message,) = await arrived(other, "bob")
    assert b"server.other.test; spf=pass" not in message
    assert b"mx.far.test; spf=pass" in message


async def test_a_folder_is_open_once(world, tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="in use by another server"):
        await Host(world.hosts["cities.org"].settings).open()


async def test_a_host_that_cannot_start_leaves_nothing_open(world, tmp_path: Path) -> None:
    taken = world.hosts["cities.org"].bound_ports["smtp"]
    settings = HostSettings(
        hostname="h.a.test", domain="a.test", data=tmp_path / "a", ports=Ports(imap=0, smtp=taken)
    )
    with pytest.raises(HostCannotStart, match="smtp cannot listen"):
        await Host(settings).open()
    again = Host(
        HostSettings(hostname="h.a.test", domain="a.test", data=tmp_path / "a", ports=Ports(imap=0, smtp=0))
    )
    await again.open()
    await again.close()
