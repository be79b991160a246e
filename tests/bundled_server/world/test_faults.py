"""Everything that can go wrong in the world does so when it is told to, and is right again afterwards."""

import asyncio
import smtplib
import socket
from imaplib import IMAP4
from poplib import POP3, error_proto

import pytest

from bundled_server.dns.resolver import DnsResolver, NoSuchDomain, ResolutionFailed
from bundled_server.world.faults.fault import KINDS, BadFault, Fault
from bundled_server.world.mailboxes import HostIsDown, Mailboxes, NewMail

SERVER, BRASILIA = "server.other.test", "brasilia.cities.org"
TO_BOB = NewMail(to=["bob@other.test"], sender="alice@cities.org", subject="Hello", text="x\n")


def _stranger(world, talk) -> object:
    """What `talk` finds out as a stranger on port 25 of bob's host."""

    def run() -> object:
        with smtplib.SMTP("127.0.0.1", world.hosts["other.test"].bound_ports["smtp"], timeout=60) as client:
            return talk(client)

    return asyncio.to_thread(run)


def _to_data(client: smtplib.SMTP, stage: str) -> tuple[int, bytes]:
    """Go as far as the stage and answer its reply."""
    replies = {"helo": client.helo("stranger.example")}
    if stage != "helo":
        replies["mail"] = client.mail("s@stranger.example")
        replies["rcpt"] = client.rcpt("bob@other.test")
        if stage == "data":
            replies["data"] = client.docmd("DATA")
            if replies["data"][0] == 354:
                client.docmd(".")
        elif stage == "end-of-data":
            replies["end-of-data"] = client.data(b"Subject: x\r\n\r\nx\r\n")
    return replies[stage]


@pytest.mark.parametrize("stage", ["helo", "mail", "rcpt", "data", "end-of-data"])
async def test_every_stage_of_smtp_can_be_refused(world, stage: str) -> None:
    parameters = {"stage": stage, "code": 451, "text": "4.7.0 not in this weather"}
    fault = await world.faults.set(Fault("smtp-reply", "other.test", parameters))
    code, text = await _stranger(world, lambda client: _to_data(client, stage))
    assert (code, text) == (451, b"4.7.0 not in this weather")
    await world.faults.clear(fault.key)
    code, _ = await _stranger(world, lambda client: _to_data(client, stage))
    assert code < 400


async def test_a_host_may_refuse_to_greet(world) -> None:
    await world.faults.set(Fault("smtp-reply", SERVER, {"stage": "connect", "code": 554, "text": "no"}))
    with pytest.raises(smtplib.SMTPConnectError) as refusal:
        await _stranger(world, lambda client: client.noop())
    assert refusal.value.smtp_code == 554


async def test_a_fault_that_strikes_twice_is_over_then_and_the_mail_arrives(world, happened) -> None:
    await world.faults.set(Fault("smtp-reply", SERVER, {"stage": "mail", "code": 421, "times": 2}))
    mailboxes = Mailboxes(world)
    await mailboxes.send(TO_BOB)
    for number in (1, 2):
        await happened(world, lambda event: event.kind == "deferred", times=number)
        world.clock.advance(600)
    assert (await mailboxes.wait("bob@other.test", {"subject": "hello"})) is not None
    assert world.faults.active() == ()
    strikes = [event for event in world.journal.recent() if event.kind == "struck"]
    assert [event.text for event in strikes] == ["smtp-reply:server.other.test:smtp:mail: mail on smtp"] * 2


async def test_a_connection_that_breaks_in_data_loses_nothing_and_doubles_nothing(world, happened) -> None:
    await world.faults.set(Fault("smtp-disconnect", SERVER, {"octets": 10, "times": 1}))
    mailboxes = Mailboxes(world)
    await mailboxes.send(TO_BOB)
    await happened(world, lambda event: event.kind == "deferred")
    world.clock.advance(600)
    await mailboxes.wait("bob@other.test", {"subject": "hello"})
    assert len(await mailboxes.messages("bob@other.test")) == 1


@pytest.mark.parametrize("name", ["host-down", "mx-down"])
async def test_mail_waits_for_a_host_that_is_away(world, happened, name: str) -> None:
    await world.faults.set(Fault(name, SERVER))
    mailboxes = Mailboxes(world)
    await mailboxes.send(TO_BOB)
    deferred = await happened(world, lambda event: event.kind == "deferred")
    assert "4.4.1" in deferred.text
    if name == "host-down":
        with pytest.raises(HostIsDown):
            await mailboxes.messages("bob@other.test")
    ports = dict(world.hosts["other.test"].bound_ports)
    await world.faults.clear_all()
    assert world.hosts["other.test"].bound_ports == ports
    world.clock.advance(600)
    assert await mailboxes.wait("bob@other.test", {})


