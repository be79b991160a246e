"""What the journal learns of one SMTP dialogue."""

from collections.abc import Iterable, Iterator, Sequence

from bundled_server.journal import Agent, Journal, Step
from bundled_server.protocols.smtp.header import read_header
from bundled_server.smtp_policy import Client

HEADER_EXCERPT_OCTETS = 2_048


class DialogueJournal:
    """Records events of one agent, one step, one client."""

    def __init__(self, journal: Journal, agent: Agent, step: Step, client: Client) -> None:
        self._journal = journal
        self._agent = agent
        self._step = step
        self._client = client

    def note(self, kind: str, text: str, *, direction: str = "", queue_id: str = "", message_id: str = "") -> None:
        """One event."""
        self._journal.record(
            self._agent,
            kind,
            text,
            step=self._step,
            direction=direction,
            session=self._client.session_id,
            queue_id=queue_id,
            message_id=message_id,
            peer=self._client.address,
        )

    def wire(self, direction: str, text: str) -> None:
        """One line of dialogue, "C" or "S"; its secrets are masked already."""
        self.note("wire", text, direction=direction)

    def message(self, chunks: Sequence[bytes], size_octets: int, queue_id: str) -> None:
        """The message among the lines of dialogue, as the client sent it: its header, cut short, and its size."""
        excerpt = b"".join(_first_octets(chunks, HEADER_EXCERPT_OCTETS))
        message_id = read_header(excerpt).first("message-id")
        for line in excerpt_lines(excerpt, size_octets):
            self.note("wire", line, direction="C", queue_id=queue_id, message_id=message_id)


def excerpt_lines(excerpt: bytes, size_octets: int) -> list[str]:
    """A message as the journal shows it: the lines of its header, its size, the dot."""
    header = excerpt[:HEADER_EXCERPT_OCTETS].partition(b"\r\n\r\n")[0].decode("utf-8", "backslashreplace")
    lines = header.replace("\t", " ").split("\r\n")
    return [*lines, f"… {size_octets} octets in all", "."]


def _first_octets(chunks: Iterable[bytes], octets: int) -> Iterator[bytes]:
    for chunk in chunks:
        if octets <= 0:
            return
        yield chunk[:octets]
        octets -= len(chunk)
