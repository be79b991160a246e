"""Logins by a passwd file, by OAuth 2.0 tokens and by app passwords, on the sockets of a running host."""

import asyncio
import base64
import imaplib
import poplib
import smtplib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from bundled_server.auth.passwords import Cost, hash_password
from bundled_server.auth_config import Ldap, OAuth2, PasswdFile, StoreUsers
from bundled_server.config import HostSettings, Limits, Ports
from bundled_server.host.errors import HostCannotStart
from bundled_server.host.host import Host

TOKENS = {
    "good": {"active": True, "username": "marta@cities.org", "scope": "openid mail"},
    "expired": {"active": False},
    "narrow": {"active": True, "username": "marta", "scope": "openid"},
    "foreign": {"active": True, "username": "marta@other.test", "scope": "mail"},
    "strange": {"active": "yes", "username": "marta", "scope": "mail"},
    "odd": {"active": True, "username": "../etc", "scope": "mail"},
}


class TokenServer:
    """An authorisation server that can be out of order."""

    def __init__(self) -> None:
        self.is_broken = False
        self.port = 0
        self.asked: list[tuple[str, str]] = []

    async def introspect(self, request: web.Request) -> web.Response:
        form = await request.post()
        self.asked.append((request.headers["Authorization"], str(form["token"])))
        if self.is_broken:
            return web.Response(status=502)
        return web.json_response(TOKENS.get(str(form["token"]), {"active": False}))


@pytest.fixture
async def token_server() -> AsyncIterator[TokenServer]:
    server = TokenServer()
    application = web.Application()
    application.add_routes([web.post("/introspect", server.introspect)])
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.port = runner.addresses[0][1]
    yield server
    await runner.cleanup()


@pytest.fixture
async def host(tmp_path: Path, token_server: TokenServer) -> AsyncIterator[Host]:
    passwd, secret = tmp_path / "passwd", tmp_path / "secret"
    passwd.write_text(f"pedro:{hash_password('otra', Cost(n=16, iterations=1))}\n")
    passwd.chmod(0o600)
    secret.write_text("client-secret\n")
    url = f"http://127.0.0.1:{token_server.port}/introspect"
    settings = HostSettings(
        hostname="mx.cities.org",
        domain="cities.org",
        data=tmp_path / "host",
        ports=Ports(smtp=0, submission=0, imap=0, pop3=0),
        users=(("alice", "123456"),),
        auth=(StoreUsers(), PasswdFile(path=passwd)),
        oauth2=OAuth2(introspection_url=url, client_id="mail", client_secret_file=secret, scope="mail"),
    )
    async with Host(settings) as running:
        yield running


def imap(port: int, user: str, password: str) -> None:
    with imaplib.IMAP4("127.0.0.1", port) as client:
        client.login(user, password)
        assert client.select("INBOX")[0] == "OK"


def pop3(port: int, user: str, password: str) -> None:
    client = poplib.POP3("127.0.0.1", port, timeout=60)
    client.user(user)
    client.pass_(password)
    client.quit()


def submission(port: int, user: str, password: str) -> None:
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.login(user, password)


LOGINS = {"imap": imap, "pop3": pop3, "submission": submission}


async def logs_in(host: Host, user: str, password: str) -> None:
    for service, log_in in LOGINS.items():
        await asyncio.to_thread(log_in, host.bound_ports[service], user, password)


def by_token(port: int, user: str, token: str, mechanism: str = "XOAUTH2") -> str:
    """The server's words for a login by IMAP."""
    with imaplib.IMAP4("127.0.0.1", port) as client:
        assert f"AUTH={mechanism}" in client.capabilities
        answers = iter([f"user={user}\x01auth=Bearer {token}\x01\x01".encode(), b""])
        try:
            client.authenticate(mechanism, lambda _: next(answers))
        except imaplib.IMAP4.error as refused:
            return str(refused)
        client.select("INBOX")
        return client.state


async def test_a_user_of_the_passwd_file_logs_in_everywhere(host: Host) -> None:
    await logs_in(host, "pedro", "otra")
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        await asyncio.to_thread(imap, host.bound_ports["imap"], "pedro", "wrong")


async def test_an_app_password_opens_every_door_and_none_when_it_is_revoked(host: Host) -> None:
    answer = await host.clerks["user"].answer("create", {"user": "alice", "name": "phone"})
    await logs_in(host, "alice", answer["password"])
    await host.clerks["user"].answer("revoke", {"user": "alice", "name": "phone"})
    with pytest.raises(imaplib.IMAP4.error):
        await asyncio.to_thread(imap, host.bound_ports["imap"], "alice", answer["password"])
    await logs_in(host, "alice", "123456")


