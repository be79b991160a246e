"""A folder: how the client shows a mailbox of some account."""

import msgspec


class Folder(msgspec.Struct, frozen=True, kw_only=True):
    """`name` is decoded text with "/" between levels. `role` is "inbox", "sent", "drafts", "trash", "junk",
    "archive", "outbox" or "". Counts are local.

    A virtual folder has a negative id, the pattern `search` that makes it, and `account` "" when it means all.
    """

    folder_id: int
    account: str
    name: str
    role: str
    total: int
    unread: int
    flagged: int
    subscribed: bool = True
    search: str = ""
