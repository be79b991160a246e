"""The SMTP server machine: which command may come now, where data ends, where the client has to wait."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from bundled_server.protocols.lines import BareLineEnding, LineBuffer, LineTooLong
from bundled_server.protocols.smtp.chunk_reader import ChunkReader
from bundled_server.protocols.smtp.commands import (
    BDAT_SYNTAX,
    Auth,
    Bdat,
    Data,
    Etrn,
    Expn,
    Hello,
    Help,
    Mail,
    Noop,
    Quit,
    Rcpt,
    Rset,
    StartTls,
    Vrfy,
    is_command,
    parse_command,
)
from bundled_server.protocols.smtp.events import AuthResponse, ChunkReceived, Event, MessageReceived, Refused
from bundled_server.protocols.smtp.message_builder import MessageFault
from bundled_server.protocols.smtp.message_reader import MessageReader
from bundled_server.protocols.smtp.replies import RefusedCommand, Reply

Tap = Callable[[str, str], None]
"""Called with "C" or "S" and one line of dialogue, secrets masked, without line end."""


class State(Enum):
    """Where the dialogue stands."""

    START = "nobody said hello"
    READY = "no transaction"
    MAIL = "sender known"
    RCPT = "at least one recipient taken"
    BODY = "message data is coming"
    CHUNKS = "some chunks of the message have come"
    AUTH = "an AUTH exchange is under way"


@dataclass(frozen=True, slots=True)
class SmtpLimits:
    """The machine's share of `config.Limits`, in octets."""

    command_octets: int = 2048
    text_line_octets: int = 65_536
    message_octets: int = 52_428_800


_ALWAYS: frozenset[type] = frozenset({Hello, Rset, Noop, Quit, Help, Vrfy, Expn})
LEGAL: Mapping[State, frozenset[type]] = {
    State.START: _ALWAYS | {StartTls},
    State.READY: _ALWAYS | {Mail, Auth, StartTls, Etrn},
    State.MAIL: _ALWAYS | {Rcpt},
    State.RCPT: _ALWAYS | {Rcpt, Data, Bdat},
    State.CHUNKS: _ALWAYS | {Bdat},
}
OUT_OF_ORDER: Mapping[tuple[State, type], Reply] = {
    (State.READY, Rcpt): Reply(503, "5.5.1", "Need MAIL before RCPT"),
    (State.READY, Data): Reply(503, "5.5.1", "Need MAIL command"),
    (State.MAIL, Mail): Reply(503, "5.5.1", "Sender already specified"),
    (State.RCPT, Mail): Reply(503, "5.5.1", "Sender already specified"),
    (State.MAIL, Data): Reply(503, "5.5.1", "Need RCPT (recipient)"),
    (State.READY, Bdat): Reply(503, "5.5.1", "Need MAIL command"),
    (State.MAIL, Bdat): Reply(503, "5.5.1", "Need RCPT (recipient)"),
    (State.CHUNKS, Data): Reply(503, "5.5.1", "DATA and BDAT do not go together"),
    (State.CHUNKS, Mail): Reply(503, "5.5.1", "A message is coming already"),
    (State.CHUNKS, Rcpt): Reply(503, "5.5.1", "A message is coming already"),
    **{
        (state, kind): Reply(503, "5.5.1", f"{name} is not allowed during a mail transaction")
        for state in (State.MAIL, State.RCPT, State.CHUNKS)
        for kind, name in ((Auth, "AUTH"), (StartTls, "STARTTLS"), (Etrn, "ETRN"))
    },
}
SAY_HELLO = Reply(503, "5.5.1", "Say HELO or EHLO first")
NEXT_STATE: Mapping[tuple[type, int], State] = {
    (Hello, 2): State.READY,
    (Mail, 2): State.MAIL,
    (Rcpt, 2): State.RCPT,
    (Data, 3): State.BODY,
    (ChunkReceived, 2): State.CHUNKS,
    (Auth, 3): State.AUTH,
    (AuthResponse, 2): State.READY,
    (AuthResponse, 4): State.READY,
    (AuthResponse, 5): State.READY,
    (MessageReceived, 2): State.READY,
    (MessageReceived, 4): State.READY,
    (MessageReceived, 5): State.READY,
}
MUST_WAIT: frozenset[type] = frozenset({Hello, Data, Auth})
"""Commands whose reply the client has to read before it says more (RFC 2920 §3.1, RFC 4954 §4)."""

