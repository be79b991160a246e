"""What the journal learns of one SMTP dialogue."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from bundled_server.journal import Agent, Journal, Step
from bundled_server.protocols.smtp.header import read_header
from bundled_server.smtp_policy import Client

HEADER_EXCERPT_OCTETS = 2_048
LINE_END_OCTETS = 2


class DialogueJournal:
    """Records events of one agent, one step, one client; `tls_of` tells what the connection speaks now. Every MAIL
    begins an exchange of its own; once it is known which message it brings, each line says so."""

    def __init__(
        self, journal: Journal, agent: Agent, step: Step, client: Client, tls_of: Callable[[], str] = str
    ) -> None:
        self._journal = journal
        self._agent = agent
        self._step = step
        self._client = client
        self._tls_of = tls_of
        self._exchange = 0
        self._queue_id = ""
        self._message_id = ""

    def note(
        self,
        kind: str,
        text: str,
        *,
        direction: str = "",
        queue_id: str = "",
        message_id: str = "",
        octets: int = 0,
        tls: str = "",
    ) -> None:
        """One event."""
        self._journal.record(
            self._agent,
            kind,
            text,
            step=self._step,
            direction=direction,
            session=self._client.session_id,
            queue_id=queue_id or self._queue_id,
            message_id=message_id or self._message_id,
            peer=self._client.address,
            exchange=self._exchange,
            octets=octets,
            tls=tls,
        )

    def wire(self, direction: str, text: str) -> None:
        """One line of dialogue, "C" or "S"; its secrets are masked already."""
        if direction == "C":
            self._queue_id = self._message_id = ""
            if text[:5].upper() == "MAIL ":
                self._exchange += 1
        self._line(direction, text, len(text.encode()) + LINE_END_OCTETS)

    def message(self, chunks: Sequence[bytes], size_octets: int, queue_id: str) -> None:
        """The message among the lines of dialogue, as the client sent it: its header, cut short, and its size."""
        excerpt = b"".join(_first_octets(chunks, HEADER_EXCERPT_OCTETS))
        self._queue_id, self._message_id = queue_id, read_header(excerpt).first("message-id")
        for line, octets in excerpt_lines(excerpt, size_octets):
            self._line("C", line, octets)

    def _line(self, direction: str, text: str, octets: int) -> None:
        self.note("wire", text, direction=direction, octets=octets, tls=self._tls_of().partition(" ")[0])


def excerpt_lines(excerpt: bytes, size_octets: int) -> list[tuple[str, int]]:
    """A message as the journal shows it, each line with the octets it stands for: the lines of its header, its
    size, the dot."""
    header = excerpt[:HEADER_EXCERPT_OCTETS].partition(b"\r\n\r\n")[0].split(b"\r\n")
    shown = [
        (line.decode("utf-8", "backslashreplace").replace("\t", " "), len(line) + LINE_END_OCTETS)
        for line in header
    ]
    rest = max(0, size_octets - sum(octets for _, octets in shown))
    return [*shown, (f"… {size_octets} octets in all", rest), (".", len(".") + LINE_END_OCTETS)]


def _first_octets(chunks: Iterable[bytes], octets: int) -> Iterator[bytes]:
    for chunk in chunks:
        if octets <= 0:
            return
        yield chunk[:octets]
        octets -= len(chunk)
