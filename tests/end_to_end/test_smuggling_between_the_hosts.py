"""Smuggling, judged by what is in the mailboxes afterwards: here alice's host, there bob's, reached by relay."""

import imaplib
import smtplib
import socket
import time
from base64 import b64encode
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from itertools import count

import pytest
from worlds import RunningWorld

HERE, THERE = "cities.org", "other.test"
NUMBERS = count(1)
LOGIN = b"AUTH PLAIN " + b64encode(b"\0juan\x00123456") + b"\r\n"
ENDINGS = {
    "LF.LF": b"\n.\n",
    "CR.CR": b"\r.\r",
    "CRLF.LF": b"\r\n.\n",
    "LF.CRLF": b"\n.\r\n",
    "CRLF.CR": b"\r\n.\r",
    "CR.CRLF": b"\r.\r\n",
    "CR.LF": b"\r.\n",
    "LF.CR": b"\n.\r",
    "CRCRLF.CRCRLF": b"\r\r\n.\r\r\n",
    "CRLF CR.CRLF": b"\r\n\r.\r\n",
    "CRLF.CRCRLF": b"\r\n.\r\r\n",
    "CRLF NUL.CRLF": b"\r\n\0.\r\n",
    "CRLF.NUL CRLF": b"\r\n.\0\r\n",
}
BARE = {
    "bare LF in the header": b"Subject: %b\nX-Smuggled: 1\r\n\r\nbody\r\n",
    "bare CR in the header": b"Subject: %b\rX-Smuggled: 1\r\n\r\nbody\r\n",
    "bare LF ends the header": b"Subject: %b\n\nX-Smuggled: 1\r\n",
    "bare LF in the body": b"Subject: %b\r\n\r\none\ntwo\r\n",
    "bare CR in the body": b"Subject: %b\r\n\r\none\rtwo\r\n",
    "CR CRLF in the body": b"Subject: %b\r\n\r\none\r\r\ntwo\r\n",
    "bare CR at the end": b"Subject: %b\r\n\r\none\r",
}
WITH_NUL = {
    "NUL in the header": b"Subject: %b\0x\r\n\r\nbody\r\n",
    "NUL in the body": b"Subject: %b\r\n\r\none\0two\r\n",
    "NUL before the dot": b"Subject: %b\r\n\r\none\r\n\0.\r\n\0",
}


