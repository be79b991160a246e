"""One SMTP conversation with another host, on aiosmtplib: explicit names, explicit TLS, every line tapped."""

import asyncio
import os
import re
import ssl
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import aiosmtplib

from bundled_server.mta.routing import Hop, Security
from bundled_server.smtp_journal import HEADER_EXCERPT_OCTETS, LINE_END_OCTETS, excerpt_lines

CHUNK_OCTETS = 262_144
_BARE_LINE_ENDING = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Spoken:
    """One line of dialogue: by us "C", by the other host "S"; `octets` with its line end, `tls` the version."""

    session: str
    direction: str
    text: str
    octets: int
    tls: str


Tap = Callable[[Spoken], None]
"""Hears every line of a connection."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds (RFC 5321 §4.5.3.2); the upload may take as long as its size needs."""

    connect: float = 30.0
    command: float = 300.0
    data: float = 600.0
    octets_per_second: float = 10_000.0

    def for_upload(self, size_octets: int) -> float:
        return self.data + size_octets / self.octets_per_second


@dataclass(frozen=True, slots=True)
class Identity:
    """How we log in at a smarthost."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """What the other host said."""

    code: int
    text: str

    @property
    def is_positive(self) -> bool:
        return 200 <= self.code < 400


class Unreachable(Exception):
    """This hop cannot be talked to now: no connection, a bad greeting, a dropped or silent dialogue."""


class PossiblySent(Unreachable):
    """The connection broke after message data went out and before the reply: the other host may have it."""


class RelayConnection:
    """A connection that has said EHLO and speaks TLS as the hop demands: opportunistically (the certificate is not
    checked, RFC 7435), or verified, from the first octet or by STARTTLS. Raises Unreachable for the weather."""

    def __init__(
        self, hop: Hop, local_hostname: str, timeouts: Timeouts, tap: Tap | None, session_id: str = "relay"
    ) -> None:
        self.hop = hop
        self.session_id = session_id
        self.tap = tap
        self.tls_failed = False
        self._timeouts = timeouts
        self._begins_with_tls = hop.security is Security.IMPLICIT
        self._client = aiosmtplib.SMTP(
            hostname=hop.hostname if self._begins_with_tls else hop.address,
            port=hop.port,
            local_hostname=local_hostname,
            timeout=timeouts.command,
            use_tls=self._begins_with_tls,
            start_tls=False,
        )

    @property
    def is_open(self) -> bool:
        return bool(self._client.is_connected)

    @property
    def is_tls(self) -> bool:
        return self.is_open and self._client.get_transport_info("sslcontext") is not None

    def supports(self, extension: str) -> bool:
        """Whether the last EHLO listed this keyword."""
        return bool(self._client.supports_extension(extension))

    async def open(self, *, tls: ssl.SSLContext | None) -> None:
        """Connect, say EHLO (HELO to an old host), start TLS when `tls` is given and offered, EHLO again."""
        context = tls if self._begins_with_tls else None
        greeting = await self._attempt(self._client.connect(timeout=self._timeouts.connect, tls_context=context))
        self._tell("S", Response(greeting.code, greeting.message))
        await self._hello()
        if self._begins_with_tls:
            return
        if self.hop.security is Security.VERIFIED and not self.supports("starttls"):
            self._client.close()
            raise Unreachable("it does not offer STARTTLS, and nothing may go there in the clear")
        if tls is not None and self.supports("starttls"):
            self._tap_line("C", "STARTTLS")
            self.tls_failed = True
            answer = await self._attempt(self._client.starttls(tls_context=tls, server_hostname=self.hop.hostname))
            self.tls_failed = False
            self._tell("S", Response(answer.code, answer.message), tls="")
            await self._hello()

    async def log_in(self, identity: Identity) -> None:
        """AUTH PLAIN, or LOGIN where that is all there is."""
        offered = str(self._client.esmtp_extensions.get("auth", "")).upper().split()
        user, password = identity.user.encode(), identity.password.encode()
        if "PLAIN" in offered or "LOGIN" not in offered:
            lines = [b"AUTH PLAIN " + b64encode(b"\0" + user + b"\0" + password)]
        else:
            lines = [b"AUTH LOGIN", b64encode(user), b64encode(password)]
        for line in lines:
            self._tap_line("C", "AUTH PLAIN ***" if line[:10] == b"AUTH PLAIN" else "***")
            answer = await self._attempt(self._client.execute_command(line))
            self._tell("S", Response(answer.code, answer.message))
            if not 200 <= answer.code < 400:
                self._client.close()
                raise Unreachable(f"login refused: {answer.code} {answer.message}")

    async def command(self, *words: str) -> Response:
        """Send one line, read its reply, whatever its code."""
        self._tap_line("C", " ".join(words))
        raw = [word.encode("utf-8") for word in words]
        answer = await self._attempt(self._client.execute_command(*raw))
        response = Response(answer.code, answer.message)
        self._tell("S", response)
        return response

    async def send_message(self, content: bytes) -> Response:
        """The message after DATA's 354, in pieces, so that a slow reader holds us back instead of filling memory.
        Raises PossiblySent."""
        protocol = self._client.protocol
        if protocol is None:
            raise Unreachable("connection lost")
        self._tap_message(content)
        # aiosmtplib drops a reply that nobody waits for yet: a quick host answers before we are back from writing
        answering = asyncio.ensure_future(protocol.read_response())
        await asyncio.sleep(0)
        try:
            async with asyncio.timeout(self._timeouts.for_upload(len(content))):
                for piece in stuffed(content):
                    protocol.write(piece)
                    # aiosmtplib has no public way to wait for its own flow control
                    await protocol._drain_helper()
                    await asyncio.sleep(0)
                answer = await answering
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as weather:
            self._client.close()
            raise PossiblySent(_words(weather)) from weather
        finally:
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)
        response = Response(answer.code, answer.message)
        self._tell("S", response)
        return response

    async def quit(self) -> None:
        """Say QUIT and close; nothing that goes wrong here matters."""
        try:
            if self.is_open:
                await self.command("QUIT")
        except Unreachable:
            pass
        finally:
            self._client.close()

    def close(self) -> None:
        self._client.close()

    async def _hello(self) -> None:
        response = await self.command("EHLO", str(self._client.local_hostname))
        if response.code == 250:
            self._client.last_ehlo_response = aiosmtplib.SMTPResponse(response.code, response.text)
        else:
            response = await self.command("HELO", str(self._client.local_hostname))
        if response.code != 250:
            self._client.close()
            raise Unreachable(f"{response.code} {response.text}")

    async def _attempt(self, answering: Awaitable[aiosmtplib.SMTPResponse]) -> aiosmtplib.SMTPResponse:
        try:
            answer = await answering
        except aiosmtplib.SMTPResponseException as refusal:
            self._tell("S", Response(refusal.code, refusal.message))
            self._client.close()
            raise Unreachable(f"{refusal.code} {refusal.message}") from refusal
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as weather:
            self._client.close()
            raise Unreachable(_words(weather)) from weather
        return answer

    def _tell(self, direction: str, response: Response, tls: str | None = None) -> None:
        if self.tap is not None:
            lines = response.text.split("\n")
            for number, line in enumerate(lines, 1):
                mark = " " if number == len(lines) else "-"
                self._tap_line(direction, f"{response.code}{mark}{line}", tls=tls)

    def _tap_message(self, content: bytes) -> None:
        """The message as the wire journal shows it: its header, cut short, and its size."""
        if self.tap is not None:
            for line, octets in excerpt_lines(content[:HEADER_EXCERPT_OCTETS], len(content)):
                self._tap_line("C", line, octets)

    def _tap_line(self, direction: str, line: str, octets: int | None = None, tls: str | None = None) -> None:
        if self.tap is not None:
            measured = len(line.encode()) + LINE_END_OCTETS if octets is None else octets
            version = self._tls_version() if tls is None else tls
            self.tap(Spoken(self.session_id, direction, line, measured, version))

    def _tls_version(self) -> str:
        if not self.is_open:
            return ""
        tls = self._client.get_transport_info("ssl_object")
        return str(tls.version()) if tls is not None else ""


def stuffed(content: bytes) -> Iterator[bytes]:
    """`content` as it follows DATA, in pieces that leave the event loop its turn: dots doubled, ended by
    CRLF.CRLF, never a bare CR or LF (RFC 5321 §4.5.2)."""
    position = 0
    at_line_start = True
    while position < len(content):
        end = min(position + CHUNK_OCTETS, len(content))
        if end < len(content):
            end = content.rfind(b"\n", position, end) + 1 or end
        if content[end - 1 : end + 1] == b"\r\n":
            end += 1
        piece = content[position:end]
        line_ends = piece.count(b"\r\n")
        if piece.count(b"\n") != line_ends or piece.count(b"\r") != line_ends:
            piece = _BARE_LINE_ENDING.sub(b"\r\n", piece)
        piece = piece.replace(b"\r\n.", b"\r\n..")
        yield b"." + piece if at_line_start and piece.startswith(b".") else piece
        at_line_start = piece.endswith(b"\n")
        position = end
    yield b".\r\n" if at_line_start else b"\r\n.\r\n"


def _words(weather: BaseException) -> str:
    cause = weather.__cause__
    if isinstance(cause, ssl.SSLError):  # an OSError whose number is OpenSSL's, not the system's
        return str(weather)
    if isinstance(cause, OSError) and cause.errno is not None and cause.errno > 0:
        return os.strerror(cause.errno).lower()  # aiosmtplib's own words repeat the address and Python's numbers
    return str(weather) or ("timed out" if isinstance(weather, TimeoutError) else type(weather).__name__)
