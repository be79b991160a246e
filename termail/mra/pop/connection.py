"""A POP3 session: greeting, TLS, login, listing, retrieval."""

import asyncio
import base64
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final

from termail.mra.errors import Insecure
from termail.mra.opening import CONNECT_SECONDS, opened
from termail.mra.pop.errors import PopError, PopGone, PopLoginRefused, PopRefused
from termail.mra.pop.protocol import LISTING_OCTETS, MESSAGE_OCTETS, PopProtocol
from termail.net.endpoint import Endpoint
from termail.net.wire import Tap, no_tap

MESSAGE_COUNT_LIMIT: Final = 1_000_000
UIDL_LIMIT: Final = 500
PIPELINE: Final = 20


class PopConnection:
    """Raises PopRefused for -ERR, PopGone when the connection ends."""

    def __init__(self, protocol: PopProtocol) -> None:
        self._protocol = protocol
        self._capabilities: frozenset[str] = frozenset()

    async def greet(self) -> None:
        """+OK, or we are not welcome."""
        await self._status("the server does not want us now")

    async def read_capabilities(self) -> None:
        """CAPA (RFC 2449); an old server has none."""
        try:
            await self._ask("CAPA")
        except PopRefused:
            self._capabilities = frozenset()
            return
        lines = await self._protocol.block(100_000)
        self._capabilities = frozenset(line.decode("ascii", "replace").upper() for line in lines)

    def offers(self, capability: str) -> bool:
        """By the first word of the capability."""
        return any(line.split(" ")[0] == capability for line in self._capabilities)

    async def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """STLS, never optional; capabilities are asked again (RFC 2595 §4)."""
        try:
            await self._ask("STLS")
        except PopRefused as error:
            raise Insecure("the server offers no STLS: use pop3s://, or somebody is in between") from error
        await self._protocol.start_tls(context, host, CONNECT_SECONDS)

    async def log_in(self, user: str, password: str, *, is_token: bool = False) -> None:
        """USER and PASS, or XOAUTH2 with a token; in the clear only if the URL says so. Raises PopLoginRefused."""
        try:
            if is_token:
                await self._bear(user, password)
            else:
                await self._ask(f"USER {user}")
                await self._ask(f"PASS {password}", secret=True)
        except PopRefused as error:
            if any(word in str(error).upper() for word in ("[IN-USE]", "[SYS/TEMP]", "[LOGIN-DELAY]")):  # RFC 3206
                raise PopGone(f"the server cannot let us in now: {error}") from error
            raise PopLoginRefused(f"the server refused the login: {error}") from error

    async def _bear(self, user: str, token: str) -> None:
        """A refused token comes back as a challenge, to be answered by an empty line (as Google documents it)."""
        response = base64.b64encode(f"user={user}\1auth=Bearer {token}\1\1".encode()).decode("ascii")
        self._protocol.send(f"AUTH XOAUTH2 {response}", secret=True)
        line = await self._protocol.status_line()
        if line.startswith(b"+ "):
            await self._ask("")
        elif not line.startswith(b"+OK"):
            raise PopRefused(line.decode("utf-8", "replace").removeprefix("-ERR").strip())

    async def unique_ids(self) -> dict[str, int]:
        """UIDL: message number by unique id (RFC 1939 §7)."""
        await self._ask("UIDL")
        numbers: dict[str, int] = {}
        for line in await self._protocol.block(LISTING_OCTETS):
            number, _, unique = line.decode("ascii", "replace").strip().partition(" ")
            if number.isdigit() and len(number) <= 9 and 0 < len(unique) <= UIDL_LIMIT and unique.isprintable():
                numbers[unique] = int(number)
            if len(numbers) > MESSAGE_COUNT_LIMIT:
                raise PopGone("the server lists more messages than there can be")
        return numbers

    async def retrieve(self, numbers: Sequence[int]) -> AsyncIterator[tuple[int, bytes]]:
        """Whole messages in order, with several RETR on their way where the server allows (RFC 2449 §6.6). A
        message the server does not give is left out."""
        ahead = PIPELINE if self.offers("PIPELINING") else 1
        sent = 0
        for at, number in enumerate(numbers):
            while sent < len(numbers) and sent < at + ahead:
                self._protocol.send(f"RETR {numbers[sent]}")
                sent += 1
            try:
                await self._status("")
            except PopRefused:
                continue
            lines = await self._protocol.block(MESSAGE_OCTETS)
            yield number, b"\r\n".join([*lines, b""])

    async def delete(self, number: int) -> None:
        """DELE: gone when the session ends well."""
        await self._ask(f"DELE {number}")

    async def quit(self) -> None:
        """QUIT makes deletions real."""
        async with asyncio.timeout(10.0):
            await self._ask("QUIT")

    async def _ask(self, line: str, *, secret: bool = False) -> str:
        self._protocol.send(line, secret=secret)
        return await self._status(line.split(" ")[0])

    async def _status(self, what: str) -> str:
        line = (await self._protocol.status_line()).decode("utf-8", "replace")
        if line.startswith("+OK"):
            return line[3:].strip()
        if line.startswith("-ERR"):
            raise PopRefused(line[4:].strip() or what)
        self._protocol.abort()
        raise PopGone("that is no POP3 server")


@contextlib.asynccontextmanager
async def pop_connection(
    endpoint: Endpoint,
    contexts: Callable[[], ssl.SSLContext],
    password: str,
    tap: Tap = no_tap,
    *,
    is_token: bool = False,
) -> AsyncIterator[PopConnection]:
    """Connect, TLS, log in; QUIT at the end when all went well. Raises PopError, Insecure."""
    async with opened(endpoint, contexts, lambda: PopProtocol(tap), PopConnection, PopGone) as connection:
        await connection.log_in(endpoint.user, password, is_token=is_token)
        await connection.read_capabilities()
        yield connection
        with contextlib.suppress(PopError, TimeoutError):
            await connection.quit()
