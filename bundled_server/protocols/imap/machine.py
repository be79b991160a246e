"""The server's side of an IMAP connection without IO: framing, literals, state legality (RFC 3501)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bundled_server.protocols.framing import Framer, LineTooLong
from bundled_server.protocols.imap.cursor import Bounds, Cursor
from bundled_server.protocols.imap.errors import BadCommand
from bundled_server.protocols.imap.grammar import State, Syntax
from bundled_server.protocols.imap.responses import status_line
from bundled_server.protocols.speaker import Speaker, Trace


@dataclass(frozen=True, slots=True)
class CommandReceived:
    """A whole, legal command."""

    tag: bytes
    name: str
    arguments: Any


@dataclass(frozen=True, slots=True)
class CommandRefused:
    """The machine answered by itself: the command was malformed, unknown, too large or not legal now."""

    text: str


@dataclass(frozen=True, slots=True)
class LiteralAwaited:
    """The machine said "+": the output is to be flushed."""


@dataclass(frozen=True, slots=True)
class LineReceived:
    """The line that `ask` asked for, without its CRLF; empty when it was too long."""

    line: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class IdleEnded:
    """IDLE is over; `clean` is false when the client sent something else than DONE (RFC 2177)."""

    clean: bool


Event = CommandReceived | CommandRefused | LiteralAwaited | LineReceived | IdleEnded


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the machine holds for a peer, in octets; `errors` in a row end the connection."""

    line_octets: int = 65_536
    literal_before_login_octets: int = 4096
    message_octets: int = 52_428_800
    errors: int = 50
    bounds: Bounds = field(default_factory=Bounds)


"""Hears every line of the dialogue: direction "C" or "S", octets with secrets masked."""

MASK = b"********"
_HEAD = re.compile(rb'([^\x00-\x20\x7f-\xff(){%*"\\+]+) +((?:[Uu][Ii][Dd] +)?[A-Za-z]+)(?= |$)')
_TAG = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\+]+(?= |$)')
_LITERAL_AT_END = re.compile(rb"(~?)\{(\d{1,20})(\+?)\}$")
_ENDLESS_LINES = 16  # so many times the limit, thrown away, and the peer is not speaking IMAP
_NOT_SKIPPED = 0xFFFF_FFFF  # a literal beyond 32 bits is no number of the grammar: not worth waiting for


@dataclass(slots=True)
class _Assembly:
    """A command on its way in."""

    tag: bytes
    syntax: Syntax | None
    head_octets: int
    text: bytearray = field(default_factory=bytearray)
    literals: list[bytes] = field(default_factory=list)
    literal_octets: int = 0
    may_hold_nul: bool = False
    refusal: BadCommand | None = None


