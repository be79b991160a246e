"""Mail that goes where the administrator says: a smarthost that wants a login, a transport map."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bundled_server.auth.login import SaslBackEnd
from bundled_server.auth.throttle import LoginThrottle
from bundled_server.clock import SystemClock
from bundled_server.config import HostSettings
from bundled_server.courier import Outcome, Verdict
from bundled_server.dns.resolver import NoSuchDomain
from bundled_server.envelope import Envelope, Recipient
from bundled_server.journal import Journal
from bundled_server.msa.policy import SubmissionPolicy
from bundled_server.mta.outbound import make_relay
from bundled_server.net.listener import Listener
from bundled_server.net.tls import issue, make_authority, server_context
from bundled_server.smtp_session import SmtpServices, smtp_sessions

MESSAGE = b"From: us@smart.test\r\nMessage-ID: <1@a.test>\r\nSubject: x\r\n\r\nbody\r\n"
Accepted = list[tuple[Envelope, bytes]]


class Us:
    """The smarthost's only customer."""

    async def exists(self, name: str) -> bool:
        return name == "us"

    async def verify(self, name: str, password: str) -> bool:
        return (name, password) == ("us", "secret")


class Loopback:
    """Every host is this machine, and there is no MX."""

    async def mx(self, domain: str) -> list[tuple[int, str]]:
        raise NoSuchDomain(domain)

    async def addresses(self, host: str) -> list[str]:
        return ["127.0.0.1"]

    async def txt(self, name: str) -> list[str]:
        return []

    async def ptr(self, address: str) -> list[str]:
        return []


@asynccontextmanager
async def smarthost(
    accepted: Accepted, tls: ssl.SSLContext | None, *, implicit: bool = False
) -> AsyncIterator[Listener]:
    async def accept(envelope: Envelope, pieces: list[bytes], origin: str, queue_id: str) -> None:
        accepted.append((envelope, b"".join(pieces)))

    clock = SystemClock()
    policy = SubmissionPolicy(
        hostname="localhost",
        domains=["smart.test"],
        logins=SaslBackEnd(Us(), LoginThrottle(clock, 100), ["smart.test"]),
        now=clock.now,
    )
    services = SmtpServices("localhost", policy, accept, lambda: "Q1", Journal("smart", clock.now))
    sessions = smtp_sessions(services)
    async with Listener(sessions, name="smtp", tls=tls, implicit_tls=implicit) as listener:
        yield listener


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("smarthost")


@pytest.fixture(scope="module")
def good(folder: Path) -> ssl.SSLContext:
    return server_context(issue(make_authority(folder), "localhost", folder))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    other = tmp_path_factory.mktemp("stranger")
    return server_context(issue(make_authority(other), "localhost", other))


async def send(folder: Path, place: str, password: str = "secret", **settings: object) -> tuple[Outcome, Journal]:
    (folder / "password").write_text(password + "\n")
    made = HostSettings(
        hostname="a.test",
        domain="a.test",
        data=folder,
        egress="smarthost",
        smarthost=place,
        smarthost_user="us",
        smarthost_password_file=folder / "password",
        smarthost_ca=folder / "ca.pem",
        journal_wire=True,
        **settings,  # type: ignore[arg-type]
    )
    journal = Journal("a.test", lambda: 0.0)
    relay = make_relay(made, journal, Loopback(), None)
    envelope = Envelope("us@smart.test", (Recipient("bob@far.test"),))
    (outcome,) = await relay.deliver("Q", envelope, MESSAGE)
    await relay.close()
    return outcome, journal


@pytest.mark.parametrize("implicit", [False, True])
async def test_we_log_in_by_verified_tls(folder: Path, good: ssl.SSLContext, implicit: bool) -> None:
    accepted: Accepted = []
    async with smarthost(accepted, good, implicit=implicit) as listener:
        place = f"{'smtps://' if implicit else ''}localhost:{listener.port}"
        outcome, journal = await send(folder, place)
    assert outcome.verdict is Verdict.DELIVERED, outcome.text
    assert b" with ESMTPSA " in accepted[0][1]
    told = [event.text for event in journal.recent()]
    assert "AUTH PLAIN ***" in told and not any("AHVzAHNlY3JldA" in text or "secret" in text for text in told)


@pytest.mark.parametrize("implicit", [False, True])
async def test_a_strangers_certificate_gets_neither_password_nor_mail(
    folder: Path, good: ssl.SSLContext, stranger: ssl.SSLContext, implicit: bool
) -> None:
    accepted: Accepted = []
    async with smarthost(accepted, stranger, implicit=implicit) as listener:
        outcome, journal = await send(folder, f"{'smtps://' if implicit else ''}localhost:{listener.port}")
    assert (outcome.verdict, accepted) == (Verdict.DEFERRED, [])
    assert "certificate" in outcome.text.lower()
    assert not any("AUTH" in event.text for event in journal.recent() if event.direction == "C")


async def test_a_smarthost_stripped_of_starttls_gets_nothing(folder: Path, good: ssl.SSLContext) -> None:
    accepted: Accepted = []
    async with smarthost(accepted, None) as listener:
        outcome, _ = await send(folder, f"localhost:{listener.port}")
    assert (outcome.verdict, accepted) == (Verdict.DEFERRED, [])
    assert "STARTTLS" in outcome.text


async def test_a_wrong_password_defers(folder: Path, good: ssl.SSLContext) -> None:
    async with smarthost([], good) as listener:
        outcome, _ = await send(folder, f"localhost:{listener.port}", "wrong")
    assert outcome.verdict is Verdict.DEFERRED
    assert "login refused: 535" in outcome.text


async def test_a_password_is_asked_for_in_words(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = HostSettings(
        hostname="a.test", domain="a.test", data=folder, egress="smarthost", smarthost="h:1", smarthost_user="us"
    )
    monkeypatch.delenv("TERMAIL_SMARTHOST_PASSWORD", raising=False)
    with pytest.raises(OSError, match="smarthost_password_file"):
        make_relay(settings, Journal("a", lambda: 0.0), Loopback(), None)


async def test_the_transport_map_comes_first(folder: Path, good: ssl.SSLContext) -> None:
    accepted: Accepted = []
    async with smarthost(accepted, good) as listener:
        outcome, _ = await send(folder, "localhost:1", transports={"far.test": f"localhost:{listener.port}"})
    assert outcome.text.startswith("530 5.7.0"), "there we do not log in"
