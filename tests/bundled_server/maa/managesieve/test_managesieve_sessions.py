"""ManageSieve on real sockets: the owner's scripts, logins, limits, and what a hostile peer tries."""

import asyncio
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec
import pytest

from bundled_server.config import HostSettings, Limits, Ports, SieveLimits
from bundled_server.host.host import Host
from bundled_server.journal import Journal
from bundled_server.maa.managesieve.session import managesieve_sessions
from bundled_server.mailbox.records import Record
from bundled_server.net.listener import Listener
from tests.bundled_server.maa.conftest import Disk, OnePassword

SMALL = SieveLimits(script_octets=2000, scripts_per_user=3)
PLAIN = b64encode(b"\0alice\x00123456").decode()


class Client:
    """Sends lines, reads replies up to OK, NO or BYE."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def line(self) -> str:
        return (await asyncio.wait_for(self._reader.readline(), 10)).decode()

    async def reply(self) -> str:
        """Everything up to the line that ends a reply; "" at the end of the stream."""
        lines = []
        while line := await self.line():
            lines.append(line)
            if line.startswith(("OK", "NO", "BYE")):
                break
        return "".join(lines)

    def send(self, text: str) -> None:
        self._writer.write(text.encode())

    async def say(self, text: str) -> str:
        self.send(text + "\r\n")
        return await self.reply()

    async def put(self, name: str, script: str) -> str:
        return await self.say(f'PUTSCRIPT "{name}" {{{len(script.encode())}+}}\r\n{script}')

    async def start_tls(self, extra: bytes = b"") -> str:
        self._writer.write(b"STARTTLS\r\n" + extra)
        assert (await self.line()).startswith("OK")
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        await self._writer.start_tls(context)
        return await self.reply()

    async def close(self) -> None:
        self._writer.close()


def settings(folder: Path, **limits: object) -> HostSettings:
    return HostSettings(
        hostname="mail.cities.org",
        domain="cities.org",
        data=folder,
        ports=Ports(managesieve=0),
        users=(("alice", "123456"), ("juan", "123456")),
        journal_wire=True,
        limits=Limits(sieve=SMALL, **limits),  # type: ignore[arg-type]
    )


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    async with Host(
        settings(tmp_path / "host", login_failures_per_minute=3, connections_per_address=8)
    ) as running:
        yield running


async def connected(host: Host) -> Client:
    client = Client(*await asyncio.open_connection("127.0.0.1", host.bound_ports["managesieve"]))
    assert (await client.reply()).endswith('OK "mail.cities.org termail ManageSieve"\r\n')
    return client


async def logged_in(host: Host, user: str = "alice") -> Client:
    client = await connected(host)
    secret = b64encode(f"\0{user}\x00123456".encode()).decode()
    assert await client.say(f'AUTHENTICATE "PLAIN" "{secret}"') == 'OK "welcome"\r\n'
    return client


async def test_the_life_of_a_script(host: Host) -> None:
    alice = await logged_in(host)
    assert await alice.say('HAVESPACE "main" 100') == "OK\r\n"
    assert await alice.put("main", "keep;\r\n") == 'OK "stored"\r\n'
    assert await alice.put("é", "discard;") == 'OK "stored"\r\n'
    assert await alice.say('SETACTIVE "main"') == 'OK "active"\r\n'
    assert await alice.say("LISTSCRIPTS") == '"main" ACTIVE\r\n"é"\r\nOK\r\n'
    assert await alice.say('GETSCRIPT "main"') == "{7}\r\nkeep;\r\n\r\nOK\r\n"
    assert (await alice.say('DELETESCRIPT "main"')).startswith("NO (ACTIVE) ")
    assert (await alice.say('RENAMESCRIPT "main" "é"')).startswith("NO (ALREADYEXISTS) ")
    assert await alice.say('RENAMESCRIPT "main" "other"') == 'OK "renamed"\r\n'
    assert await alice.say("LISTSCRIPTS") == '"other" ACTIVE\r\n"é"\r\nOK\r\n'
    assert await alice.say('SETACTIVE ""') == 'OK "no script is active"\r\n'
    assert await alice.say('DELETESCRIPT "other"') == 'OK "deleted"\r\n'
    assert (await alice.say('GETSCRIPT "other"')).startswith("NO (NONEXISTENT) ")
    assert (await alice.say('SETACTIVE "other"')).startswith("NO (NONEXISTENT) ")
    assert await alice.say("LOGOUT") == 'OK "goodbye"\r\n'
    assert await alice.reply() == ""


async def test_a_wrong_script_is_refused_with_its_line_and_changes_nothing(host: Host) -> None:
    alice = await logged_in(host)
    await alice.put("main", "keep;")
    assert (await alice.put("main", "keep;\nfrobnicate;")).startswith('NO "line 2: ')
    assert await alice.say('GETSCRIPT "main"') == "{5}\r\nkeep;\r\nOK\r\n"
    assert (await alice.say("CHECKSCRIPT {8+}\r\ndiscard;")).startswith("OK ")
    assert await alice.say("LISTSCRIPTS") == '"main"\r\nOK\r\n'


async def test_limits_of_size_and_number(host: Host) -> None:
    alice = await logged_in(host)
    assert (await alice.say('HAVESPACE "main" 2001')).startswith("NO (QUOTA/MAXSIZE) ")
    assert (await alice.put("main", "#" * 2001)).startswith("NO (QUOTA/MAXSIZE) ")
    for name in ("one", "two", "three"):
        await alice.put(name, "keep;")
    assert (await alice.put("four", "keep;")).startswith("NO (QUOTA/MAXSCRIPTS) ")
    assert await alice.put("three", "discard;") == 'OK "stored"\r\n'


@pytest.mark.parametrize("name", ["", "a/b", "../x", "a\tb", "x" * 129])
async def test_names_that_cannot_be(host: Host, name: str) -> None:
    alice = await logged_in(host)
    assert (await alice.put(name, "keep;")).startswith("NO ")
    assert await alice.say("LISTSCRIPTS") == "OK\r\n"


async def test_nobody_sees_the_scripts_of_others(host: Host) -> None:
    alice, juan = await logged_in(host), await logged_in(host, "juan")
    await alice.put("main", "keep;")
    assert await juan.say("LISTSCRIPTS") == "OK\r\n"
    assert (await juan.say('GETSCRIPT "main"')).startswith("NO (NONEXISTENT) ")
    assert await alice.say("UNAUTHENTICATE") == 'OK "who are you?"\r\n'
    assert "cannot come before the login" in await alice.say("LISTSCRIPTS")


async def test_capabilities_tell_who_one_is_and_what_sieve_can(host: Host) -> None:
    client = await connected(host)
    before = await client.say("CAPABILITY")
    assert '"SASL" "SCRAM-SHA-256 PLAIN"\r\n' in before
    assert '"STARTTLS"\r\n' in before
    assert "fileinto" in before and '"VERSION" "1.0"\r\n' in before
    await client.say(f'AUTHENTICATE "PLAIN" "{PLAIN}"')
    after = await client.say("CAPABILITY")
    assert '"OWNER" "alice"\r\n' in after
    assert "STARTTLS" not in after
    assert await client.say('NOOP "tag"') == 'OK (TAG "tag") "done"\r\n'


async def test_starttls_tells_the_capabilities_again_and_drops_what_came_before(host: Host) -> None:
    client = await connected(host)
    told = await client.start_tls(f'AUTHENTICATE "PLAIN" "{PLAIN}"\r\n'.encode())
    assert "STARTTLS" not in told and '"SASL" "SCRAM' in told
    assert "cannot come before the login" in await client.say("LISTSCRIPTS")
    assert (await client.say("STARTTLS")).startswith("NO ")


async def test_a_wrong_password_and_an_unknown_user_look_the_same(host: Host) -> None:
    replies = set()
    for claim in (b"\0alice\0wrong", b"\0nobody\0wrong"):
        client = await connected(host)
        replies.add(await client.say(f'AUTHENTICATE "PLAIN" "{b64encode(claim).decode()}"'))
    assert replies == {'NO "authentication failed"\r\n'}


async def test_who_guesses_is_not_heard_any_more(host: Host) -> None:
    client = await connected(host)
    wrong = b64encode(b"\0alice\0wrong").decode()
    for _ in range(3):
        assert await client.say(f'AUTHENTICATE "PLAIN" "{wrong}"') == 'NO "authentication failed"\r\n'
    assert (await client.say(f'AUTHENTICATE "PLAIN" "{PLAIN}"')).startswith("NO (TRYLATER) ")


@pytest.mark.parametrize("initial", ["", ' "***"', ' "PLAIN"', " {3+}\r\n***"])
async def test_malformed_base64_fails_that_login_only(host: Host, initial: str) -> None:
    client = await connected(host)
    if initial:
        assert (await client.say(f'AUTHENTICATE "PLAIN"{initial}')).startswith("NO ")
    else:
        client._writer.write(b'AUTHENTICATE "PLAIN"\r\n')
        assert await client.line() == '""\r\n'
        assert (await client.say('"*"')).startswith("NO ")
    assert await client.say(f'AUTHENTICATE "PLAIN" "{PLAIN}"') == 'OK "welcome"\r\n'


async def test_secrets_and_control_characters_stay_out_of_the_journal(host: Host) -> None:
    client = await connected(host)
    await client.say(f'AUTHENTICATE "PLAIN" "{PLAIN}"')
    await client.say("NOOP \x1b[2J")
    texts = [event.text for event in host.journal.recent()]
    assert not any(PLAIN in text for text in texts)
    assert all(text.isprintable() for text in texts)


async def test_a_silent_peer_is_sent_away(tmp_path: Path) -> None:
    async with Host(settings(tmp_path / "host", login_seconds=0.2)) as host:
        client = await connected(host)
        assert await client.reply() == 'BYE "idle for too long"\r\n'
        assert await client.reply() == ""


async def test_one_address_may_not_take_every_connection(host: Host) -> None:
    clients = [await connected(host) for _ in range(8)]
    late = Client(*await asyncio.open_connection("127.0.0.1", host.bound_ports["managesieve"]))
    assert (await late.reply()).startswith("BYE (TRYLATER) ")
    for client in clients:
        await client.close()


async def test_on_a_full_disk_scripts_can_be_read_and_changes_are_refused(tmp_path: Path) -> None:
    store = Disk(lambda: 100.0)
    await store.open()
    journal = Journal("mail.cities.org", lambda: 100.0)
    sessions = managesieve_sessions(store, OnePassword(), None, journal, settings(tmp_path))
    async with Listener(sessions, name="managesieve") as listener:
        alice = Client(*await asyncio.open_connection("127.0.0.1", listener.port))
        await alice.reply()
        assert (await alice.say(f'AUTHENTICATE "PLAIN" "{PLAIN}"')).startswith("OK")
        assert (await alice.put("main", "keep;")).startswith("OK")
        store.is_full = True
        for command in ('SETACTIVE "main"', 'DELETESCRIPT "main"', 'RENAMESCRIPT "main" "x"'):
            assert await alice.say(command) == 'NO (TRYLATER) "try again later: the disk is full"\r\n'
        assert (await alice.put("main", "stop;")).startswith("NO (TRYLATER) ")
        assert await alice.say('GETSCRIPT "main"') == "{5}\r\nkeep;\r\nOK\r\n"
        store.is_full = False
        assert await alice.say('SETACTIVE "main"') == 'OK "active"\r\n'


class CountingStore(Disk):
    """Counts how often records are read."""

    read = 0

    async def records(self, kind: str, owner: str, keys: Sequence[str] | None = None) -> dict[str, Record]:
        self.read += 1
        return await super().records(kind, owner, keys)


async def test_a_client_that_does_not_read_holds_only_itself_back(tmp_path: Path) -> None:
    store = CountingStore(lambda: 100.0)
    await store.open()
    journal = Journal("mail.cities.org", lambda: 100.0)
    large = msgspec.structs.replace(settings(tmp_path), limits=Limits(sieve=SieveLimits(script_octets=100_000)))
    sessions = managesieve_sessions(store, OnePassword(), None, journal, large)
    async with Listener(sessions, name="managesieve") as listener:
        deaf, other = [Client(*await asyncio.open_connection("127.0.0.1", listener.port)) for _ in range(2)]
        for client in (deaf, other):
            await client.reply()
            assert (await client.say(f'AUTHENTICATE "PLAIN" "{PLAIN}"')).startswith("OK")
        assert (await deaf.put("main", "keep;" + "# x\r\n" * 15_000)).startswith("OK")
        deaf.send('GETSCRIPT "main"\r\n' * 3000)
        before = -1
        while store.read != before:  # until nothing more is made for it
            before = store.read
            for _ in range(50):
                assert (await other.say("NOOP")).startswith("OK")
        assert store.read < 600, "of 225 MB only what buffers hold"
        for client in (deaf, other):
            await client.close()