async def test_five_days_without_the_other_host_end_in_a_bounce(world) -> None:
    await world.faults.set(Fault("host-down", SERVER))
    mailboxes = Mailboxes(world)
    await mailboxes.send(TO_BOB)
    world.clock.set_factor(300_000)
    bounce = await mailboxes.wait("alice@cities.org", {"subject": "undeliver"}, seconds=60)
    assert bounce is not None
    assert await world.hosts["cities.org"].store.queue_items() == []


async def test_the_name_server_fails_denies_or_keeps_silent(world) -> None:
    patient = DnsResolver([world.name_server])
    hasty = DnsResolver([world.name_server], timeout_seconds=0.2)
    for name, failure in (
        ("dns-servfail", ResolutionFailed),
        ("dns-timeout", ResolutionFailed),
        ("dns-nxdomain", NoSuchDomain),
    ):
        fault = await world.faults.set(Fault(name, "other.test"))
        patient.forget()
        with pytest.raises(failure):
            await (hasty if name == "dns-timeout" else patient).addresses(SERVER)
        assert await patient.mx("cities.org")
        await world.faults.clear(fault.key)
        patient.forget()
        assert await patient.mx("other.test") == [(10, SERVER)]


async def test_a_full_mailbox_takes_nothing_from_outside_or_inside_and_the_others_do(world, happened) -> None:
    await world.faults.set(Fault("mailbox-full", "Bob@other.test"))
    code, text = await _stranger(world, lambda client: _to_data(client, "rcpt"))
    assert (code, text[:5]) == (452, b"4.2.2")
    await world.faults.clear_all()
    await world.faults.set(Fault("mailbox-full", "juan@cities.org"))
    mailboxes = Mailboxes(world)
    both = ["juan@cities.org", "root@cities.org"]
    await mailboxes.send(NewMail(to=both, sender="alice@cities.org", subject="Both", text="x\n"))
    deferred = await happened(world, lambda event: event.kind == "deferred")
    assert "juan@cities.org" in deferred.text and "4.2.2" in deferred.text
    assert await mailboxes.wait("root@cities.org", {"subject": "both"})
    assert await mailboxes.messages("juan@cities.org") == []
    await world.faults.clear_all()
    world.clock.advance(600)
    assert await mailboxes.wait("juan@cities.org", {"subject": "both"})
    assert len(await mailboxes.messages("root@cities.org")) == 1


async def test_logins_fail_on_the_port_that_is_named(world) -> None:
    await world.faults.set(Fault("login-refused", BRASILIA, {"service": "imap"}))
    ports = world.hosts["cities.org"].bound_ports

    def by_imap() -> None:
        with IMAP4("127.0.0.1", ports["imap"]) as client:
            client.login("alice", "123456")

    def by_pop() -> bytes:
        client = POP3("127.0.0.1", ports["pop3"], timeout=60)
        try:
            client.user("alice")
            return client.pass_("123456")
        finally:
            client.close()

    def by_submission() -> tuple[int, bytes]:
        with smtplib.SMTP("127.0.0.1", ports["submission"], timeout=60) as client:
            return client.login("alice", "123456")

    with pytest.raises(IMAP4.error, match="every login fails"):
        await asyncio.to_thread(by_imap)
    assert (await asyncio.to_thread(by_pop)).startswith(b"+OK")
    assert (await asyncio.to_thread(by_submission))[0] == 235
    await world.faults.clear_all()
    await world.faults.set(Fault("login-refused", BRASILIA))
    with pytest.raises(error_proto, match="every login fails"):
        await asyncio.to_thread(by_pop)
    with pytest.raises(smtplib.SMTPAuthenticationError):
        await asyncio.to_thread(by_submission)


async def test_a_slow_host_thinks_before_it_answers(world) -> None:
    await world.faults.set(Fault("host-slow", SERVER, {"seconds": 0.2, "service": "smtp"}))
    loop = asyncio.get_running_loop()
    began = loop.time()
    await _stranger(world, lambda client: client.noop())
    assert loop.time() - began >= 0.4  # greeting and NOOP


