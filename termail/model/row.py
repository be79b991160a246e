"""A row: what one line of the index needs to know of a message."""

import msgspec


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One message in one folder. Text is decoded but not sanitised. Dates in epoch seconds; `depth` and
    `last_child` place it in its thread tree (threaded order only). Flags as mutt shows them: `is_new` is unread
    and not seen in a listing before (N), `is_old` unread but seen (O)."""

    message_id: int
    folder_id: int
    uid: int
    sender_name: str
    sender_address: str
    to: str
    subject: str
    message_id_header: str
    date: float
    received: float
    size_octets: int
    lines: int
    thread_id: int
    is_read: bool
    is_old: bool
    is_flagged: bool
    is_answered: bool
    is_deleted: bool
    is_draft: bool
    has_attachment: bool
    to_me: str
    list_id: str
    keywords: frozenset[str]
    has_body: bool
