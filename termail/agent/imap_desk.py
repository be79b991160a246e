"""What the work and the watching of one IMAP account share."""

from dataclasses import dataclass, field

from termail.mra.sync.mailboxes import Mailboxes


@dataclass(slots=True)
class ImapDesk:
    """`dirty` are folders to sync, in order; `skipped` are (folder, uid) the server lists but does not give;
    `wished_search` is (folder, criteria) of a search for whoever watches the wire."""

    mailboxes: Mailboxes = field(default_factory=lambda: Mailboxes(()))
    dirty: dict[int, None] = field(default_factory=dict)
    skipped: set[tuple[int, int]] = field(default_factory=set)
    next_check: float = 0.0
    wished_search: tuple[int, str] | None = None

    def mark(self, folder_id: int) -> None:
        """This folder is to be synced."""
        self.dirty[folder_id] = None