SECRETS_OF_A_LOGIN = 2
UNKNOWN_COMMAND = Reply(500, "5.5.1", "Command unrecognized")
LONGEST_AUTH_OCTETS = 12_288 + 32  # RFC 4954 §4: a base64 response, and the command before it

NOT_IN_STEP = Reply(554, "5.5.0", "Synchronization error: you have to wait for the reply to this command")
BARE_LINE_ENDING = Reply(521, "5.5.2", "Lines end with CR LF: bare CR or LF refused, closing connection")
LINE_TOO_LONG = Reply(500, "5.5.2", "Line too long")
MESSAGE_FAULTS: Mapping[MessageFault, Reply] = {
    MessageFault.TOO_BIG: Reply(552, "5.3.4", "Message exceeds the size limit"),
    MessageFault.LINE_TOO_LONG: Reply(554, "5.6.0", "Message has a line that is too long"),
    MessageFault.BARE_LINE_ENDING: BARE_LINE_ENDING,
}
_CLOSING_REPLIES = (NOT_IN_STEP, BDAT_SYNTAX)
_CLOSING_CODES = frozenset({221, 421, 521})


class SmtpMachine:
    """Framing, order and limits of one SMTP connection; see `protocols.machine.Machine` for its face.

    The session answers every event with exactly one `send` (the greeting comes first of all), with `lmtp` the
    whole message by `send_each`.
    """

    def __init__(self, limits: SmtpLimits, tap: Tap | None = None, *, lmtp: bool = False) -> None:
        self._lmtp = lmtp
        self._limits = limits
        self._lines = LineBuffer(max(limits.command_octets, LONGEST_AUTH_OCTETS))
        self._tap = tap
        self._reader: MessageReader | None = None
        self._chunks = ChunkReader(limits.message_octets, limits.text_line_octets)
        self._chunk: Bdat | None = None
        self._chunk_refusal: Reply | None = None
        self._is_binary = False
        self._secrets_feared = 0
        self._answering: type | None = None
        self._output: list[bytes] = []
        self.state = State.START
        self.wants_tls = False
        self.closing = False

    # the driver's side

    def receive(self, data: bytes) -> None:
        if self._reader is not None and not self._reader.is_finished:
            self._reader.feed(data)
        elif self._chunk is not None:
            self._lines.feed(self._chunks.feed(data))
        else:
            self._lines.feed(data)

    def receive_eof(self) -> None:
        """Nothing to note: an unfinished command or message is forgotten (RFC 5321 §4.1.1.10)."""

    def next_event(self) -> Event | None:
        if self._reader is not None:
            event = self._finished_message(self._reader)
        elif self._chunk is not None:
            event = self._finished_chunk(self._chunk)
        elif len(self._lines):
            event = self._next_line_event()
        else:
            return None
        if event is not None:
            self._answering = type(event)
        return event

    def take_output(self) -> bytes:
        output = self._output[0] if len(self._output) == 1 else b"".join(self._output)
        self._output.clear()
        return output

    def tls_started(self) -> None:
        """Start over: whatever was said or sent in the clear is forgotten (RFC 3207 §4.2)."""
        self._lines.clear()
        self.state = State.START
        self.wants_tls = False

    # the session's side

    def send(self, reply: Reply, *, close: bool = False) -> None:
        """Answer the event at hand; the reply decides what may come next."""
        wire = reply.encode()
        self._output.append(wire)
        if self._tap is not None:
            for line in wire.decode("ascii").splitlines():
                self._tap("S", line)
        self._advance(reply)
        if close or reply.code in _CLOSING_CODES or (reply.code >= 500 and reply in _CLOSING_REPLIES):
            self.closing = True

    def send_each(self, replies: Sequence[Reply]) -> None:
        """Answer the end of the data with one reply for each recipient, in order (LMTP, RFC 2033 §4.2)."""
        for reply in replies:
            self.send(reply)

    def _advance(self, reply: Reply) -> None:
        answered, self._answering = self._answering, None
        if answered is None:
            return
        kind = reply.code // 100
        if answered in (Auth, AuthResponse) and kind > 3:
            self._secrets_feared = SECRETS_OF_A_LOGIN
        if answered is StartTls and kind == 2:
            self.wants_tls = True
        elif answered is Rset and self.state is not State.START:
            self.state = State.READY
        else:
            self.state = NEXT_STATE.get((answered, kind), self.state)
            if self.state is State.BODY:
                self._reader = MessageReader(self._limits.message_octets, self._limits.text_line_octets)

    def _next_line_event(self) -> Event | None:
        try:
            line = self._lines.next_line()
            if line is None:
                return None
            if self.state is State.AUTH:
                return self._auth_response(line)
            if self._secrets_feared and not is_command(line):
                return self._feared_secret()
            self._secrets_feared = 0
            if len(line) > self._limits.command_octets and line[:5].upper() != b"AUTH ":
                return Refused(LINE_TOO_LONG)
            if self._tap is not None:
                self._tap("C", _masked(line))
            return self._legal(line)
        except RefusedCommand as refusal:
            return Refused(refusal.reply)
        except LineTooLong:
            return self._line_too_long()
        except BareLineEnding:
            return Refused(BARE_LINE_ENDING)

    def _legal(self, line: bytes) -> Event | None:
        command = parse_command(line, lmtp=self._lmtp)
        kind = type(command)
        refusal = None
        if kind not in LEGAL[self.state]:
            refusal = OUT_OF_ORDER.get((self.state, kind), SAY_HELLO)
        if isinstance(command, Bdat):
            return self._begin_chunk(command, refusal)
        if refusal is not None:
            return Refused(refusal)
        if isinstance(command, Mail):
            self._is_binary = command.parameters.body == "BINARYMIME"
        if kind in MUST_WAIT and len(self._lines):
            return Refused(NOT_IN_STEP)
        return command

    def _feared_secret(self) -> Event:
        """A client whose AUTH was refused may go on with its name and password: neither is repeated anywhere."""
        self._secrets_feared -= 1
        if self._tap is not None:
            self._tap("C", "***")
        return Refused(UNKNOWN_COMMAND)

    def _begin_chunk(self, chunk: Bdat, refusal: Reply | None) -> Event | None:
        """What is announced is read even when it is refused: it is no command, whatever it looks like."""
        if refusal is None and self.state is not State.CHUNKS:
            self._chunks.start(binary=self._is_binary)
        self._chunk, self._chunk_refusal = chunk, refusal
        self._chunks.begin(chunk.octets, last=chunk.is_last, wanted=refusal is None)
        self._lines.feed(self._chunks.feed(self._lines.take_rest()))
        return self._finished_chunk(chunk)

    def _finished_chunk(self, chunk: Bdat) -> Event | None:
        chunks, refusal = self._chunks, self._chunk_refusal
        fault = chunks.fault if refusal is None else None
        if fault is MessageFault.BARE_LINE_ENDING:
            return Refused(BARE_LINE_ENDING)
        if chunks.left_octets:
            return None
        self._chunk = self._chunk_refusal = None
        if refusal is not None:
            return Refused(refusal)
        if fault is not None:
            self.state = State.READY
            return Refused(MESSAGE_FAULTS[fault])
        if not chunk.is_last:
            return ChunkReceived(chunk.octets)
        self.state = State.READY
        return MessageReceived(*chunks.finish(), self._is_binary)

    def _auth_response(self, line: bytes) -> Event:
        if self._tap is not None:
            self._tap("C", "*" if line == b"*" else "***")
        return Refused(NOT_IN_STEP) if len(self._lines) else AuthResponse(line)

    def _line_too_long(self) -> Event:
        if self.state is State.AUTH:
            self.state = State.READY
        return Refused(LINE_TOO_LONG)

    def _finished_message(self, reader: MessageReader) -> Event | None:
        if not reader.is_finished:
            return None
        self._reader = None
        self.state = State.READY
        if reader.fault is not None:
            self._lines.feed(reader.rest or b"")
            return Refused(MESSAGE_FAULTS[reader.fault])
        if reader.rest:
            self._lines.feed(reader.rest)
        return MessageReceived(reader.chunks, reader.size_octets)


def _masked(line: bytes) -> str:
    """A command line for the journal; an initial response of AUTH is a secret."""
    text = line.decode("utf-8", "backslashreplace")
    words = text.split(None, 2)
    if len(words) == 3 and words[0].upper() == "AUTH":
        return f"{words[0]} {words[1]} ***"
    return text