async def test_a_greylist_lets_in_who_comes_back(world) -> None:
    await world.faults.set(Fault("greylist", SERVER))
    assert (await _stranger(world, lambda client: _to_data(client, "rcpt")))[0] == 451
    await world.faults.set(Fault("host-down", SERVER))
    await world.faults.clear("host-down:server.other.test")
    world.clock.advance(50)
    assert (await _stranger(world, lambda client: _to_data(client, "rcpt")))[0] == 451
    world.clock.advance(20)
    assert (await _stranger(world, lambda client: _to_data(client, "rcpt")))[0] == 250
    await world.faults.clear_all()
    assert (await _stranger(world, lambda client: client.docmd("MAIL FROM:<new@stranger.example>")))[0] != 451


EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*\n"


async def test_without_its_virus_scanner_a_host_takes_no_mail_and_loses_none(world, happened) -> None:
    mailboxes = Mailboxes(world)
    await world.faults.set(Fault("clamd-down", SERVER))
    await mailboxes.send(TO_BOB)
    deferred = await happened(world, lambda event: event.kind == "deferred")
    assert "4.7.1" in deferred.text or "4.3" in deferred.text
    await world.faults.clear_all()
    world.clock.advance(600)
    assert await mailboxes.wait("bob@other.test", {"subject": "hello"})
    await mailboxes.send(NewMail(to=["bob@other.test"], sender="alice@cities.org", subject="V", text=EICAR))
    refused = await happened(world, lambda event: event.kind == "refused" and event.agent.value == "MQ")
    assert "eicar" in refused.text.lower()


async def test_a_listed_peer_stands_on_the_block_list(world) -> None:
    resolver = DnsResolver([world.name_server])
    fault = await world.faults.set(Fault("dnsbl-listed", "127.0.0.66"))
    assert await resolver.addresses("66.0.0.127.dnsbl.practice.test") == ["127.0.0.2"]
    await world.faults.clear(fault.key)
    resolver.forget()
    with pytest.raises(NoSuchDomain):
        await resolver.addresses("66.0.0.127.dnsbl.practice.test")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault("earthquake", SERVER), "choose one of host-down"),
        (Fault("host-down", "nowhere.example"), "there is brasilia.cities.org, server.other.test"),
        (Fault("smtp-reply", SERVER, {"stage": "quit"}), "one of connect, helo"),
        (Fault("smtp-reply", SERVER, {"code": 250}), "400 to 599"),
        (Fault("smtp-reply", SERVER, {"code": "many"}), "is a number"),
        (Fault("host-slow", SERVER, {"seconds": -1}), "negative"),
        (Fault("host-down", SERVER, {"hard": 1}), "it takes none"),
        (Fault("dnsbl-listed", "bob"), "IPv4 address"),
        (Fault("mailbox-full", " "), "wants a target"),
    ],
)
async def test_a_fault_that_cannot_be_says_what_can(world, fault: Fault, words: str) -> None:
    with pytest.raises(BadFault, match=words):
        await world.faults.set(fault)
    assert world.faults.active() == ()


async def test_faults_over_http(world, api) -> None:
    kinds = await api.call("GET", "/world/faults/kinds")
    assert [kind["name"] for kind in kinds] == list(KINDS)
    fault = await api.call("POST", "/world/faults", {"name": "mx-down", "target": "other.test"})
    assert fault["key"] == "mx-down:server.other.test"
    assert await api.call("GET", "/world/faults") == [fault]
    assert "no such" not in str(await api.call("DELETE", f"/world/faults/{fault['key']}"))
    assert await api.call("GET", "/world/faults") == []
    assert "choose one of" in (await api.call("POST", "/world/faults", {"name": "x", "target": "y"}))["error"]
    assert "error" in await api.call("DELETE", "/world/faults/x")
    told = [event["text"] for event in await api.call("GET", "/world/journal", host="world")]
    assert told[-2:] == ["mx-down server.other.test", "mx-down server.other.test"]


async def test_a_host_that_is_down_keeps_its_ports_from_others(world) -> None:
    port = world.hosts["other.test"].bound_ports["smtp"]
    await world.faults.set(Fault("host-down", SERVER))
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionRefusedError):
            other.connect(("127.0.0.1", port))
    with pytest.raises(OSError, match="in use"), socket.socket() as thief:
        thief.bind(("127.0.0.1", port))
    await world.faults.clear("host-down:server.other.test")
    assert world.hosts["other.test"].bound_ports["smtp"] == port
