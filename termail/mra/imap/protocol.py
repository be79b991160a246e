"""The protocol under aioimaplib's client: one FIFO of commands, one dispatcher, bounds on everything."""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import aioimaplib
from aioimaplib.aioimaplib import AUTH, LOGOUT, NONAUTH

from termail.mra.imap.command import Command, Literal, Outgoing, outgoing
from termail.mra.imap.compression import Deflate
from termail.mra.imap.errors import ImapError, ImapGone, ImapHostile, Unreadable
from termail.mra.imap.framing import Frame, Framer
from termail.mra.imap.limits import Limits
from termail.mra.imap.responses import Continuation, Data, Response, Status, parse, text_of
from termail.net.wire import MASK, Tap, no_tap, shown

CHUNK_OCTETS: Final = 65_536


class ImapProtocol(aioimaplib.IMAP4ClientProtocol):  # type: ignore[misc]
    """See the module. One command is on the wire at a time; the others wait their turn. Everything untagged goes
    to the command that runs and to `unasked`. A command whose caller went away keeps its place until its tagged
    reply came, and when that takes too long the connection is dropped."""

    def __init__(self, loop: asyncio.AbstractEventLoop, limits: Limits, tap: Tap = no_tap) -> None:
        super().__init__(loop)
        self.transport: Any = None
        self.capabilities: frozenset[str] = frozenset()
        self.greeting: asyncio.Future[Status] = loop.create_future()
        self.unasked: Callable[[Response], None] | None = None
        self._limits = limits
        self._tap = tap
        self._framer = Framer(limits)
        self._deflate: Deflate | None = None
        self._queue: deque[Command] = deque()
        self._current: Command | None = None
        self._outgoing: deque[Outgoing] = deque()
        self._is_paused = False
        self._is_deaf = False
        self._failure: ImapError | None = None
        self._bye = ""
        self._unasked_count = 0
        self._unreadable_count = 0
        self._last_heard = 0.0
        self._watch: asyncio.TimerHandle | None = None

    # --- the wire

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """aioimaplib's state begins here."""
        super().connection_made(transport)
        self._last_heard = self.loop.time()

    def data_received(self, data: bytes) -> None:
        """Frame, parse, dispatch; a server that breaks a limit is hung up on."""
        if self._is_deaf or self._failure is not None:
            return
        self._last_heard = self.loop.time()
        try:
            self._read(data)
        except ImapHostile as error:
            self.drop(error)

    def _read(self, data: bytes) -> None:
        before = self._deflate
        for piece in (data,) if before is None else before.open(data):
            self._framer.receive(piece)
            while not self._is_deaf and (frame := self._framer.next_frame()) is not None:
                self._take(frame)
                if self._deflate is not before:  # that was the OK of COMPRESS: what follows it is compressed
                    self._read(self._framer.rest())
                    return

    def connection_lost(self, error: Exception | None) -> None:
        """Every command that waits learns at once that nothing will come."""
        self.state = LOGOUT
        reason = f"the server hung up: {self._bye}" if self._bye else "the server hung up"
        failure = self._failure or ImapGone(str(error) if error is not None and str(error) else reason)
        self._failure = failure
        if self._watch is not None:
            self._watch.cancel()
        waiting = [command.done for command in self._queue]
        if self._current is not None:
            waiting.append(self._current.done)
        self._queue.clear()
        self._current = None
        for future in (*waiting, self.greeting):
            if not future.done():
                future.set_exception(failure)
                future.exception()  # marked as seen: its waiter may be gone
        super().connection_lost(error)

    def pause_writing(self) -> None:
        """The server reads slowly."""
        self._is_paused = True

    def resume_writing(self) -> None:
        """Go on with a large literal."""
        self._is_paused = False
        self._last_heard = self.loop.time()
        self._write()

    def drop(self, failure: ImapError) -> None:
        """Hang up now, for this reason."""
        if self._failure is None:
            self._failure = failure
        if self.transport is not None:
            self.transport.abort()

    @property
    def is_gone(self) -> bool:
        """No command can succeed any more."""
        return self._failure is not None or self.transport is None or self.transport.is_closing()

    @property
    def is_encrypted(self) -> bool:
        """Whether TLS is on."""
        return self.transport is not None and self.transport.get_extra_info("ssl_object") is not None

    # --- commands

    async def run(self, command: Command) -> Status:
        """Send it when its turn comes → the tagged reply. Raises ImapGone. Safe to cancel."""
        self.begin(command)
        try:
            return await command.done
        except asyncio.CancelledError:
            self._abandon(command)
            raise

    def begin(self, command: Command) -> None:
        """Queue a command whose `done` the caller awaits."""
        if self._failure is not None or self.transport is None or self.transport.is_closing():
            raise self._failure or ImapGone("the connection is closed")
        command.tag = self.new_tag()
        self._queue.append(command)
        self._next()

    def end_idle(self, command: Command) -> None:
        """DONE, when this IDLE still runs (RFC 2177 §3)."""
        if command is self._current and not command.done.done() and not self.is_gone:
            self._tap("C", "DONE")
            command.is_patient = False
            self._last_heard = self.loop.time()
            self._send(b"DONE\r\n")
            self._watch_silence()

    async def start_tls(self, context: ssl.SSLContext, host: str, seconds: float) -> None:
        """STARTTLS (RFC 9051 §6.2.1): what came in the clear is forgotten, capabilities included."""
        reply = await self.run(Command("STARTTLS", (b"STARTTLS",), ends_plaintext=True))
        if reply.kind != "OK":
            self._is_deaf = False
            raise ImapGone(f"the server refused STARTTLS: {reply.text}")
        self.transport = await self.loop.start_tls(
            self.transport, self, context, server_hostname=host, ssl_handshake_timeout=seconds
        )
        self._framer = Framer(self._limits)
        self.capabilities = frozenset()
        self._is_deaf = False

    async def compress(self) -> None:
        """COMPRESS DEFLATE (RFC 4978); what the server says after its OK is compressed. Not taken is no error."""
        await self.run(Command("COMPRESS", (b"COMPRESS DEFLATE",)))

    def _send(self, data: bytes | memoryview) -> None:
        self.transport.write(data if self._deflate is None else self._deflate.squeeze(data))

    async def execute(self, command: Any, scrub: str | None = None) -> Any:
        """aioimaplib's own commands through our queue, so that its client keeps working."""
        lines: list[bytes] = []
        text = str(command).partition(" ")[2]
        parts: tuple[bytes | Literal, ...] = (text.encode("utf-8"),)
        if command.name == "APPEND":
            parts = (text[: text.rindex("{")].encode("utf-8"), Literal(self.literal_data or b""))
        ours = Command(
            command.name, parts, lambda response: lines.append(repr(response).encode()), is_secret=bool(scrub)
        )
        reply = await self.run(ours)
        return aioimaplib.Response(reply.kind, [*lines, reply.text.encode("utf-8")])

    def _next(self) -> None:
        """Start the first command of the queue when none runs."""
        if self._current is not None or not self._queue:
            return
        command = self._current = self._queue.popleft()
        self._outgoing = deque(outgoing(command, self.capabilities))
        self._last_heard = self.loop.time()
        if self._tap is not no_tap:
            self._tap("C", shown(command.shown()))
        self._write()
        self._watch_silence()

    def _write(self) -> None:
        """As much as the transport takes, up to the next literal the server must agree to."""
        while self._outgoing and not self._is_paused and not self.transport.is_closing():
            piece = self._outgoing.popleft()
            self._send(piece.data[:CHUNK_OCTETS])
            if len(piece.data) > CHUNK_OCTETS:
                self._outgoing.appendleft(Outgoing(piece.data[CHUNK_OCTETS:], piece.waits))
            elif piece.waits:
                self._outgoing.appendleft(Outgoing(b"", waits=True))
                return

    def _abandon(self, command: Command) -> None:
        """Its caller was cancelled: its answers mean nothing to anybody, but they still come."""
        if command in self._queue:
            self._queue.remove(command)
            return
        if command is not self._current:
            return
        command.is_abandoned = True
        command.heard = None
        if command.name == "IDLE":
            self.end_idle(command)
        elif self._outgoing or command.answer is not None:
            self.drop(ImapGone("stopped in the middle of a command"))
            return
        self.loop.call_later(self._limits.abandoned_seconds, self._give_up_on, command)

    def _give_up_on(self, command: Command) -> None:
        if command is self._current:
            self.drop(ImapGone("the server did not finish a command that was no longer wanted"))

    # --- answers

    def _take(self, frame: Frame) -> None:
        if self._tap is not no_tap:
            texts = (
                part if at % 2 == 0 else f"{{{len(part)} octets}}".encode() for at, part in enumerate(frame.pieces)
            )
            self._tap("S", shown(b"".join(texts)))
        if not any(frame.pieces):
            return
        try:
            response = parse(frame, self._limits)
        except Unreadable as error:
            self._unreadable_count += 1
            if self._unreadable_count > self._limits.unreadable:
                raise ImapHostile(f"too much of what the server sends cannot be read ({error})") from error
            self._count(frame.size_octets)
            return
        match response:
            case Continuation():
                self._continue(response.text, frame)
            case Status() if response.tag:
                self._finish(response)
            case _:
                self._count(frame.size_octets)
                self._untagged(response)

    def _untagged(self, response: Response) -> None:
        if isinstance(response, Status):
            self._status(response)
        elif isinstance(response, Data) and response.name == "CAPABILITY":
            self.capabilities = frozenset(text_of(value).upper() for value in response.values)
        if self._current is not None and self._current.heard is not None:
            self._current.heard(response)
        if self.unasked is not None:
            self.unasked(response)

    def _status(self, status: Status) -> None:
        if status.code == "CAPABILITY":
            self.capabilities = frozenset(status.arguments.upper().split())
        if not self.greeting.done():
            self.state = AUTH if status.kind == "PREAUTH" else NONAUTH
            if status.kind == "BYE":
                raise ImapHostile(f"the server does not want us now: {status.text}")
            self.greeting.set_result(status)
        elif status.kind == "BYE":
            self._bye = status.text
            if self._current is None or self._current.name != "LOGOUT":
                self._failure = self._failure or ImapGone(f"the server hung up: {status.text}")
                self.transport.close()

    def _finish(self, status: Status) -> None:
        command = self._current
        if command is None or status.tag.upper() != command.tag.upper():
            raise ImapHostile("the server answered a command that was not given")
        if status.code == "CAPABILITY":
            self.capabilities = frozenset(status.arguments.upper().split())
        if self._outgoing and (status.kind == "OK" or self._outgoing[0].data or not self._outgoing[0].waits):
            raise ImapHostile("the server answered a command before it had all of it")
        self._outgoing.clear()
        self._current = None
        self._unasked_count = 0
        if command.ends_plaintext and status.kind == "OK":
            self._is_deaf = True
        if command.name == "COMPRESS" and status.kind == "OK":
            self._deflate = Deflate()
        if not command.done.done():
            command.done.set_result(status)
        if not self._is_deaf:
            self._next()

    def _continue(self, text: bytes, frame: Frame) -> None:
        command = self._current
        if command is not None and self._outgoing and self._outgoing[0].waits and not self._outgoing[0].data:
            self._outgoing.popleft()
            self._write()
        elif command is not None and command.answer is not None:
            answer = command.answer(text)
            if answer is not None:
                self._tap("C", MASK if command.is_secret else shown(answer))
                self._send(answer + b"\r\n")
        else:
            self._count(frame.size_octets)

    def _count(self, octets: int) -> None:
        """Bound what a command brings, and what comes when none runs."""
        command = self._current
        if command is None or command.is_patient:
            self._unasked_count += 1
            if self._unasked_count > self._limits.unasked:
                raise ImapHostile("the server keeps sending what nobody asked for")
            return
        command.responses += 1
        command.octets += octets
        if command.responses > (command.response_limit or self._limits.responses):
            raise ImapHostile(f"the server answers {command.name} without end")
        if command.octets > (command.octet_limit or self._limits.octets):
            raise ImapHostile(f"the server's answer to {command.name} is too large")

    # --- silence

    def _watch_silence(self) -> None:
        if self._watch is None and self._current is not None and not self._current.is_patient:
            self._watch = self.loop.call_later(self._limits.silence_seconds, self._listen)

    def _listen(self) -> None:
        self._watch = None
        if self._current is None or self._current.is_patient or self.is_gone:
            return
        silent = self.loop.time() - self._last_heard
        if silent >= self._limits.silence_seconds - 0.01:
            self.drop(ImapGone(f"the server said nothing for {silent:.0f} s"))
            return
        self._watch = self.loop.call_later(self._limits.silence_seconds - silent, self._listen)


class ImapClient(aioimaplib.IMAP4):  # type: ignore[misc]
    """aioimaplib's client with our protocol installed; TLS from the first octet when a context is given."""

    protocol: ImapProtocol

    def __init__(self, host: str, port: int, context: ssl.SSLContext | None, limits: Limits, tap: Tap) -> None:
        self._limits = limits
        self._tap = tap
        super().__init__(host, port, None, limits.connect_seconds, None, context)

    def create_client(
        self,
        host: str,
        port: int,
        loop: asyncio.AbstractEventLoop | None,
        conn_lost_cb: Callable[[Exception | None], None] | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        """aioimaplib calls this once: the place where a protocol is chosen."""
        loop = loop or asyncio.get_running_loop()
        protocol = self.protocol = ImapProtocol(loop, self._limits, self._tap)
        self._client_task = loop.create_task(
            loop.create_connection(lambda: protocol, host, port, ssl=ssl_context, happy_eyeballs_delay=0.25)
        )

    async def _wait_connection_and_hello(self) -> None:
        await self._client_task
        await self.protocol.greeting