async def test_a_good_token_logs_in_and_brings_the_mailbox(host: Host, token_server: TokenServer) -> None:
    assert await host.store.mailboxes("marta") == []
    assert await asyncio.to_thread(by_token, host.bound_ports["imap"], "marta", "good") == "SELECTED"
    assert await host.directory.external_source("marta") == "oauth2"
    asked = "Basic " + base64.b64encode(b"mail:client-secret").decode()
    assert token_server.asked == [(asked, "good")]


@pytest.mark.parametrize(
    ("user", "token"),
    [
        ("marta", "expired"),
        ("marta", "unknown"),
        ("marta", "narrow"),
        ("marta", "foreign"),
        ("marta", "strange"),
        ("alice", "good"),
        ("../etc", "odd"),
    ],
)
async def test_other_tokens_do_not(host: Host, user: str, token: str) -> None:
    words = await asyncio.to_thread(by_token, host.bound_ports["imap"], user, token)
    assert "AUTHENTICATIONFAILED" in words
    assert await host.directory.names() == ["alice"]


async def test_a_token_server_out_of_order_is_told_as_that(host: Host, token_server: TokenServer) -> None:
    token_server.is_broken = True
    words = await asyncio.to_thread(by_token, host.bound_ports["imap"], "marta", "good")
    assert "UNAVAILABLE" in words
    with pytest.raises(smtplib.SMTPResponseException) as refused:
        await asyncio.to_thread(submits_by_token, host.bound_ports["submission"], "marta", "good")
    assert (refused.value.smtp_code, refused.value.smtp_error[:5]) == (454, b"4.7.0")
    token_server.is_broken = False
    assert await asyncio.to_thread(by_token, host.bound_ports["imap"], "marta", "good") == "SELECTED"


def submits_by_token(port: int, user: str, token: str) -> None:
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.ehlo()
        client.auth("XOAUTH2", lambda _=None: f"user={user}\x01auth=Bearer {token}\x01\x01")


async def test_guesses_are_braked_for_every_back_end_alike_and_outages_are_no_guesses(
    tmp_path: Path, token_server: TokenServer
) -> None:
    passwd, secret = tmp_path / "passwd", tmp_path / "secret"
    passwd.write_text(f"pedro:{hash_password('otra', Cost(n=16, iterations=1))}\n")
    secret.write_text("x")
    url = f"http://127.0.0.1:{token_server.port}/introspect"
    settings = HostSettings(
        hostname="mx.cities.org",
        domain="cities.org",
        data=tmp_path / "host",
        ports=Ports(imap=0),
        users=(("alice", "123456"),),
        auth=(StoreUsers(), PasswdFile(path=passwd)),
        oauth2=OAuth2(introspection_url=url, client_id="mail", client_secret_file=secret),
        limits=Limits(login_failures_per_minute=1),
    )
    async with Host(settings) as host:
        port = host.bound_ports["imap"]
        token_server.is_broken = True
        for _ in range(3):
            assert "UNAVAILABLE" in await asyncio.to_thread(by_token, port, "marta", "good")
        token_server.is_broken = False
        assert await asyncio.to_thread(by_token, port, "marta", "good") == "SELECTED"
        words = await asyncio.to_thread(refused, port, "pedro", "wrong")
        assert "AUTHENTICATIONFAILED" in words
        assert "too many failures" in await asyncio.to_thread(refused, port, "pedro", "otra")
        assert "too many failures" in await asyncio.to_thread(refused, port, "alice", "123456")
        assert "too many failures" in await asyncio.to_thread(by_token, port, "marta", "good")


def refused(port: int, user: str, password: str) -> str:
    """The words of a login that is refused."""
    with pytest.raises(imaplib.IMAP4.error) as refusal:
        imap(port, user, password)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (Ldap(url="http://x", base="o=x"), "is no LDAP server"),
        (Ldap(url="ldap://ldap.test", base="o=x", start_tls=False), "in the clear"),
        (Ldap(url="ldaps://x", base="o=x", filter="(uid=alice)"), "has no {user}"),
        (PasswdFile(path=Path("/nonexistent/passwd")), "No such file"),
    ],
)
async def test_settings_that_cannot_work_stop_the_host_with_a_reason(
    tmp_path: Path, settings: Ldap | PasswdFile, words: str
) -> None:
    whole = HostSettings(hostname="mx.cities.org", domain="cities.org", data=tmp_path, auth=(settings,))
    with pytest.raises(HostCannotStart) as fault:
        await Host(whole).open()
    assert words in str(fault.value)


async def test_a_wrong_password_and_an_unknown_user_look_the_same_at_every_door(host: Host) -> None:
    port = host.bound_ports["imap"]
    words = {await asyncio.to_thread(refused, port, user, "wrong") for user in ("alice", "pedro", "nobody")}
    assert len(words) == 1
