"""The lecture's three sessions, as somebody would type them."""

from typing import Final, NamedTuple


class Session(NamedTuple):
    """`service` is a port of brasilia; `lines` are typed one after the other."""

    title: str
    service: str
    lines: tuple[str, ...]


LECTURE: Final = {
    "smtp": Session(
        "SMTP, as in the lecture",
        "smtp",
        (
            "HELO server.other.test",
            "MAIL FROM: <bob@other.test>",
            "RCPT TO: <alice@cities.org>",
            "DATA",
            "Esto es una prueba",
            ".",
            "QUIT",
        ),
    ),
    "pop3": Session(
        "POP3, as in the lecture",
        "pop3",
        ("user alice", "pass 123456", "NOEXIST", "LIST", "TOP 1 100", "TOP 2 100", "QUIT"),
    ),
    "imap": Session(
        "IMAP, as in the lecture",
        "imap",
        (
            'A0001 USER "alice" "123456"',
            "A0002 SELECT INBOX",
            "A0004 FETCH 1 BODY[HEADER]",
            "A0005 FETCH 1 BODY[TEXT]",
            "A0006 LOGOUT",
        ),
    ),
}
