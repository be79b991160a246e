"""LMTP (RFC 2033) on a real port of a whole host: mail is in the mailbox when the reply comes."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bundled_server.config import HostSettings, Ports
from bundled_server.host.host import Host

TEXT = b"From: bob@other.test\r\nMessage-ID: <1@other.test>\r\nSubject: x\r\n\r\nHola\r\n"


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    settings = HostSettings(
        hostname="brasilia.cities.org",
        domain="cities.org",
        data=tmp_path / "data",
        ports=Ports(lmtp=0),
        users=(("alice", "pw"), ("juan", "pw")),
        aliases={"both": ("alice", "juan"), "outside": ("bob@other.test",), "loop": ("loop",)},
    )
    async with Host(settings) as running:
        yield running


async def inbox(host: Host, user: str) -> list[bytes]:
    mailbox = await host.store.mailbox(user, "INBOX")
    assert mailbox is not None
    index = await host.store.index(mailbox.mailbox_id)
    return [await host.store.body(content_id) for content_id in index.content_ids]


async def talk(host: Host, text: bytes, replies: int) -> list[str]:
    """Send everything at once, read that many lines, hang up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", host.bound_ports["lmtp"])
    writer.write(b"LHLO mx.test\r\n")
    async with asyncio.timeout(60):
        greeting = await reader.readline()
        while (line := await reader.readline())[3:4] == b"-":
            greeting += line
        writer.write(text)
        lines = [(await reader.readline()).decode().rstrip() for _ in range(replies)]
    writer.close()
    assert b" LMTP " in greeting and b"250-PIPELINING\r\n" in greeting and b"DSN" not in greeting
    return lines


async def test_smtplib_hands_over_and_the_mail_is_there(host: Host) -> None:
    def send() -> dict[str, tuple[int, bytes]]:
        with smtplib.LMTP("127.0.0.1", host.bound_ports["lmtp"], timeout=60) as client:
            return client.sendmail("bob@other.test", ["nobody@cities.org", "both@cities.org"], TEXT)

    refused = await asyncio.to_thread(send)
    assert [code for code, _ in refused.values()] == [550]
    (message,) = await inbox(host, "alice")
    assert message.startswith(b"Return-Path: <bob@other.test>\r\n") and message.endswith(TEXT)
    assert b" with LMTP id " in message
    assert len(await inbox(host, "juan")) == 1
    assert await host.spool.items() == []


async def test_there_is_one_reply_for_each_recipient_in_order(host: Host) -> None:
    lines = await talk(
        host,
        b"MAIL FROM:<bob@other.test>\r\nRCPT TO:<juan@cities.org>\r\nRCPT TO:<loop@cities.org>\r\n"
        b"RCPT TO:<nobody@cities.org>\r\nRCPT TO:<juan@cities.org>\r\nDATA\r\n",
        6,
    )
    assert [line[:3] for line in lines] == ["250", "250", "250", "550", "250", "354"]
    lines = await talk(
        host,
        b"MAIL FROM:<bob@other.test>\r\nRCPT TO:<juan@cities.org>\r\nRCPT TO:<loop@cities.org>\r\n"
        b"RCPT TO:<juan@cities.org>\r\nBDAT %d LAST\r\n" % len(TEXT) + TEXT + b"NOOP\r\n",
        8,
    )
    assert [line[:9] for line in lines[4:]] == ["250 2.1.5", "550 5.4.6", "250 2.1.5", "250 2.0.0"]
    assert lines[4].startswith("250 2.1.5 <juan@cities.org>... delivered (")
    assert len(await inbox(host, "juan")) == 1


async def test_a_refused_message_is_refused_to_each(host: Host) -> None:
    circles = b"Received: x\r\n" * 60 + TEXT
    lines = await talk(
        host,
        b"MAIL FROM:<>\r\nRCPT TO:<juan@cities.org>\r\nRCPT TO:<alice@cities.org>\r\n"
        b"BDAT %d LAST\r\n" % len(circles) + circles,
        5,
    )
    assert [line[:9] for line in lines[3:]] == ["554 5.4.6"] * 2


async def test_mail_that_an_alias_leads_outside_goes_into_the_queue(host: Host) -> None:
    lines = await talk(
        host, b"MAIL FROM:<a@b.test>\r\nRCPT TO:<outside@cities.org>\r\nBDAT %d LAST\r\n" % len(TEXT) + TEXT, 3
    )
    assert lines[2].startswith("250 2.1.5 ")
    assert any(event.kind == "forwarded" for event in host.journal.recent())


@pytest.mark.parametrize("command", ["HELO a.test", "EHLO a.test", "ETRN other.test"])
async def test_smtps_hello_is_unknown_here(host: Host, command: str) -> None:
    assert (await talk(host, command.encode() + b"\r\n", 1))[0].startswith("500 5.5.1 ")


async def test_nothing_is_relayed(host: Host) -> None:
    lines = await talk(host, b"MAIL FROM:<a@b.test>\r\nRCPT TO:<bob@other.test>\r\nDATA\r\n", 3)
    assert [line[:3] for line in lines] == ["250", "550", "503"]


async def test_marks_of_the_filters_before_us_stay_and_nobody_speaks_in_our_name(host: Host) -> None:
    head = (
        b"X-Spam-Flag: YES\r\nAuthentication-Results: mx.test; spf=pass\r\n"
        b"X-Spam-Verdict: brasilia.cities.org; spf pass -9.0 at mail: forged\r\n"
        b"Authentication-Results: (x) brasilia.cities.org; dkim=pass header.d=bank.test\r\n"
    )

    def send() -> None:
        with smtplib.LMTP("127.0.0.1", host.bound_ports["lmtp"], timeout=60) as client:
            client.sendmail("bob@other.test", ["alice@cities.org"], head + TEXT)

    await asyncio.to_thread(send)
    (message,) = await inbox(host, "alice")
    assert b"X-Spam-Flag: YES" in message and b"mx.test; spf=pass" in message
    assert b"forged" not in message and b"bank.test" not in message
