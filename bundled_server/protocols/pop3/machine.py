"""The server's side of a POP3 connection without IO (RFC 1939)."""

from dataclasses import dataclass, field

from bundled_server.protocols.lines import BareLineEnding, LineBuffer, LineTooLong
from bundled_server.protocols.pop3.grammar import COMMANDS, BadArguments, State
from bundled_server.protocols.pop3.replies import err
from bundled_server.protocols.speaker import Speaker, Trace

ANSWER_OCTETS = 12_288
MASK = b"********"


@dataclass(frozen=True, slots=True)
class CommandReceived:
    """A known command, legal in this state."""

    name: str
    arguments: tuple[object, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class LineReceived:
    """The line that `ask` asked for."""

    line: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CommandRefused:
    """The machine answered by itself."""

    text: str


Event = CommandReceived | LineReceived | CommandRefused


class Pop3Machine(Speaker):
    """Frames lines, checks names, arguments and states, and holds the output."""

    def __init__(self, line_octets: int, errors: int, trace: Trace | None = None) -> None:
        self._lines = LineBuffer(line_octets)
        super().__init__(self._lines, trace)
        self._line_octets = line_octets
        self._errors_left = self._errors = errors
        self._asking = False
        self.state = State.AUTHORIZATION

    # the driver's face

    @property
    def closing(self) -> bool:
        return self.state is State.CLOSED

    def next_event(self) -> Event | None:
        if self.wants_tls or self.closing:
            return None
        try:
            line = self._lines.next_line()
        except LineTooLong:
            self._asking = False
            self._lines.limit_octets = self._line_octets
            return self._refuse("the line is too long")
        except BareLineEnding:
            refused = self._refuse("lines end with CRLF")
            self.close()
            return refused
        if line is None:
            return None
        return self._answer(line) if self._asking else self._command(line)

    # the session's face

    def ask(self, prompt: bytes) -> None:
        """Send `+ prompt` and hand on the next line as LineReceived (AUTH)."""
        self.send(b"+ %b\r\n" % prompt)
        self._asking = True
        self._lines.limit_octets = ANSWER_OCTETS

    def close(self) -> None:
        self.state = State.CLOSED

    # reading

    def _answer(self, line: bytes) -> Event:
        self._trace_client(line if line == b"*" else MASK)
        self._asking = False
        self._lines.limit_octets = self._line_octets
        return LineReceived(line)

    def _command(self, line: bytes) -> Event:
        word, _, text = line.partition(b" ")
        name = word.upper().decode("latin-1")
        syntax = COMMANDS.get(name)
        masked = syntax is None or syntax.secret
        self._trace_client(b"%b %b" % (word, MASK) if masked and text else line)
        if syntax is None or self.state not in syntax.states:
            return self._refuse(f"Unknown {self.state.value} state command")
        if b"\0" in line:
            return self._refuse("NUL is not allowed")
        try:
            arguments = syntax.read(text)
        except BadArguments as fault:
            return self._refuse(str(fault))
        self._errors_left = self._errors
        return CommandReceived(name, arguments)

    def _refuse(self, text: str) -> CommandRefused:
        self.send(err(text))
        self._errors_left -= 1
        if self._errors_left <= 0:
            self.close()
        return CommandRefused(text)
