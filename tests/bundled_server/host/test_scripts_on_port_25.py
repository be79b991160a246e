"""Mail that comes by port 25 meets the user's script: by the short way, or refused while the sender is there."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bundled_server.config import HostSettings, Ports
from bundled_server.host.errors import HostCannotStart
from bundled_server.host.host import Host
from bundled_server.mailbox.scripts import ScriptShelf


def settings(folder: Path, **more: object) -> HostSettings:
    return HostSettings(
        hostname="mail.cities.org",
        domain="cities.org",
        data=folder,
        ports=Ports(smtp=0),
        users=(("alice", "123456"),),
        **more,  # type: ignore[arg-type]
    )


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    async with Host(settings(tmp_path / "host")) as running:
        yield running


async def activate(host: Host, script: str) -> None:
    shelf = ScriptShelf(host.store)
    await shelf.put("alice", "main", script.encode())
    await shelf.activate("alice", "main")


def send(port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.sendmail(
            "bob@other.test", ["alice@cities.org"], "To: alice@cities.org\r\nSubject: s\r\n\r\nHola\r\n"
        )


async def count(host: Host, name: str) -> int:
    mailbox = await host.store.mailbox("alice", name)
    assert mailbox is not None
    return (await host.store.status(mailbox.mailbox_id)).messages


async def test_fileinto_takes_the_short_way(host: Host) -> None:
    await activate(host, 'require "fileinto"; fileinto "Archive";')
    await asyncio.to_thread(send, host.bound_ports["smtp"])
    assert await count(host, "Archive") == 1
    assert {"passed", "sifted"} <= {event.kind for event in host.journal.recent()}


async def test_reject_is_a_550_and_no_bounce(host: Host) -> None:
    await activate(host, 'require "reject"; reject "I have moved.";')
    with pytest.raises(smtplib.SMTPDataError) as caught:
        await asyncio.to_thread(send, host.bound_ports["smtp"])
    assert caught.value.args == (550, b"5.7.1 I have moved.")
    assert await host.store.queue_items() == []
    assert await count(host, "INBOX") == 0


async def test_discard_is_accepted_and_gone(host: Host) -> None:
    await activate(host, "discard;")
    await asyncio.to_thread(send, host.bound_ports["smtp"])
    assert await count(host, "INBOX") == 0
    assert await host.store.queue_items() == []


async def test_a_vacation_reply_leaves_although_the_mail_came_by_port_25(host: Host) -> None:
    await activate(host, 'require "vacation"; vacation "Gone.";')
    await asyncio.to_thread(send, host.bound_ports["smtp"])
    async with asyncio.timeout(60):
        async for event in host.journal.follow(from_recent=True):
            if event.kind == "sifted" and "vacation reply to bob@other.test" in event.text:
                break
    assert await count(host, "INBOX") == 1


async def test_a_script_of_the_host_that_cannot_be_used_is_told_at_the_start(tmp_path: Path) -> None:
    script = tmp_path / "before.sieve"
    script.write_text("keep;\nfrobnicate;\n")
    with pytest.raises(HostCannotStart, match=r"line 2: .*frobnicate.*before\.sieve"):
        await Host(settings(tmp_path / "host", sieve_before=script)).open()
