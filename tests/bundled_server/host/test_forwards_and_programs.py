"""Aliases that lead to other hosts and into programs, on two hosts: senders that lead back, and bounces."""

import asyncio
import smtplib
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bundled_server.config import HostSettings, Ports
from bundled_server.host.host import Host
from bundled_server.mailbox.scripts import ScriptShelf

NAMES = {"cities.org": "brasilia.cities.org", "far.test": "mx.far.test"}
REFUSE = "import sys; sys.stdin.read(); print('not today'); sys.exit(77)"


class Pair:
    """cities.org, which forwards, and far.test, where the mail comes from and goes to."""

    def __init__(self, folder: Path) -> None:
        keep = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(sys.stdin.read())"
        self.out = folder / "out"
        more = {
            "aliases": {
                "juan": ("juan@far.test",),
                "gone": ("nobody@far.test",),
                "keep": (f"|{sys.executable} -c '{keep}' {self.out}",),
                "refuse": (f'|{sys.executable} -c "{REFUSE}"',),
            },
            "alias_pipes": True,
            "rewrites_senders": True,
        }
        self.cities = Host(self._settings(folder, "cities.org", **more), resolver=self, port_of=self._port_of)
        self.far = Host(self._settings(folder, "far.test"), resolver=self, port_of=self._port_of)

    def _settings(self, folder: Path, domain: str, **more: Any) -> HostSettings:
        return HostSettings(
            hostname=NAMES[domain],
            domain=domain,
            data=folder / domain,
            ports=Ports(smtp=0),
            users=(("bob", "123456"), ("juan", "123456")) if domain == "far.test" else (("root", "123456"),),
            **more,
        )

    def _port_of(self, hostname: str) -> int | None:
        by_name = {host.settings.hostname: host for host in (self.cities, self.far)}
        return by_name[hostname].bound_ports["smtp"] if hostname in by_name else None

    async def mx(self, domain: str) -> list[tuple[int, str]]:
        return [(10, NAMES[domain])]

    async def addresses(self, host: str) -> list[str]:
        return ["127.0.0.1"]

    async def txt(self, name: str) -> list[str]:
        return []

    async def ptr(self, address: str) -> list[str]:
        return []


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    made = Pair(tmp_path)
    async with made.far, made.cities:
        yield made


async def send(host: Host, recipient: str) -> None:
    def talk() -> None:
        with smtplib.SMTP("127.0.0.1", host.bound_ports["smtp"]) as client:
            client.sendmail("bob@far.test", [recipient], "From: bob@far.test\r\nSubject: hola\r\n\r\nHola\r\n")

    await asyncio.to_thread(talk)


async def test_forwarded_mail_leaves_with_a_sender_of_the_forwarder(pair: Pair, arrived) -> None:
    await send(pair.cities, "juan@cities.org")
    first_line = (await arrived(pair.far, "juan"))[0].partition(b"\r\n")[0]
    assert first_line.startswith(b"Return-Path: <SRS0=") and first_line.endswith(b"=far.test=bob@cities.org>")


async def test_a_script_that_redirects_does_the_same(pair: Pair, arrived) -> None:
    shelf = ScriptShelf(pair.cities.store)
    await shelf.put("root", "away", b'redirect "juan@far.test";')
    await shelf.activate("root", "away")
    await send(pair.cities, "root@cities.org")
    assert (await arrived(pair.far, "juan"))[0].startswith(b"Return-Path: <SRS0=")


async def test_what_cannot_be_forwarded_goes_back_to_the_first_sender(pair: Pair, arrived) -> None:
    await send(pair.cities, "gone@cities.org")
    (bounce,) = await arrived(pair.far, "bob")
    assert bounce.startswith(b"Return-Path: <>\r\n")
    assert b"Original-Recipient: rfc822; gone@cities.org" in bounce and b"User unknown" in bounce


async def test_nobody_relays_through_an_invented_sender(pair: Pair) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
        await send(pair.cities, "SRS0=AAAAAA=BB=far.test=juan@cities.org")
    assert b"User unknown" in caught.value.recipients["SRS0=AAAAAA=BB=far.test=juan@cities.org"][1]


async def test_a_program_gets_the_mail_of_its_alias(pair: Pair) -> None:
    await send(pair.cities, "keep@cities.org")
    following = pair.cities.journal.follow(from_recent=True)
    async with asyncio.timeout(60):
        async for event in following:
            if event.kind == "delivered":
                break
    await following.aclose()
    assert (
        "\nSubject: hola\n" in pair.out.read_text() and "Delivered-To: keep@cities.org\n" in pair.out.read_text()
    )


async def test_what_a_program_refuses_bounces_without_telling_its_name(pair: Pair, arrived) -> None:
    await send(pair.cities, "refuse@cities.org")
    (bounce,) = await arrived(pair.far, "bob")
    assert b"Final-Recipient: rfc822; refuse@cities.org" in bounce
    assert b"5.7.1" in bounce and b"not today" in bounce
    assert sys.executable.encode() not in bounce