class ImapMachine(Speaker):
    """Frames commands, checks them against the table and the state, and holds the output."""

    def __init__(self, commands: Mapping[str, Syntax], limits: Limits, trace: Trace | None = None) -> None:
        self._commands = commands
        self._limits = limits
        self._framer = Framer()
        super().__init__(self._framer, trace)
        self._assembly: _Assembly | None = None
        self._mode: Callable[[], Event | None] = self._read_command
        self._awaited_octets = 0
        self._errors = 0
        self._progressed = False
        self.state = State.NOT_AUTHENTICATED

    # the driver's face

    @property
    def closing(self) -> bool:
        return self.state is State.LOGOUT

    def next_event(self) -> Event | None:
        while not (self.wants_tls or self.closing):
            self._progressed = False
            event = self._mode()
            if event is not None or not self._progressed:
                return event
        return None

    def tls_started(self) -> None:
        super().tls_started()
        self._assembly = None
        self._mode = self._read_command

    # the session's face

    def ask(self, prompt: bytes) -> None:
        """Send `+ prompt` and hand on the next line as LineReceived (AUTHENTICATE)."""
        self.send(b"+ %b\r\n" % prompt)
        self._mode = self._read_answer

    def idle(self) -> None:
        """Send `+` and wait for DONE, which comes as IdleEnded."""
        self.send(b"+ idling\r\n")
        self._mode = self._read_done

    def bye(self, text: str) -> None:
        """Say why, and close."""
        self.send(status_line(b"*", b"BYE", b"", text))
        self.state = State.LOGOUT

    # reading

    def _read_command(self) -> Event | None:
        fault: BadCommand | None = None
        try:
            line = self._framer.next_line(self._limits.line_octets - self._held_octets())
            end = line
        except LineTooLong as too_long:
            line, end = too_long.head, too_long.tail
            fault = BadCommand("the command line is too long")
        if line is None or end is None:
            return self._give_up_on_endless_line()
        self._progressed = True
        if self._assembly is None and not line.strip():
            return None
        assembly = self._assembly = self._assembly or self._begin(line)
        self._trace_command(assembly, line)
        if b"\0" in line or b"\r" in line:
            fault = BadCommand("NUL and bare CR are not allowed")
        assembly.refusal = assembly.refusal or fault
        assembly.text += line
        literal = _LITERAL_AT_END.search(end)
        if literal is None:
            return self._finish(assembly)
        assembly.text += b"\r\n"
        assembly.may_hold_nul = bool(literal[1]) and assembly.syntax is not None and assembly.syntax.holds_message
        return self._await_literal(assembly, int(literal[2]), synchronising=not literal[3])

    def _held_octets(self) -> int:
        return min(len(self._assembly.text), self._limits.line_octets) if self._assembly else 0

    def _give_up_on_endless_line(self) -> Event | None:
        if self._framer.dropped_octets < _ENDLESS_LINES * self._limits.line_octets:
            return None
        self.bye("the line does not end")
        return CommandRefused("the line does not end")

    def _begin(self, line: bytes) -> _Assembly:
        head = _HEAD.match(line)
        if head is None:
            tag = _TAG.match(line)
            text = "a command is missing" if tag else "a command starts with a tag and a space"
            return _Assembly(tag.group() if tag else b"*", None, 0, refusal=BadCommand(text))
        name = b" ".join(head[2].upper().split()).decode("ascii")
        syntax = self._commands.get(name)
        refusal = None
        if syntax is None:
            refusal = BadCommand(f"unknown command {name[:40]}")
        elif self.state not in syntax.states:
            refusal = BadCommand(f"{name} is not allowed in the {self.state.value} state")
        return _Assembly(head[1], syntax, head.end(), refusal=refusal)

    def _await_literal(self, assembly: _Assembly, octets: int, *, synchronising: bool) -> Event | None:
        assembly.refusal = assembly.refusal or self._literal_fault(assembly, octets)
        if assembly.refusal is not None and synchronising:
            self._assembly = None
            return self._refuse(assembly.tag, assembly.refusal)
        if octets > _NOT_SKIPPED:
            self.bye("the literal is too large")
            return CommandRefused("the literal is too large")
        self._awaited_octets = octets
        assembly.literal_octets += octets
        self._mode = self._read_literal if assembly.refusal is None else self._skip_literal
        if not synchronising:
            return None
        self.send(b"+ ready for literal data\r\n")
        return LiteralAwaited()

    def _literal_fault(self, assembly: _Assembly, octets: int) -> BadCommand | None:
        limits = self._limits
        if octets > _NOT_SKIPPED:
            return BadCommand("the literal is too large")
        if self.state is State.NOT_AUTHENTICATED:
            limit = limits.literal_before_login_octets
        elif assembly.syntax is not None and assembly.syntax.holds_message:
            if assembly.literal_octets + octets > limits.message_octets:
                text = f"the message is larger than {limits.message_octets} octets"
                return BadCommand(text, status=b"NO", code=b"TOOBIG")
            return None
        else:
            limit = limits.line_octets
        return BadCommand("the literal is too large") if assembly.literal_octets + octets > limit else None

    def _read_literal(self) -> Event | None:
        literal = self._framer.next_literal(self._awaited_octets)
        if literal is None:
            return None
        assembly = self._assembly
        assert assembly is not None
        if b"\0" in literal and not assembly.may_hold_nul:  # only literal8 may (RFC 3516 §4.4)
            assembly.refusal = BadCommand("NUL is not allowed in a literal")
        assembly.literals.append(literal)
        self._mode = self._read_command
        self._progressed = True
        return None

    def _skip_literal(self) -> Event | None:
        self._awaited_octets = self._framer.skip(self._awaited_octets)
        if self._awaited_octets == 0:
            self._mode = self._read_command
            self._progressed = True
        return None

    def _finish(self, assembly: _Assembly) -> Event:
        self._assembly = None
        try:
            if assembly.refusal is not None:
                raise assembly.refusal
            assert assembly.syntax is not None
            text = bytes(memoryview(assembly.text)[assembly.head_octets :])
            arguments = assembly.syntax.parse(Cursor(text, tuple(assembly.literals), self._limits.bounds))
        except BadCommand as refusal:
            return self._refuse(assembly.tag, refusal)
        self._errors = 0
        return CommandReceived(assembly.tag, assembly.syntax.name, arguments)

    def _read_answer(self) -> Event | None:
        line = self._whole_line()
        if line is None:
            return None
        self._trace_client(line if line == b"*" else MASK)
        self._mode = self._read_command
        return LineReceived(line)

    def _read_done(self) -> Event | None:
        line = self._whole_line()
        if line is None:
            return None
        self._trace_client(line)
        self._mode = self._read_command
        return IdleEnded(line.strip().upper() == b"DONE")

    def _whole_line(self) -> bytes | None:
        """A line that is no command; one that is too long is as good as an empty one."""
        try:
            return self._framer.next_line(self._limits.line_octets)
        except LineTooLong:
            return b""

    # answering

    def _refuse(self, tag: bytes, refusal: BadCommand) -> CommandRefused:
        self.send(status_line(tag, refusal.status, refusal.code, refusal.text))
        self._errors += 1
        if self._errors >= self._limits.errors:
            self.bye("too many errors")
        return CommandRefused(refusal.text)

    def _trace_command(self, assembly: _Assembly, line: bytes) -> None:
        if self._trace is None:
            return
        if assembly.syntax is not None and assembly.syntax.secret:
            line = MASK if assembly.text else line[: assembly.head_octets] + b" " + MASK
        elif assembly.syntax is None and self.state is State.NOT_AUTHENTICATED:
            line = b" ".join([*line.split()[:2], MASK])  # perhaps a login with its tag forgotten
        self._trace("C", line)
