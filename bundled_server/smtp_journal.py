"""What the journal learns of one SMTP dialogue."""

from bundled_server.journal import Agent, Journal, Step
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

    def message(self, content: bytes, queue_id: str, message_id: str) -> None:
        """The message among the lines of dialogue: its header, cut short, and its size."""
        header = content[:HEADER_EXCERPT_OCTETS].partition(b"\r\n\r\n")[0].decode("utf-8", "backslashreplace")
        for line in [*header.split("\r\n"), f"… {len(content)} octets in all", "."]:
            self.note("wire", line, direction="C", queue_id=queue_id, message_id=message_id)
