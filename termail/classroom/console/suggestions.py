"""What may be typed next, by protocol and state; the addresses are people of the practice world."""

from typing import Final, NamedTuple


class Suggestion(NamedTuple):
    """A line to type, and what it is for."""

    text: str
    words: str


def _lines(text: str) -> tuple[Suggestion, ...]:
    """Lines `COMMAND | words`."""
    return tuple(Suggestion(*(part.strip() for part in line.split(" | "))) for line in text.strip().splitlines())


_CLOSED: Final = (Suggestion("", "the connection is closed: o connects again"),)
SUGGESTIONS: Final = {
    "smtp": {
        "greeting": (Suggestion("", "the server speaks first: wait for 220"),),
        "connected": _lines(
            """
            EHLO server.other.test | say who you are, and ask for extensions
            HELO server.other.test | say who you are, as in 1982
            QUIT | leave
            """
        ),
        "ready": _lines(
            """
            MAIL FROM:<bob@other.test> | open an envelope: its sender
            STARTTLS | encrypt from here on
            AUTH PLAIN | sign in (submission only)
            VRFY alice | ask whether a mailbox exists
            QUIT | leave
            """
        ),
        "mail": _lines(
            """
            RCPT TO:<alice@cities.org> | a recipient of the envelope
            RCPT TO:<friend@outside.example> | somebody elsewhere: is this an open relay?
            RSET | forget this envelope
            """
        ),
        "rcpt": _lines(
            """
            DATA | the message itself
            RCPT TO:<juan@cities.org> | one more recipient
            RSET | forget this envelope
            """
        ),
        "data": _lines(
            """
            Subject: By hand | header fields come first
            From: Bob <bob@other.test> | what people read; the envelope may say otherwise
            . | a dot alone on its line ends the message
            """
        ),
        "closed": _CLOSED,
    },
    "pop3": {
        "greeting": (Suggestion("", "the server speaks first: wait for +OK"),),
        "authorization": _lines(
            """
            USER alice | who you are
            CAPA | what the server can do
            STLS | encrypt from here on
            QUIT | leave
            """
        ),
        "user": _lines("PASS 123456 | the password, in the clear unless under TLS"),
        "transaction": _lines(
            """
            STAT | how much mail is there?
            LIST | how long is each message?
            UIDL | the lasting names
            TOP 1 10 | the header and ten lines of the first
            RETR 1 | the whole first message
            DELE 1 | mark it for deletion
            QUIT | delete what is marked, and leave
            """
        ),
        "closed": _CLOSED,
    },
    "imap": {
        "greeting": (Suggestion("", "the server speaks first: wait for * OK"),),
        "not authenticated": _lines(
            """
            TAG LOGIN alice 123456 | sign in; the password is in the line
            TAG CAPABILITY | what can the server do?
            TAG STARTTLS | encrypt from here on
            TAG LOGOUT | leave
            """
        ),
        "authenticated": _lines(
            """
            TAG SELECT INBOX | open a folder
            TAG LIST "" "*" | which folders are there?
            TAG STATUS INBOX (MESSAGES UNSEEN) | how many messages?
            TAG LOGOUT | leave
            """
        ),
        "selected": _lines(
            """
            TAG FETCH 1 (FLAGS ENVELOPE) | flags and addresses of the first
            TAG FETCH 1 BODY.PEEK[HEADER] | its header, without marking it read
            TAG SEARCH SUBJECT "lunch" | which messages?
            TAG STORE 1 +FLAGS (\\Flagged) | change a flag
            TAG IDLE | wait for news; DONE ends it
            TAG EXPUNGE | remove what is marked deleted
            TAG LOGOUT | leave
            """
        ),
        "closed": _CLOSED,
    },
}