class Road:
    """A way into alice's host: `begin` is said first, then mail from `sender` for `victim`, a user of `goal`."""

    def __init__(self, world: RunningWorld, service: str) -> None:
        self.world = world
        self.port = world.port(HERE, service)
        is_submission = service == "submission"
        self.login = LOGIN if is_submission else b""
        self.sender = b"juan@cities.org" if is_submission else b"eve@stranger.example"
        self.victim = b"bob@other.test" if is_submission else b"alice@cities.org"

    @property
    def envelope(self) -> bytes:
        return b"MAIL FROM:<%b>\r\nRCPT TO:<%b>\r\n" % (self.sender, self.victim)

    def smuggled(self, word: str) -> bytes:
        """A second transaction that would be taken if its lines were commands."""
        return self.envelope + b"DATA\r\nSubject: %b smuggled\r\n\r\nsecond\r\n" % word.encode()

    def send(self, *steps: bytes) -> None:
        """Say hello, then each step after some answer to the one before, whatever it is; QUIT; read to the end."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as peer:
            try:
                peer.recv(4096)
                for step in (b"EHLO evil.test\r\n", *filter(None, (self.login,)), *steps, b"QUIT\r\n"):
                    peer.sendall(step)
                    if step is not steps[-1]:
                        peer.recv(4096)
                while peer.recv(4096):
                    pass
            except ConnectionError:
                pass  # it closed the door while we were still talking

    def stored(self) -> dict[str, list[Message]]:
        """Everything in the mailboxes of both hosts, once an honest message, sent last by the same road, is there:
        what was accepted before it has arrived too."""
        mark = f"mark-{next(NUMBERS)}"
        with smtplib.SMTP("127.0.0.1", self.port) as client:
            if self.login:
                client.login("juan", "123456")
            letter = b"Subject: %b\r\n\r\nhonest\r\n" % mark.encode()
            client.sendmail(self.sender.decode(), [self.victim.decode()], letter)
        deadline = time.monotonic() + 60
        while True:
            found = {
                user: _inbox(self.world, domain, user)
                for user, domain in (("alice", HERE), ("juan", HERE), ("bob", THERE))
            }
            if any(message["Subject"] == mark for messages in found.values() for message in messages):
                return found
            assert time.monotonic() < deadline, "the honest message did not arrive"
            time.sleep(0.05)


def _inbox(world: RunningWorld, domain: str, user: str) -> list[Message]:
    with imaplib.IMAP4("127.0.0.1", world.port(domain, "imap")) as client:
        client.login(user, "123456")
        if client.select("INBOX", readonly=True)[1] == [b"0"]:
            return []
        answers = client.fetch("1:*", "(BODY.PEEK[])")[1]
    return [message_from_bytes(item[1]) for item in answers if isinstance(item, tuple)]


def about(found: dict[str, list[Message]], word: str) -> list[Message]:
    """The messages in which this word stands, wherever they are."""
    return [message for messages in found.values() for message in messages if word.encode() in message.as_bytes()]


@pytest.fixture(params=["smtp", "submission"])
def road(world: RunningWorld, request: pytest.FixtureRequest) -> Iterator[Road]:
    """Port 25 for alice herself, or submission for bob, whom the other host serves."""
    yield Road(world, request.param)


def test_the_true_end_lets_the_second_message_through(road: Road) -> None:
    """Else the tests below would prove nothing."""
    word = f"case-{next(NUMBERS)}-"
    text = b"Subject: %b outer\r\n\r\nfirst\r\n.\r\n" % word.encode() + road.envelope + b"DATA\r\n"
    road.send(road.envelope + b"DATA\r\n", text, b"Subject: %b smuggled\r\n\r\nsecond\r\n.\r\n" % word.encode())
    assert len(about(road.stored(), word)) == 2


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
@pytest.mark.parametrize("verb", ["DATA", "BDAT"])
def test_a_false_end_of_a_message_begins_no_other(road: Road, ending: bytes, verb: str) -> None:
    word = f"case-{next(NUMBERS)}-"
    text = b"Subject: %b outer\r\n\r\nfirst" % word.encode() + ending + road.smuggled(word)
    if verb == "DATA":
        road.send(road.envelope + b"DATA\r\n", text + b".\r\n")
    else:
        road.send(road.envelope + b"BDAT %d LAST\r\n" % len(text) + text)
    found = about(road.stored(), word)
    assert len(found) <= 1, "one transaction is one message at most"
    assert not any("smuggled" in str(message["Subject"]) for message in found)
    for message in found:  # if it was taken, then as one whole, the inner dialogue as its text
        assert b"second" in message.as_bytes()


@pytest.mark.parametrize("text", BARE.values(), ids=BARE)
@pytest.mark.parametrize("verb", ["DATA", "BDAT"])
def test_bare_line_ends_are_neither_stored_nor_relayed(road: Road, text: bytes, verb: str) -> None:
    word = f"case-{next(NUMBERS)}-"
    content = text % word.encode()
    if verb == "DATA":
        road.send(road.envelope + b"DATA\r\n", content + b"\r\n.\r\n")
    else:
        road.send(road.envelope + b"BDAT %d LAST\r\n" % len(content) + content)
    assert about(road.stored(), word) == []


@pytest.mark.parametrize("text", WITH_NUL.values(), ids=WITH_NUL)
@pytest.mark.parametrize("verb", ["DATA", "BDAT"])
def test_a_nul_divides_nothing(road: Road, text: bytes, verb: str) -> None:
    word = f"case-{next(NUMBERS)}-"
    content = text % word.encode()
    if verb == "DATA":
        road.send(road.envelope + b"DATA\r\n", content + b"\r\n.\r\n")
    else:
        road.send(road.envelope + b"BDAT %d LAST\r\n" % len(content) + content)
    assert len(about(road.stored(), word)) <= 1


@pytest.mark.parametrize("cut", [b"first\r", b"first\r\n", b"first\r\n.", b"first\r\n.\r"])
def test_the_seam_between_two_chunks_ends_no_message(road: Road, cut: bytes) -> None:
    """An honest receiver joins them; a relay that writes them out as DATA has to double the dot."""
    word = f"case-{next(NUMBERS)}-"
    whole = b"Subject: %b outer\r\n\r\nfirst\r\n.\r\n" % word.encode() + road.smuggled(word)
    at = whole.index(b"first") + len(cut)
    head, tail = whole[:at], whole[at:]
    chunks = b"BDAT %d\r\n%bBDAT %d LAST\r\n%b" % (len(head), head, len(tail), tail)
    road.send(road.envelope + chunks)
    (message,) = about(road.stored(), word)
    assert message.as_bytes().count(b"\n.\n") == 1, "the dot is text, and there still"
    assert message["Subject"].endswith("outer")


def test_a_message_cut_off_in_the_middle_is_no_message(road: Road) -> None:
    word = f"case-{next(NUMBERS)}-"
    with socket.create_connection(("127.0.0.1", road.port), timeout=60) as peer:
        for step in (b"EHLO evil.test\r\n", *filter(None, (road.login,)), road.envelope + b"DATA\r\n"):
            peer.recv(4096)
            peer.sendall(step)
        peer.recv(4096)
        peer.sendall(b"Subject: %b\r\n\r\ntext\r\n." % word.encode())
        peer.shutdown(socket.SHUT_WR)
        while peer.recv(4096):
            pass
    assert about(road.stored(), word) == []
