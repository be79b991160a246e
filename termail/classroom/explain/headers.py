"""Header fields, as they pass by in a message: who writes them, and where they are defined."""

from typing import Final

from termail.classroom.explain.note import table

FIELDS: Final = table(
    """
RETURN-PATH | the envelope's sender, kept at delivery | 5321 §4.4 | The MDA writes it; it is where bounces would go.
RECEIVED | one hop: from whom, by whom, when | 5321 §4.4 | Every server puts its own on top: read from the bottom.
DELIVERED-TO | the mailbox it was put into |
DATE | when it was written | 5322 §3.6.1
FROM | who wrote it, as the letter says | 5322 §3.6.2
SENDER | who sent it for the author | 5322 §3.6.2
REPLY-TO | where answers shall go | 5322 §3.6.2
TO | to whom, as the letter says | 5322 §3.6.3 | The envelope's RCPT TO decides where it goes.
CC | a copy to | 5322 §3.6.3
BCC | a hidden copy: never sent along | 5322 §3.6.3
MESSAGE-ID | a name in the world of its own | 5322 §3.6.4
IN-REPLY-TO | what it answers | 5322 §3.6.4
REFERENCES | the conversation before it | 5322 §3.6.4
SUBJECT | what it is about | 5322 §3.6.5
MIME-VERSION | the message uses MIME | 2045 §4
CONTENT-TYPE | what the body is | 2045 §5
CONTENT-TRANSFER-ENCODING | how octets became lines | 2045 §6
CONTENT-DISPOSITION | shown, or an attachment | 2183 §2
CONTENT-ID | a name of this part | 2045 §7
CONTENT-DESCRIPTION | words about this part | 2045 §8
AUTHENTICATION-RESULTS | what a server found: SPF, DKIM, DMARC | 8601 §2
RECEIVED-SPF | what SPF said | 7208 §9.1
DKIM-SIGNATURE | a domain signs header and body | 6376 §3.5
ARC-SEAL | a forwarder vouches for what it saw | 8617 §4.1.3
LIST-ID | the name of a mailing list | 2919 §3
LIST-UNSUBSCRIBE | how to leave the list | 2369 §3.2
LIST-POST | where to write to the list | 2369 §3.4
AUTO-SUBMITTED | a program wrote it | 3834 §5
USER-AGENT | the MUA that wrote it |
X-MAILER | the MUA that wrote it |
X-SPAM-STATUS | what the spam filter said |
X-SPAM-SCORE | the points of the spam filter |
"""
)
