"""Names of things that outlive their place: EMAILID, THREADID, MAILBOXID (RFC 8474).

A message's id is its content's, so it is the same wherever the message is copied; we keep no threads, for which
THREADID is NIL.
"""

from bundled_server.maa.imap.context import Feature


def email_id_text(content_id: int) -> bytes:
    return b"M%d" % content_id


def mailbox_id_text(mailbox_id: int) -> bytes:
    return b"F%d" % mailbox_id


FEATURE = Feature(capabilities=(b"OBJECTID",))
