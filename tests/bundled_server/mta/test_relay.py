"""The relay against our own listener and against scripted hosts, on real sockets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bundled_server.courier import Outcome, Verdict
from bundled_server.envelope import Envelope, Recipient
from bundled_server.journal import Journal
from bundled_server.mta.policy import TransferPolicy
from bundled_server.mta.relay import Relay
from bundled_server.mta.relay_connection import Timeouts
from bundled_server.mta.routing import Router
from bundled_server.net.listener import Listener
from bundled_server.net.tls import make_self_signed, server_context
from bundled_server.smtp_session import SmtpServices, smtp_sessions

ALICE = Recipient("alice@cities.org")
MESSAGE = b"Message-ID: <1@other.test>\r\nSubject: x\r\n\r\n.dot\r\nbody\r\n"
QUICK = Timeouts(connect=2, command=0.3, data=0.3)


class OneWorld:
    """Every domain is served by the hosts given, in this order, all on 127.0.0.1."""

    def __init__(self, *hosts: str) -> None:
        self.hosts = hosts

    async def mx(self, domain: str) -> list[tuple[int, str]]:
        return [(number, host) for number, host in enumerate(self.hosts)]

    async def addresses(self, host: str) -> list[str]:
        return ["127.0.0.1"]

    async def txt(self, name: str) -> list[str]:
        return []

    async def ptr(self, address: str) -> list[str]:
        return []


class Sender:
    """A relay, its journal, and the ports of its world."""

    def __init__(self, **ports: int) -> None:
        self.journal = Journal("server.other.test", lambda: 0.0)
        router = Router(resolver=OneWorld(*ports), hostname="server.other.test", port_of=ports.get)
        self.relay = Relay(
            hostname="server.other.test", router=router, journal=self.journal, journal_wire=True, timeouts=QUICK
        )

    async def send(self, *recipients: Recipient, message: bytes = MESSAGE, **wishes: object) -> list[Outcome]:
        envelope = Envelope("bob@other.test", recipients, **wishes)  # type: ignore[arg-type]
        return await self.relay.deliver("Q1", envelope, message)

    def wire(self) -> list[str]:
        return [f"{event.direction}: {event.text}" for event in self.journal.recent() if event.kind == "wire"]


@asynccontextmanager
async def host(accepted: list[tuple[Envelope, bytes]], tls: object = None) -> AsyncIterator[Listener]:
    async def accept(envelope: Envelope, pieces: list[bytes], origin: str, queue_id: str) -> None:
        accepted.append((envelope, b"".join(pieces)))

    async def exists(local: str, domain: str) -> bool:
        return local in ("alice", "juan")

    policy = TransferPolicy(
        hostname="mx.cities.org", domains=["cities.org"], recipient_exists=exists, now=lambda: 0.0
    )
    services = SmtpServices("mx.cities.org", policy, accept, lambda: "Q1", Journal("mx", lambda: 0.0))
    async with Listener(smtp_sessions(services), name="smtp", tls=tls) as listener:  # type: ignore[arg-type]
        yield listener


@asynccontextmanager
async def scripted(*replies: str | Callable[[asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[int]:
    """A host that answers line after line from its script, then hangs up."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for number, reply in enumerate(replies):
            if number and not await reader.readline():
                break
            if isinstance(reply, str):
                writer.write(reply.encode() + b"\r\n")
            else:
                await reply(writer)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def silence(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(1)


async def test_each_recipient_has_its_own_outcome_and_one_message_arrives() -> None:
    accepted: list[tuple[Envelope, bytes]] = []
    async with host(accepted) as listener:
        sender = Sender(mx=listener.port)
        outcomes = await sender.send(ALICE, Recipient("nobody@cities.org"), Recipient("juan@cities.org"))
        await sender.relay.close()
    assert [(outcome.verdict, outcome.status) for outcome in outcomes] == [
        (Verdict.DELIVERED, "2.0.0"),
        (Verdict.REFUSED, "5.1.1"),
        (Verdict.DELIVERED, "2.0.0"),
    ]
    assert outcomes[1].text == "550 5.1.1 <nobody@cities.org>... User unknown"
    assert len(accepted) == 1 and accepted[0][1].endswith(MESSAGE)
    assert f"C: MAIL FROM:<bob@other.test> SIZE={len(MESSAGE)}" in sender.wire()
    assert sender.wire()[-2:] == ["C: QUIT", "S: 221 2.0.0 mx.cities.org closing connection"]


async def test_tls_is_used_where_offered_and_connections_are_used_again(tmp_path: Path) -> None:
    accepted: list[tuple[Envelope, bytes]] = []
    async with host(accepted, server_context(make_self_signed("mx.cities.org", tmp_path))) as listener:
        sender = Sender(mx=listener.port)
        await sender.send(ALICE)
        await sender.send(ALICE)
        assert listener.connections == 1
        await sender.relay.close()
    assert all(b" with ESMTPS " in content for _, content in accepted)
    assert sender.wire().count("C: STARTTLS") == 1
    assert sender.wire().count("C: RSET") == 1


async def test_the_next_host_is_tried_when_the_first_cannot_be_reached() -> None:
    accepted: list[tuple[Envelope, bytes]] = []
    async with host(accepted) as listener, scripted("554 go away") as rude:
        sender = Sender(dead=1, rude=rude, mx=listener.port)
        outcomes = await sender.send(ALICE)
        await sender.relay.close()
    assert outcomes[0].verdict is Verdict.DELIVERED
    assert [e.kind for e in sender.journal.recent() if e.kind == "unreachable"] == ["unreachable"] * 2


GREET = ("220 hi", "250 hi")


@pytest.mark.parametrize(
    ("replies", "verdict", "status"),
    [
        ((), Verdict.DEFERRED, "4.4.1"),
        (("220 hi",), Verdict.DEFERRED, "4.4.1"),
        (("220 hi", "502 no", "502 no"), Verdict.DEFERRED, "4.4.1"),
        ((*GREET, "451 4.7.1 greylisted"), Verdict.DEFERRED, "4.7.1"),
        ((*GREET, "550 5.7.1 not you"), Verdict.REFUSED, "5.7.1"),
        ((*GREET, "250 ok", "452 4.2.2 full"), Verdict.DEFERRED, "4.2.2"),
        ((*GREET, "250 ok", "550 no such user"), Verdict.REFUSED, "5.0.0"),
        ((*GREET, "250 ok", "550 4.1.1 odd status"), Verdict.REFUSED, "5.0.0"),
        ((*GREET, "250 ok", "250 ok", "554 no valid"), Verdict.REFUSED, "5.0.0"),
        ((*GREET, "250 ok", "250 ok", "354 go"), Verdict.DEFERRED, "4.4.2"),
        ((*GREET, "250 ok", "250 ok", "354 go", silence), Verdict.DEFERRED, "4.4.2"),
        ((*GREET, silence), Verdict.DEFERRED, "4.4.1"),
        (("220 hi", "250 hi", "nonsense"), Verdict.DEFERRED, "4.4.1"),
        (("nonsense",), Verdict.DEFERRED, "4.4.1"),
    ],
)
async def test_what_other_hosts_say_and_do(replies, verdict: Verdict, status: str) -> None:
    async with scripted(*replies) as port:
        sender = Sender(mx=port)
        (outcome,) = await sender.send(ALICE, message=b"x\r\n")
        await sender.relay.close()
    assert (outcome.verdict, outcome.status) == (verdict, status)
    assert outcome.text.isprintable()


async def test_an_old_host_is_greeted_with_helo() -> None:
    async with scripted("220 hi", "500 what", "250 hi", "250 ok", "250 ok", "354 go", "250 ok") as port:
        sender = Sender(mx=port)
        (outcome,) = await sender.send(ALICE, message=b"x\r\n")
        await sender.relay.close()
    assert "C: HELO server.other.test" in sender.wire()
    assert "C: MAIL FROM:<bob@other.test>" in sender.wire()
    assert outcome.verdict is not Verdict.REFUSED


async def test_delivery_wishes_go_on_where_they_are_known() -> None:
    async with scripted("220 hi", "250-hi\r\n250 DSN", "250 ok", "550 no") as port:
        sender = Sender(mx=port)
        wishful = Recipient("alice@cities.org", frozenset({"FAILURE", "DELAY"}), "rfc822;a=b@cities.org")
        await sender.send(wishful, dsn_return="HDRS", envelope_id="x y")
        await sender.relay.close()
    assert "C: MAIL FROM:<bob@other.test> RET=HDRS ENVID=x+20y" in sender.wire()
    assert "C: RCPT TO:<alice@cities.org> NOTIFY=DELAY,FAILURE ORCPT=rfc822;a+3Db@cities.org" in sender.wire()


NEVER = Recipient("juan@cities.org", frozenset({"NEVER"}))


async def test_a_host_that_knows_no_wishes_gets_unreported_mail_without_a_sender() -> None:
    transaction = ("250 ok", "250 ok", "354 go", "250 ok")
    async with scripted("220 hi", "250 hi", *transaction, "250 ok", *transaction, "221 bye") as port:
        sender = Sender(mx=port)
        outcomes = await sender.send(ALICE, NEVER, message=b"")
        await sender.relay.close()
    assert [outcome.recipient for outcome in outcomes] == [ALICE, NEVER]
    said = [line for line in sender.wire() if line.startswith(("C: MAIL", "C: RCPT"))]
    assert said == [
        "C: MAIL FROM:<bob@other.test>",
        "C: RCPT TO:<alice@cities.org>",
        "C: MAIL FROM:<>",
        "C: RCPT TO:<juan@cities.org>",
    ]


async def test_a_host_that_knows_the_wish_gets_the_sender_too() -> None:
    accepted: list[tuple[Envelope, bytes]] = []
    async with host(accepted) as listener:
        sender = Sender(mx=listener.port)
        await sender.send(NEVER)
        await sender.relay.close()
    ((envelope, _),) = accepted
    assert (envelope.sender, envelope.recipients) == ("bob@other.test", (NEVER,))


async def test_who_reports_success_depends_on_the_next_host() -> None:
    accepted: list[tuple[Envelope, bytes]] = []
    wishful = Recipient("alice@cities.org", frozenset({"SUCCESS"}), "utf-8;josé@cities.org")
    async with host(accepted) as listener:
        sender = Sender(mx=listener.port)
        (outcome,) = await sender.send(wishful, dsn_return="FULL", envelope_id="a+b")
        await sender.relay.close()
    assert outcome.dsn_passed_on
    assert accepted[0][0].recipients == (wishful,)
    assert (accepted[0][0].dsn_return, accepted[0][0].envelope_id) == ("FULL", "a+b")
    script = (*GREET, "250 ok", "250 ok", "354 go", *["250 ok"] * 9)
    async with scripted(*script) as port:
        sender = Sender(mx=port)
        (outcome,) = await sender.send(wishful, message=b"")
        await sender.relay.close()
    assert outcome.verdict is Verdict.DELIVERED and not outcome.dsn_passed_on


@pytest.mark.parametrize(
    ("address", "message", "verdict"),
    [
        ("josé@cities.org", MESSAGE, Verdict.REFUSED),
        ("alice@cities.org", "Subject: ñ\r\n\r\nx\r\n".encode(), Verdict.REFUSED),
        ("alice@cities.org", MESSAGE, Verdict.DEFERRED),  # it went on to RCPT: it is ASCII
    ],
)
async def test_international_mail_is_refused_to_a_host_that_does_not_know_it(address, message, verdict) -> None:
    async with scripted(*GREET, "250 ok", "450 4.2.1 later") as port:
        sender = Sender(mx=port)
        (outcome,) = await sender.send(Recipient(address), message=message, smtputf8=True)
        await sender.relay.close()
    assert outcome.verdict is verdict
    assert outcome.status == ("5.6.7" if verdict is Verdict.REFUSED else "4.2.1")


async def test_international_mail_goes_to_a_host_that_knows_it() -> None:
    async with scripted("220 hi", "250-hi\r\n250-8BITMIME\r\n250 SMTPUTF8", "250 ok", "450 4.2.1 later") as port:
        sender = Sender(mx=port)
        await sender.send(Recipient("josé@cities.org"), smtputf8=True)
        await sender.relay.close()
    assert "C: MAIL FROM:<bob@other.test> SMTPUTF8" in sender.wire()
    assert "C: RCPT TO:<josé@cities.org>" in sender.wire()


async def test_a_host_without_8bitmime_gets_seven_bits_or_nothing() -> None:
    got: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for reply in ("220 hi", "250 hi", "250 ok", "250 ok", "354 go"):
            writer.write(reply.encode() + b"\r\n")
            if reply[0] != "3":
                await reader.readline()
        got.append(await reader.readuntil(b"\r\n.\r\n"))
        writer.write(b"250 ok\r\n")
        await reader.readline()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        sender = Sender(mx=server.sockets[0].getsockname()[1])
        (outcome,) = await sender.send(ALICE, message=b"Subject: x\r\n\r\n" + "ñ\r\n".encode())
        (second,) = await sender.send(ALICE, message="Subject: ñ\r\n\r\nx\r\n".encode())
        await sender.relay.close()
    assert outcome.verdict is Verdict.DELIVERED
    assert got[0].isascii() and b"w7ENCg==" in got[0]
    assert (second.verdict, second.status) == (Verdict.REFUSED, "5.6.3")


async def test_outside_the_world_nothing_is_connected_to() -> None:
    sender = Sender()
    router = Router(resolver=OneWorld("mx.example.com"), hostname="us", port_of=lambda hostname: None)
    relay = Relay(hostname="us", router=router, journal=sender.journal)
    (outcome,) = await relay.deliver("Q1", Envelope("bob@other.test", (Recipient("x@gmail.com"),)), MESSAGE)
    assert outcome.verdict is Verdict.REFUSED
    assert outcome.text.endswith("this practice world does not send mail outside itself")


async def test_many_at_once_use_few_connections() -> None:
    accepted: list[tuple[Envelope, bytes]] = []
    async with host(accepted) as listener:
        sender = Sender(mx=listener.port)
        most = 0

        async def one() -> None:
            nonlocal most
            await sender.send(ALICE)
            most = max(most, listener.connections)

        await asyncio.gather(*(one() for _ in range(50)))
        await sender.relay.close()
    assert len(accepted) == 50 and most <= 5


async def test_a_message_that_was_possibly_delivered_is_not_tried_on_the_next_host() -> None:
    accepted: list[tuple[Envelope, bytes]] = []
    async with host(accepted) as listener, scripted(*GREET, "250 ok", "250 ok", "354 go") as first:
        sender = Sender(first=first, mx=listener.port)
        (outcome,) = await sender.send(ALICE)
        await sender.relay.close()
    assert (outcome.verdict, outcome.status, accepted) == (Verdict.DEFERRED, "4.4.2", [])


async def test_many_recipients_go_in_several_transactions_with_one_outcome_each() -> None:
    accepted: list[tuple[Envelope, bytes]] = []
    everyone = [Recipient(f"alice+{number}@cities.org") for number in range(150)]
    async with host(accepted) as listener:
        sender = Sender(mx=listener.port)
        outcomes = await sender.send(*everyone)
        await sender.relay.close()
    assert [outcome.recipient for outcome in outcomes] == everyone
    assert [len(envelope.recipients) for envelope, _ in accepted] == [100, 50]
