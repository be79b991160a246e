"""The driver and the listener with a toy protocol: whatever a session or a peer does, the others go on."""

import asyncio
import logging
import ssl
from pathlib import Path

import pytest

from bundled_server.config import Limits
from bundled_server.net.driver import Link
from bundled_server.net.listener import Listener
from bundled_server.net.tls import issue, make_authority, make_self_signed, server_context
from bundled_server.protocols.lines import LineBuffer

PATIENCE_SECONDS = 60.0


class EchoMachine:
    """Lines in, lines out."""

    def __init__(self) -> None:
        self.lines = LineBuffer(100)
        self.output = b""
        self.wants_tls = False
        self.closing = False

    def receive(self, data: bytes) -> None:
        self.lines.feed(data)

    def receive_eof(self) -> None:
        pass

    def next_event(self) -> bytes | None:
        return self.lines.next_line()

    def take_output(self) -> bytes:
        output, self.output = self.output, b""
        return output

    def tls_started(self) -> None:
        self.lines.clear()
        self.wants_tls = False


class EchoSession:
    """Does what the line says."""

    def __init__(self, link: Link, machine: EchoMachine, closed: list[str]) -> None:
        self.link = link
        self.machine = machine
        self.closed = closed

    async def open(self) -> None:
        self.machine.output += b"hello\r\n"

    async def handle(self, event: bytes) -> None:
        match event:
            case b"raise":
                self.machine.output += b"first words\r\n"
                raise RuntimeError("a defect")
            case b"flood":
                for _ in range(10_000):
                    self.machine.output += b"x" * 1000
                    await self.link.flush()
            case b"login soon":
                self.link.finish_within(0.05)
            case b"logged in":
                self.link.finish_within(None)
            case b"wake":
                self.link.wake()
            case b"quit":
                self.machine.closing = True
        self.machine.output += event + b"\r\n"

    async def woken(self) -> None:
        self.machine.output += b"woken\r\n"

    async def timed_out(self) -> None:
        self.machine.output += b"stopping\r\n" if self.link.is_stopping else b"too late\r\n"

    async def close(self) -> None:
        self.closed.append(self.link.session_id)


class Echo:
    """A listener of the toy protocol and what it remembers."""

    def __init__(self, **settings: object) -> None:
        self.closed: list[str] = []

        def make(link: Link) -> tuple[EchoMachine, EchoSession]:
            machine = EchoMachine()
            return machine, EchoSession(link, machine, self.closed)

        self.listener = Listener(make, name="echo", **settings)  # type: ignore[arg-type]

    async def __aenter__(self) -> "Echo":
        await self.listener.open()
        return self

    async def __aexit__(self, *fault: object) -> None:
        await self.listener.close(0.5)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.listener.port)
        assert await reader.readline() == b"hello\r\n"
        return reader, writer

    async def all_closed(self) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.listener.connections:
                await asyncio.sleep(0.005)


