"""kill -9 between a client and its mail, on real sockets: what was answered holds, and nothing happens twice."""

import imaplib
import json
import poplib
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

APPENDS, BEFORE_THE_KILL = 400, 60


class Server:
    """`termail-server run` as its users start it."""

    def __init__(self, data: Path) -> None:
        command = [sys.executable, "-m", "bundled_server", "run", "--data", str(data), "--domain", "example.test"]
        command += ["--hostname", "mx.example.test", "--user", "alice:pw", "--imap", "0", "--pop3", "0"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self._process.stdout is not None
        self.ports: dict[str, int] = json.loads(self._process.stdout.readline())["hosts"][0]["ports"]

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()

    def pop3(self) -> poplib.POP3:
        client = poplib.POP3("127.0.0.1", self.ports["pop3"], timeout=30)
        client.user("alice")
        client.pass_("pw")
        return client

    def subjects(self) -> dict[int, str]:
        """What is in the mailbox, by UID."""
        with imaplib.IMAP4("127.0.0.1", self.ports["imap"], timeout=30) as client:
            client.login("alice", "pw")
            client.select("INBOX", readonly=True)
            found = client.uid("FETCH", "1:*", "BODY.PEEK[HEADER.FIELDS (SUBJECT)]")[1]
        parts = [part for part in found if isinstance(part, tuple)]
        return {int(head.split()[2]): text.decode().split()[1] for head, text in parts}


@contextmanager
def running(data: Path) -> Iterator[Server]:
    server = Server(data)
    try:
        yield server
    finally:
        server.kill()


def appended_until_killed(server: Server) -> dict[int, str]:
    """What APPEND answered OK, pipelined, of a server that is killed meanwhile: subjects by UID."""
    pieces = []
    for number in range(APPENDS):
        letter = b"Subject: n%d\r\n\r\n%b\r\n" % (number, b"x" * 500)
        pieces.append(b"n%d APPEND INBOX {%d+}\r\n%b\r\n" % (number, len(letter), letter))
    heard = b""
    with socket.create_connection(("127.0.0.1", server.ports["imap"]), timeout=30) as peer:
        peer.sendall(b"a LOGIN alice pw\r\n" + b"".join(pieces))
        while heard.count(b"[APPENDUID") < BEFORE_THE_KILL:
            heard += peer.recv(65_536)
        server.kill()
        try:
            while more := peer.recv(65_536):
                heard += more
        except ConnectionResetError:
            pass
    answers = re.findall(rb"^(n\d+) OK \[APPENDUID \d+ (\d+)\] .*\r\n", heard, re.MULTILINE)
    return {int(uid): tag.decode() for tag, uid in answers}


def test_what_append_answered_is_there_exactly_once(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        answered = appended_until_killed(server)
    assert len(answered) >= BEFORE_THE_KILL
    with running(tmp_path) as server:
        found = server.subjects()
        assert answered.items() <= found.items()
        assert len(set(found.values())) == len(found)
        again = appended_until_killed(server)
    assert min(again) > max(found), "no UID twice"


def test_what_pop3_deletes_goes_at_quit_and_not_before(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        with imaplib.IMAP4("127.0.0.1", server.ports["imap"], timeout=30) as client:
            client.login("alice", "pw")
            for name in ("one", "two"):
                client.append("INBOX", "", "", f"Subject: {name}\r\n\r\nx\r\n".encode())
        reader = server.pop3()
        assert reader.dele(1).startswith(b"+OK")
        server.kill()
    with running(tmp_path) as server:
        assert server.subjects() == {1: "one", 2: "two"}
        reader = server.pop3()
        reader.dele(1)
        assert reader.quit().startswith(b"+OK")
        server.kill()
    with running(tmp_path) as server:
        assert server.subjects() == {2: "two"}
        assert server.pop3().uidl()[1][0].startswith(b"1 ")
