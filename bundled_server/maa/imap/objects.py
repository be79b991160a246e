"""Names of things that outlive their place: EMAILID, THREADID, MAILBOXID (RFC 8474).

A message's id is its content's, so it is the same wherever the message is copied. Its thread's is made of the
Message-ID that the conversation began with, as far as the message itself tells: so it never changes, whatever
arrives later, and is the same in every mailbox.
"""

from bundled_server.maa.imap.context import Feature
from bundled_server.mailbox.search.thread_keys import ThreadKeys


def email_id_text(content_id: int) -> bytes:
    return b"M%d" % content_id


def email_content(text: bytes) -> int | None:
    """The content that an EMAILID names; None when it cannot be one of ours."""
    digits = text[1:]
    content_id = int(digits) if digits.isdigit() and len(digits) < 20 else 0
    return content_id if email_id_text(content_id) == text else None


def thread_id_text(content_id: int, keys: ThreadKeys) -> bytes:
    """A message that names no other and has no name is a thread by itself."""
    root = keys.references[0] if keys.references else keys.message_id
    return b"T%x" % root if root else b"T" + email_id_text(content_id)


def mailbox_id_text(mailbox_id: int) -> bytes:
    return b"F%d" % mailbox_id


FEATURE = Feature(capabilities=(b"OBJECTID",))
