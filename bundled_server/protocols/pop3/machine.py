"""The server's side of a POP3 connection without IO (RFC 1939)."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bundled_server.protocols.lines import BareLineEnding, LineBuffer, LineTooLong
from bundled_server.protocols.pop3.grammar import COMMANDS, BadArguments, State
from bundled_server.protocols.pop3.replies import err

ANSWER_OCTETS = 12_288
MASK = b"********"

Trace = Callable[[str, bytes], None]


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


class Pop3Machine:
    """Frames lines, checks names, arguments and states, and holds the output."""

    def __init__(self, line_octets: int, errors: int, trace: Trace | None = None) -> None:
        self._lines = LineBuffer(line_octets)
        self._line_octets = line_octets
        self._errors_left = self._errors = errors
        self._trace = trace
        self._output: list[bytes] = []
        self._asking = False
        self.state = State.AUTHORIZATION
        self.wants_tls = False

    # the driver's face

    @property
    def closing(self) -> bool:
        return self.state is State.CLOSED

    def receive(self, data: bytes) -> None:
        self._lines.feed(data)

    def receive_eof(self) -> None:
        self._lines.clear()

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

    def take_output(self) -> bytes:
        output = b"".join(self._output)
        self._output.clear()
        return output

    def tls_started(self) -> None:
        """The handshake is done: what was heard in the clear is forgotten (RFC 2595 §4)."""
        self._lines.clear()
        self.wants_tls = False

    # the session's face

    def send(self, data: bytes) -> None:
        if self._trace is not None:
            self._trace("S", data)
        self._output.append(data)

    def ask(self, prompt: bytes) -> None:
        """Send `+ prompt` and hand on the next line as LineReceived (AUTH)."""
        self.send(b"+ %b\r\n" % prompt)
        self._asking = True
        self._lines.limit_octets = ANSWER_OCTETS

    def start_tls(self) -> None:
        self.wants_tls = True

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

    def _trace_client(self, line: bytes) -> None:
        if self._trace is not None:
            self._trace("C", line)
