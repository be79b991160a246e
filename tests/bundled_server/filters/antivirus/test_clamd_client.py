"""The client of clamd against a server that speaks as clamd does, and one that does not."""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from bundled_server.config import HostSettings
from bundled_server.filter_config import Clamd, FilterSettings
from bundled_server.filters.antivirus.clamd import ClamdUnavailable, TooBigForClamd, read_answer, scan
from bundled_server.filters.antivirus.file_rules import EICAR
from bundled_server.host.host import Host


async def read_stream(reader: asyncio.StreamReader) -> bytes:
    assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
    data = b""
    while True:
        (length,) = struct.unpack("!L", await reader.readexactly(4))
        if not length:
            return data
        data += await reader.readexactly(length)


async def like_clamd(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    data = await read_stream(reader)
    writer.write(b"stream: Eicar-Signature FOUND\0" if EICAR in data else b"stream: OK\0")
    await writer.drain()
    writer.close()


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)
    writer.close()


Serve = Callable[..., Awaitable[str]]


@pytest.fixture
async def serve(tmp_path: Path) -> AsyncIterator[Serve]:
    servers = []

    async def start(handler: object, *, unix: bool = False) -> str:
        if unix:
            path = tmp_path / "clamd.ctl"
            servers.append(await asyncio.start_unix_server(handler, path))
            return str(path)
        servers.append(await asyncio.start_server(handler, "127.0.0.1", 0))
        return f"127.0.0.1:{servers[-1].sockets[0].getsockname()[1]}"

    yield start
    for server in servers:
        server.close()


@pytest.mark.parametrize("unix", [False, True])
async def test_clean_and_infected_streams_of_any_size(serve: Serve, unix: bool) -> None:
    place = await serve(like_clamd, unix=unix)
    assert await scan(place, b"hola") == ""
    assert await scan(place, b"x" * 1_000_000 + EICAR) == "Eicar-Signature"
    assert await scan(place, b"") == ""


def test_answers() -> None:
    assert read_answer("stream: OK") == ""
    assert read_answer("stream: Win.Test.EICAR_HDB-1 FOUND") == "Win.Test.EICAR_HDB-1"
    with pytest.raises(TooBigForClamd):
        read_answer("INSTREAM size limit exceeded. ERROR")
    for odd in ("", "stream: ERROR", "Can't allocate memory ERROR", "OK then"):
        with pytest.raises(ClamdUnavailable):
            read_answer(odd)


async def test_nobody_there_or_nobody_who_answers(serve: Serve, tmp_path: Path) -> None:
    for place in (await serve(hangs_up), str(tmp_path / "nothing"), "127.0.0.1:1", "nonsense"):
        with pytest.raises(ClamdUnavailable):
            await scan(place, b"hola")


@pytest.mark.parametrize(
    ("handler", "code", "words"),
    [
        (like_clamd, 550, b"5.7.1 Refused: Eicar-Signature"),
        (hangs_up, 451, b"4.7.1 clamd cannot answer, try again later"),
        (None, 451, b"4.7.1 clamd cannot answer, try again later"),
    ],
)
async def test_at_port_25_a_clamd_that_is_down_means_later(
    settings: HostSettings, send, came, serve: Serve, handler: object, code: int, words: bytes
) -> None:
    place = await serve(handler) if handler else "127.0.0.1:1"
    filters = FilterSettings(clamd=Clamd(address=place))
    async with Host(msgspec.structs.replace(settings, filters=filters)) as host:
        end = await came(host, await send(host, f"Subject: x\r\n\r\n{EICAR.decode()}\r\n"))
    assert (end.code, end.words) == (code, words)
    assert end.inbox == end.junk == []


async def test_a_clamd_that_takes_too_long_means_later(settings: HostSettings, send, serve: Serve) -> None:
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    filters = FilterSettings(clamd=Clamd(address=await serve(never), timeout_seconds=0.1))
    async with Host(msgspec.structs.replace(settings, filters=filters)) as host:
        assert (await send(host, "Subject: x\r\n\r\nhola\r\n"))[0] == 451


async def test_what_is_too_big_to_be_scanned_is_refused(settings: HostSettings, send, serve: Serve) -> None:
    filters = FilterSettings(clamd=Clamd(address=await serve(like_clamd), octets=10))
    async with Host(msgspec.structs.replace(settings, filters=filters)) as host:
        assert (await send(host, "Subject: x\r\n\r\nhola\r\n"))[0] == 550
