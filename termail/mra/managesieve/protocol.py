"""ManageSieve's lines and literals under asyncio: bounded, STARTTLS with the plaintext thrown away."""

import asyncio
import re
import ssl
from dataclasses import dataclass
from typing import Final

from termail.mra.managesieve.errors import ScriptsGone
from termail.net.wire import MASK, Tap, no_tap, shown

LINE_OCTETS: Final = 65_536
LITERAL_OCTETS: Final = 4_000_000
MOST_WORDS: Final = 1000
SILENCE_SECONDS: Final = 30.0
_LITERAL_AT_END: Final = re.compile(rb"\{(\d{1,10})\+?\}\Z")
_WORD: Final = re.compile(rb'\s*(?:"((?:[^"\\]|\\.)*+)"|(\([^()"]*(?:"(?:[^"\\]|\\.)*"[^()"]*)*\))|([^\s"(]+))')
_ESCAPED: Final = re.compile(rb"\\(.)")


@dataclass(frozen=True, slots=True)
class Word:
    """A string, or with `is_bare` an atom or a code in parentheses."""

    text: bytes
    is_bare: bool = False


class ScriptsProtocol(asyncio.Protocol):
    """Awaited one reply at a time by one task."""

    def __init__(self, tap: Tap = no_tap) -> None:
        self._tap = tap
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._waiter: asyncio.Future[None] | None = None
        self._ended = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called again by nobody: start_tls keeps the protocol."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """More than a reply can hold ends the connection."""
        self._buffer += data
        if len(self._buffer) > LITERAL_OCTETS + LINE_OCTETS:
            self._ended = "the server sends without end"
            self.abort()
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        """Whoever waits learns it at once."""
        self._ended = self._ended or (str(error) if error is not None and str(error) else "the server hung up")
        self._wake()

    def send(self, line: bytes, *, shown_as: str = "") -> None:
        """A command with its literals; the tap gets `shown_as`, or the line. Raises ScriptsGone."""
        if self._transport is None or self._ended or self._transport.is_closing():
            raise ScriptsGone(self._ended or "the connection is closed")
        self._tap("C", shown_as or shown(line))
        self._transport.write(line + b"\r\n")

    async def words(self, *, secret: bool = False) -> list[Word]:
        """The words of the next line, literals read with it. Raises ScriptsGone."""
        found: list[Word] = []
        while True:
            line = await self._line()
            self._tap("S", MASK if secret else shown(line))
            literal = _LITERAL_AT_END.search(line)
            found += _words_of(line[: literal.start()] if literal else line)
            if len(found) > MOST_WORDS:
                raise self._gone("the server sent a line of too many words")
            if literal is None:
                return found
            if int(literal[1]) > LITERAL_OCTETS:
                raise self._gone(f"the server wants to send {int(literal[1])} octets at once")
            found.append(Word(await self._octets(int(literal[1]))))

    async def start_tls(self, context: ssl.SSLContext, host: str, seconds: float) -> None:
        """What came in the clear after the reply is forgotten."""
        assert self._transport is not None
        self._buffer.clear()
        upgraded = await asyncio.get_running_loop().start_tls(
            self._transport, self, context, server_hostname=host, ssl_handshake_timeout=seconds
        )
        if upgraded is None:
            raise ScriptsGone("the server hung up instead of starting TLS")
        self._transport = upgraded

    def abort(self) -> None:
        """Hang up now."""
        if self._transport is not None:
            self._transport.abort()

    async def _line(self) -> bytes:
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > LINE_OCTETS:
                raise self._gone("the server sent a line without end")
            await self._more()
        line = bytes(self._buffer[:end]).removesuffix(b"\r")
        del self._buffer[: end + 1]
        return line

    async def _octets(self, count: int) -> bytes:
        while len(self._buffer) < count:
            await self._more()
        octets = bytes(self._buffer[:count])
        del self._buffer[:count]
        return octets

    async def _more(self) -> None:
        if self._ended:
            raise ScriptsGone(self._ended)
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                await self._waiter
        except TimeoutError:
            raise self._gone(f"the server said nothing for {SILENCE_SECONDS:.0f} s") from None
        finally:
            self._waiter = None

    def _gone(self, text: str) -> ScriptsGone:
        self.abort()
        return ScriptsGone(text)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _words_of(line: bytes) -> list[Word]:
    """What cannot be read ends the line."""
    found: list[Word] = []
    position = 0
    while (match := _WORD.match(line, position)) is not None:
        position = match.end()
        if match[1] is not None:
            found.append(Word(_ESCAPED.sub(rb"\1", match[1])))
        else:
            found.append(Word(match[2] or match[3], is_bare=True))
    return found