async def rest(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await reader.read()


async def test_a_session_that_raises_is_logged_and_ends_alone(caplog: pytest.LogCaptureFixture) -> None:
    async with Echo() as echo:
        other_reader, other_writer = await echo.connect()
        reader, writer = await echo.connect()
        with caplog.at_level(logging.ERROR):
            writer.write(b"raise\r\n")
            assert await rest(reader) == b"first words\r\n"
        assert "a defect" in caplog.text
        other_writer.write(b"still here\r\n")
        assert await other_reader.readline() == b"still here\r\n"
        assert echo.closed == ["echo-000002"]
        other_writer.close()


async def test_replies_to_pipelined_lines_keep_their_order_with_wake_ups() -> None:
    async with Echo() as echo:
        reader, writer = await echo.connect()
        writer.write(b"one\r\nwake\r\ntwo\r\nquit\r\n")
        assert (await rest(reader)).split() == [b"one", b"wake", b"woken", b"two", b"quit"]


async def test_a_peer_that_does_not_read_is_cut_off_with_bounded_memory() -> None:
    async with Echo(idle_seconds=0.1, limits=Limits(output_buffer_octets=10_000)) as echo:
        _, writer = await echo.connect()
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(b"flood\r\n")
        await echo.all_closed()
        assert echo.closed == ["echo-000001"]
        writer.close()


async def test_the_last_words_of_a_timeout_arrive() -> None:
    async with Echo(idle_seconds=0.02) as echo:
        reader, _ = await echo.connect()
        assert await rest(reader) == b"too late\r\n"


async def test_a_login_deadline_counts_although_the_peer_talks() -> None:
    async with Echo(idle_seconds=5) as echo:
        reader, writer = await echo.connect()
        writer.write(b"login soon\r\nlogged in\r\n")
        await reader.readline()
        await reader.readline()
        writer.write(b"login soon\r\n")
        assert (await rest(reader)).endswith(b"too late\r\n")


async def test_a_peer_that_vanishes_leaves_nothing_behind() -> None:
    async with Echo() as echo:
        for _ in range(5):
            _, writer = await echo.connect()
            writer.transport.abort()
        await echo.all_closed()
        assert len(echo.closed) == 5


async def test_a_peer_that_never_closes_is_closed_after_the_goodbye(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bundled_server.net.driver.GOODBYE_SECONDS", 0.05)
    async with Echo() as echo:
        reader, writer = await echo.connect()
        writer.write(b"quit\r\n")
        assert await rest(reader) == b"quit\r\n"
        await echo.all_closed()
        writer.close()


async def test_closing_tells_every_session_and_leaves_no_task() -> None:
    before = asyncio.all_tasks()
    echo = Echo()
    await echo.listener.open()
    peers = [await echo.connect() for _ in range(3)]
    closing = asyncio.create_task(echo.listener.close(0.2))
    assert [await reader.readline() for reader, _ in peers] == [b"stopping\r\n"] * 3
    await closing
    for _, writer in peers:
        writer.close()
    assert asyncio.all_tasks() == before
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", echo.listener.port)


async def test_the_total_of_connections_is_capped() -> None:
    async with Echo(limits=Limits(connections=1), busy_line=b"busy\r\n") as echo:
        _, writer = await echo.connect()
        reader, _ = await asyncio.open_connection("127.0.0.1", echo.listener.port)
        assert await rest(reader) == b"busy\r\n"
        writer.close()


async def test_implicit_tls_counts_and_bounds_silent_handshakes(tmp_path: Path) -> None:
    tls = server_context(make_self_signed("localhost", tmp_path))
    async with Echo(tls=tls, implicit_tls=True, idle_seconds=0.1) as echo:
        reader, _ = await asyncio.open_connection("127.0.0.1", echo.listener.port)
        assert await rest(reader) == b""
        await echo.all_closed()


async def test_certificates_of_the_practice_authority_verify_for_every_name(tmp_path: Path) -> None:
    authority = make_authority(tmp_path / "ca")
    paths = issue(authority, "brasilia.cities.org", tmp_path / "host")
    client = ssl.create_default_context(cafile=str(authority.certificate))
    for path in (paths.certificate, paths.key, authority.key):
        assert path.stat().st_mode & 0o777 == 0o600
    async with Echo(tls=server_context(paths), implicit_tls=True) as echo:
        for name in ("brasilia.cities.org", "localhost", "127.0.0.1"):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", echo.listener.port, ssl=client, server_hostname=name
            )
            assert await reader.readline() == b"hello\r\n"
            writer.write(b"quit\r\n")
            assert await rest(reader) == b"quit\r\n"
            writer.close()


def test_certificates_are_made_once_and_kept(tmp_path: Path) -> None:
    authority = make_authority(tmp_path)
    first = issue(authority, "a.test", tmp_path).certificate.read_bytes()
    assert make_authority(tmp_path) == authority
    assert issue(authority, "a.test", tmp_path).certificate.read_bytes() == first
