"""Names of things that outlive their place: EMAILID, THREADID, MAILBOXID (RFC 8474).

A message's id is its content's, so it is the same wherever the message is copied; we keep no threads, for which
THREADID is NIL.
"""

from bundled_server.maa.imap.context import Feature


def email_id_text(content_id: int) -> bytes:
    return b"M%d" % content_id


def email_content(text: bytes) -> int | None:
    """The content that an EMAILID names; None when it cannot be one of ours."""
    digits = text[1:]
    content_id = int(digits) if digits.isdigit() and len(digits) < 20 else 0
    return content_id if email_id_text(content_id) == text else None


def mailbox_id_text(mailbox_id: int) -> bytes:
    return b"F%d" % mailbox_id


FEATURE = Feature(capabilities=(b"OBJECTID",))
