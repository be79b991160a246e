"""The lecture's three telnet dialogues, typed as a person would, answered by the practice world's brasilia."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager


class Telnet:
    """A person at a terminal: types a line, reads what comes back."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._lines = self._socket.makefile("rb")

    def types(self, line: str) -> None:
        self._socket.sendall(line.encode() + b"\r\n")

    def reads(self) -> str:
        return self._lines.readline().decode().rstrip("\r\n")

    def reads_until(self, pattern: str) -> list[str]:
        """Lines up to and with the first that matches."""
        lines = [self.reads()]
        while not re.match(pattern, lines[-1]):
            assert lines[-1] or len(lines) < 500, lines
            lines.append(self.reads())
        return lines

    def sees_the_end(self) -> bool:
        return self._lines.read(1) == b""

    def close(self) -> None:
        self._lines.close()
        self._socket.close()


@contextmanager
def telnet(port: int) -> Iterator[Telnet]:
    session = Telnet(port)
    try:
        yield session
    finally:
        session.close()


def test_the_smtp_dialogue_of_the_lecture(world) -> None:
    with telnet(world.port("cities.org", "smtp")) as person:
        assert person.reads().startswith("220 brasilia.cities.org ")
        person.types("HELO server.other.test")
        assert re.match(r"250 brasilia\.cities\.\w+ Hello server.*pleased to meet you", person.reads())
        person.types("MAIL FROM: <bob@other.test>")
        assert re.match(r"250 2\.1\.0 <?bob@other\.test>?\.\.\. Sender ok", person.reads())
        person.types("RCPT TO: <alice@cities.org>")
        assert re.match(r"250 2\.1\.5 <?alice@cities\.org>? ?\.\.\. Recipient ok", person.reads())
        person.types("DATA")
        assert person.reads() == '354 Enter mail, end with "." on a line by itself'
        person.types("Esto es una prueba")
        person.types(".")
        assert re.match(r"250 2\.0\.0 \w+ Message accepted for delivery", person.reads())
        person.types("QUIT")
        assert person.reads() == "221 2.0.0 brasilia.cities.org closing connection"
        assert person.sees_the_end()


def test_the_esmtp_keywords_of_the_lecture(world) -> None:
    with telnet(world.port("cities.org", "smtp")) as person:
        person.reads()
        person.types("EHLO server.other.test")
        lines = person.reads_until(r"250 ")
        assert re.match(r"250-brasilia\.cities\.org Hello server\.other\.test.*pleased to meet you", lines[0])
        keywords = {line[4:].split()[0] for line in lines[1:]}
        assert {"ENHANCEDSTATUSCODES", "PIPELINING", "STARTTLS", "8BITMIME", "SIZE", "HELP"} <= keywords


def test_the_pop3_dialogue_of_the_lecture(world) -> None:
    with telnet(world.port("cities.org", "pop3")) as person:
        assert re.match(r"\+OK POP3 \S+ .*server ready", person.reads())
        person.types("user juan")
        assert person.reads() == "+OK User name accepted, password please"
        person.types("pass 123456")
        opened = re.match(r"\+OK Mailbox open, (\d+) messages", person.reads())
        assert opened
        count = int(opened[1])
        assert count >= 2
        person.types("NOEXIST")
        assert person.reads() == "-ERR Unknown TRANSACTION state command"
        person.types("LIST")
        assert person.reads() == "+OK Mailbox scan listing follows"
        listing = person.reads_until(r"\.$")
        assert len(listing) == count + 1
        assert re.fullmatch(r"1 \d+", listing[0])
        for number in (1, 2):
            person.types(f"TOP {number} 100")
            assert person.reads() == "+OK Top of message follows"
            top = person.reads_until(r"\.$")
            assert top[0].startswith("Return-Path: <")
        person.types("QUIT")
        assert person.reads() == "+OK Sayonara"
        assert person.sees_the_end()


def test_the_imap_dialogue_of_the_lecture(world) -> None:
    with telnet(world.port("cities.org", "imap")) as person:
        assert re.match(r"\* OK .*brasilia\.cities\.org IMAP4rev1 .*server ready", person.reads())
        person.types('A0001 USER "alice" "123456"')
        login = person.reads_until(r"A0001 ")
        assert re.match(r"A0001 OK .*User alice authenticated", login[-1])
        person.types("A0002 SELECT INBOX")
        selected = person.reads_until(r"A0002 ")
        assert any(re.fullmatch(r"\* \d+ EXISTS", line) for line in selected)
        assert any(re.fullmatch(r"\* \d+ RECENT", line) for line in selected)
        assert selected[-1].startswith("A0002 OK [READ-WRITE]")
        person.types("A0004 FETCH 1 BODY[HEADER]")
        header = person.reads_until(r"A0004 ")
        assert re.match(r"\* 1 FETCH \(BODY\[HEADER\] \{\d+\}", header[0])
        assert header[1].startswith("Return-Path: <")
        assert header[-1] == "A0004 OK FETCH completed"
        person.types("A0005 FETCH 1 BODY[TEXT]")
        body = person.reads_until(r"A0005 ")
        assert re.match(r"\* 1 FETCH \(.*BODY\[TEXT\] \{\d+\}", body[0])
        assert body[-1] == "A0005 OK FETCH completed"
        person.types("A0006 LOGOUT")
        assert re.match(r"\* BYE \S+ IMAP4rev1 server terminating connection", person.reads())
        assert person.reads() == "A0006 OK LOGOUT completed"
        assert person.sees_the_end()
