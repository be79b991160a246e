"""The server's side of a ManageSieve connection without IO (RFC 5804)."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bundled_server.protocols.framing import Framer, LineTooLong
from bundled_server.protocols.managesieve.grammar import (
    COMMANDS,
    Argument,
    BadArguments,
    State,
    Syntax,
    literal_at,
    word_at,
)
from bundled_server.protocols.managesieve.replies import bye, no

MASK = b"********"
ENDLESS = 16
"""So many times the limit, thrown away, and the peer is not speaking ManageSieve."""
MOST_ARGUMENTS = 4

Trace = Callable[[str, bytes], None]


@dataclass(frozen=True, slots=True)
class CommandReceived:
    """A known command, legal in this state, with as many arguments as were given."""

    name: str
    arguments: tuple[Argument, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class AnswerReceived:
    """The string that `ask` asked for; `*` comes as it is."""

    text: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CommandRefused:
    """The machine answered by itself."""

    text: str


@dataclass(frozen=True, slots=True)
class TlsStarted:
    """The capabilities have to be told again (§2.2)."""


Event = CommandReceived | AnswerReceived | CommandRefused | TlsStarted


@dataclass(slots=True)
class _Assembly:
    """A command on its way in; `refusal` says why it will not be carried out, once all of it is here."""

    name: str = ""
    syntax: Syntax | None = None
    arguments: list[Argument] = field(default_factory=list)
    refusal: str = ""
    code: bytes = b""
    is_whole: bool = False


class ManageSieveMachine:
    """Frames commands with their literals, checks names, arguments and states, and holds the output.

    A literal that is too large is thrown away as it comes, so that its octets never run as commands.
    """

    def __init__(
        self,
        *,
        line_octets: int,
        literal_before_login_octets: int,
        literal_octets: int,
        errors: int,
        trace: Trace | None = None,
    ) -> None:
        self._framer = Framer()
        self._line_octets = line_octets
        self._literal_before_login_octets = literal_before_login_octets
        self._literal_octets = literal_octets
        self._errors_left = self._errors = errors
        self._trace = trace
        self._output: list[bytes] = []
        self._assembly = _Assembly()
        self._literal_left: int | None = None
        self._skip_left = 0
        self._asking = False
        self._tls_is_new = False
        self.state = State.BEFORE_LOGIN
        self.wants_tls = False

    # the driver's face

    @property
    def closing(self) -> bool:
        return self.state is State.CLOSED

    def receive(self, data: bytes) -> None:
        self._framer.feed(data)

    def receive_eof(self) -> None:
        self._framer.clear()

    def next_event(self) -> Event | None:
        if self._tls_is_new:
            self._tls_is_new = False
            return TlsStarted()
        while not (self.wants_tls or self.closing):
            if not self._advance():
                return None
            if self._assembly.is_whole:
                return self._finish()
        return None

    def take_output(self) -> bytes:
        output = b"".join(self._output)
        self._output.clear()
        return output

    def tls_started(self) -> None:
        """The handshake is done: what was heard in the clear is forgotten."""
        self._framer.clear()
        self._assembly = _Assembly()
        self.wants_tls = False
        self._tls_is_new = True

    # the session's face

    def send(self, data: bytes) -> None:
        if self._trace is not None:
            self._trace("S", data)
        self._output.append(data)

    def ask(self, challenge: bytes) -> None:
        """Send a challenge; the next string is handed on as AnswerReceived (AUTHENTICATE)."""
        self.send(b'"%b"\r\n' % challenge)
        self._asking = True

    def start_tls(self) -> None:
        self.wants_tls = True

    def close(self) -> None:
        self.state = State.CLOSED

    # reading

    def _advance(self) -> bool:
        """Read one line or one literal; false when more input is needed."""
        if self._skip_left:
            self._skip_left = self._framer.skip(self._skip_left)
            return not self._skip_left
        if self._literal_left is not None:
            literal = self._framer.next_literal(self._literal_left)
            if literal is None:
                return False
            self._literal_left = None
            self._take(literal)
            return True
        try:
            line = self._framer.next_line(self._line_octets)
        except LineTooLong as fault:
            self._refuse_rest("the line is too long")
            announced = literal_at(fault.tail, max(fault.tail.rfind(b"{"), 0))
            if announced is not None:
                self._expect_literal(*announced)
            else:
                self._assembly.is_whole = True
            return True
        if line is None:
            if self._framer.dropped_octets > ENDLESS * self._line_octets:
                self._end("the line never ends")
            return self.closing
        self._read_line(line)
        return True

    def _read_line(self, line: bytes) -> None:
        self._trace_client(line)
        assembly = self._assembly
        position = 0
        if assembly.arguments or assembly.name:
            if line[:1] not in (b"", b" "):
                self._refuse_rest("a space is missing after the literal")
            position = 1
        while position < len(line):
            announced = literal_at(line, position)
            if announced is not None:
                self._expect_literal(*announced)
                return
            try:
                word, is_name, position = word_at(line, position)
            except BadArguments as fault:
                self._refuse_rest(str(fault))
                # what follows a literal on a line that cannot be read is still the literal's
                announced = literal_at(line, max(line.rfind(b"{"), 0))
                if announced is not None:
                    self._expect_literal(*announced)
                    return
                break
            self._take(word, is_name=is_name)
        assembly.is_whole = True

    def _take(self, word: bytes | int, *, is_name: bool = False) -> None:
        assembly = self._assembly
        if self._asking or assembly.name:
            if is_name and not (self._asking and word == b"*"):
                self._refuse_rest("strings are written in quotes")
            if len(assembly.arguments) >= MOST_ARGUMENTS:
                self._refuse_rest("too many arguments")
            elif isinstance(word, bytes) and b"\0" in word:
                self._refuse_rest("NUL is not allowed")
            else:
                assembly.arguments.append(word)
        elif is_name and isinstance(word, bytes):
            assembly.name = word.decode("ascii").upper()
            assembly.syntax = COMMANDS.get(assembly.name)
        else:
            self._refuse_rest("a command begins with its name")

    def _expect_literal(self, octets: int, unasked: bool) -> None:
        limit = self._literal_octets if self.state is State.AFTER_LOGIN else self._literal_before_login_octets
        if not unasked:
            self._refuse_rest("literals are written {n+}")
            self._assembly.is_whole = True
        elif octets > ENDLESS * self._literal_octets:
            self._end("the literal is too large")
        elif octets > limit or self._assembly.refusal:
            self._refuse_rest(f"the literal is larger than {limit} octets", b"QUOTA/MAXSIZE")
            self._skip_left = octets
            if self._trace is not None:
                self._trace("C", b"... %d octets thrown away" % octets)
        else:
            self._literal_left = octets

    def _refuse_rest(self, text: str, code: bytes = b"") -> None:
        if not self._assembly.refusal:
            self._assembly.refusal, self._assembly.code = text, code

    # a whole command

    def _finish(self) -> Event | None:
        assembly, self._assembly = self._assembly, _Assembly()
        asking, self._asking = self._asking, False
        refusal = assembly.refusal or ("" if asking else self._illegal(assembly))
        if not refusal and asking and (len(assembly.arguments) != 1 or isinstance(assembly.arguments[0], int)):
            refusal = "the answer to a challenge is one string"
        if refusal:
            return self._refuse(refusal, assembly.code)
        self._errors_left = self._errors
        if asking:
            answer = assembly.arguments[0]
            assert isinstance(answer, bytes)
            return AnswerReceived(answer)
        return CommandReceived(assembly.name, tuple(assembly.arguments))

    def _illegal(self, assembly: _Assembly) -> str:
        if assembly.syntax is None:
            return "no such command" if assembly.name else "a command is missing"
        if self.state not in assembly.syntax.states:
            return f"{assembly.name} cannot come {self.state.value}"
        try:
            assembly.syntax.check(tuple(assembly.arguments))
        except BadArguments as fault:
            return str(fault)
        return ""

    def _refuse(self, text: str, code: bytes = b"") -> CommandRefused:
        self._errors_left -= 1
        if self._errors_left <= 0:
            self._end("too many errors")
        else:
            self.send(no(text, code))
        return CommandRefused(text)

    def _end(self, text: str) -> None:
        self.send(bye(text))
        self.close()

    def _trace_client(self, line: bytes) -> None:
        if self._trace is None:
            return
        words = line.split(b" ", 2)
        is_secret = self._asking or self._assembly.name == "AUTHENTICATE"
        if is_secret and line != b'"*"':
            line = MASK
        elif words[0].upper() == b"AUTHENTICATE" and len(words) > 2:
            line = b" ".join((*words[:2], MASK))
        elif line.lstrip().upper().startswith(b"AUTHENTICATE") and words[0].upper() != b"AUTHENTICATE":
            line = MASK  # no command, written with tabs or the like, but there may be a password in it
        self._trace("C", line)
