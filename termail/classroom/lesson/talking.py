"""A dialogue by hand, played from a transcript: what a student types into telnet, and what they wait for."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence

LINE_SECONDS = 20.0
LINE_OCTETS = 1 << 20

Tell = Callable[[str], None]
"""Called with each line of the dialogue, "C: …" or "S: …"."""

Aside = Callable[[str], Awaitable[None]]
"""Does what a line beside the dialogue says: "MAIL SENDER RECIPIENT SUBJECT" lets somebody write meanwhile."""

TLS, ASIDE = "TLS", "MAIL "


def is_line(line: str) -> bool:
    """Whether a transcript may have this line."""
    return line == TLS or line.startswith(("C:", "S:", ASIDE))


class TalkFailed(Exception):
    """The server said something else, or nothing; the text holds its last words."""


async def play(
    lines: Sequence[str],
    port: int,
    *,
    ca: str,
    tell: Tell,
    aside: Aside,
    source: str = "",
    seconds: float = LINE_SECONDS,
) -> None:
    """Say the "C:" lines, wait for the "S:" ones: lines that begin otherwise are passed over, so that an answer of
    several needs its last one only. Raises TalkFailed."""
    local = (source, 0) if source else None
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=local, limit=LINE_OCTETS)
    except OSError as weather:
        raise TalkFailed(f"nobody answers on port {port}: {weather.strerror or weather}") from weather
    try:
        for line in lines:
            if line.startswith(ASIDE):
                await aside(line.removeprefix(ASIDE))
            else:
                await _one(line, reader, writer, ca, tell, seconds)
    except OSError as weather:
        raise TalkFailed(f"the connection broke: {weather}") from weather
    finally:
        writer.close()


async def _one(
    line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ca: str, tell: Tell, seconds: float
) -> None:
    if line == TLS:
        await writer.start_tls(ssl.create_default_context(cafile=ca), server_hostname="localhost")
        tell("*  from here on everything is encrypted")
    elif line.startswith("C:"):
        said = line[2:].removeprefix(" ")
        tell(f"C: {said}")
        writer.write(said.encode() + b"\r\n")
        await writer.drain()
    elif line.startswith("S:"):
        await _wait_for(line[2:].strip(), reader, tell, seconds)


async def _wait_for(wanted: str, reader: asyncio.StreamReader, tell: Tell, seconds: float) -> None:
    heard = ""
    try:
        async with asyncio.timeout(seconds):
            while octets := await reader.readline():
                heard = octets.decode("utf-8", "replace").rstrip("\r\n")
                tell(f"S: {heard}")
                if heard.startswith(wanted):
                    return
    except TimeoutError:
        raise TalkFailed(f"waited {seconds:g} s for {wanted!r}, heard {heard!r} last") from None
    raise TalkFailed(f"the server closed; waited for {wanted!r}, heard {heard!r} last")
