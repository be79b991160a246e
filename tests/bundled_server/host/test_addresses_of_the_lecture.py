"""USER@FQDN-DOMAIN, USER@FQDN-SERVER and MACH2!MACH1!USER, from one host to another, found by real DNS."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bundled_server.config import HostSettings, Ports
from bundled_server.dns.resolver import DnsResolver
from bundled_server.dns.zone_server import Zones, ZoneServer
from bundled_server.host.host import Host

NAMES = {"cities.org": "brasilia.cities.org", "other.test": "server.other.test"}


@pytest.fixture
async def hosts(tmp_path: Path) -> AsyncIterator[dict[str, Host]]:
    zones = Zones()
    for domain, hostname in NAMES.items():
        zones.add_zone(domain)
        zones.put(domain, "MX", f"10 {hostname}.")
        zones.put(hostname, "A", "127.0.0.1")
    names = ZoneServer(zones)
    await names.open()
    made: dict[str, Host] = {}

    def port_of(hostname: str) -> int | None:
        return next(
            (host.bound_ports["smtp"] for host in made.values() if host.settings.hostname == hostname), None
        )

    for domain, hostname in NAMES.items():
        settings = HostSettings(
            hostname=hostname,
            domain=domain,
            data=tmp_path / domain,
            ports=Ports(smtp=0, submission=0),
            users=(("alice", "123456"), ("bob", "123456")),
        )
        made[domain] = Host(settings, resolver=DnsResolver([names.address]), port_of=port_of)
        await made[domain].open()
    yield made
    for host in made.values():
        await host.close()
    await names.close()


@pytest.mark.parametrize(
    "address", ["bob@other.test", "bob@server.other.test", "server.other.test!bob", "brasilia!other.test!bob"]
)
async def test_every_way_of_writing_it_finds_bob(hosts: dict[str, Host], address: str) -> None:
    def send() -> None:
        with smtplib.SMTP("127.0.0.1", hosts["cities.org"].bound_ports["submission"], timeout=60) as client:
            client.login("alice", "123456")
            client.sendmail("alice@cities.org", [address], "Subject: x\r\n\r\nHola\r\n")

    mailbox = await hosts["other.test"].store.mailbox("bob", "INBOX")
    assert mailbox is not None
    arrived = asyncio.Event()
    hosts["other.test"].store.watch(mailbox.mailbox_id, lambda _: arrived.set())
    await asyncio.to_thread(send)
    async with asyncio.timeout(60):
        await arrived.wait()
    index = await hosts["other.test"].store.index(mailbox.mailbox_id)
    message = await hosts["other.test"].store.body(index.content_ids[0])
    assert b"Delivered-To: bob@" in message and message.endswith(b"Hola\r\n")


async def test_a_host_without_mail_bounces_to_the_sender(hosts: dict[str, Host]) -> None:
    mailbox = await hosts["cities.org"].store.mailbox("alice", "INBOX")
    assert mailbox is not None
    arrived = asyncio.Event()
    hosts["cities.org"].store.watch(mailbox.mailbox_id, lambda _: arrived.set())

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", hosts["cities.org"].bound_ports["submission"], timeout=60) as client:
            client.login("alice", "123456")
            client.sendmail("alice@cities.org", ["mach2!mach1!user"], "Subject: x\r\n\r\nHola\r\n")

    await asyncio.to_thread(send)
    async with asyncio.timeout(60):
        await arrived.wait()
    index = await hosts["cities.org"].store.index(mailbox.mailbox_id)
    report = await hosts["cities.org"].store.body(index.content_ids[0])
    assert b"Final-Recipient: rfc822; mach1!user@mach2" in report
