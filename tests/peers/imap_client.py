"""A small IMAP client that reads answers into lists, strings and numbers, so that two servers can be compared."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

_ATOM = re.compile(rb'(?:[^\s()"{}\[]|\[[^\]]*\])+')
_ENDS_IN_LITERAL = re.compile(rb"\{(\d+)\+?\}\r\n\Z")
_LITERAL = re.compile(rb"~?\{(\d+)\+?\}\r\n")

Value = Any
"""None, bytes, or a list of values."""


@dataclass
class Answer:
    """The untagged responses of a command, each a list of values, and its tagged line."""

    untagged: list[list[Value]] = field(default_factory=list)
    status: str = ""
    text: str = ""

    def fetched(self) -> dict[int, dict[str, Value]]:
        """FETCH responses by number: item name to value."""
        found: dict[int, dict[str, Value]] = {}
        for line in self.untagged:
            if len(line) > 2 and line[1] == b"FETCH":
                pairs = line[2]
                items = {pairs[at].decode().upper(): pairs[at + 1] for at in range(0, len(pairs), 2)}
                found.setdefault(int(line[0]), {}).update(items)
        return found

    def named(self, name: bytes) -> list[Value]:
        """What follows the first untagged response of that name."""
        return next((line[1:] for line in self.untagged if line and line[0] == name), [])


class ImapClient:
    """One connection, logged in."""

    def __init__(self, port: int, user: str, password: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray()
        self._number = 0
        self._line()
        assert self.run(f"LOGIN {user} {password}").status == "OK"

    def __enter__(self) -> ImapClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def send(self, octets: bytes) -> None:
        self._socket.sendall(octets)

    def run(self, command: str | bytes, *literals: bytes) -> Answer:
        """A command; each `{}` in it becomes one of the literals."""
        self._number += 1
        tag = b"t%d" % self._number
        pieces = (command.encode() if isinstance(command, str) else command).split(b"{}")
        line = tag + b" " + pieces[0]
        answer = Answer()
        for octets, piece in zip(literals, pieces[1:], strict=True):
            self.send(line + b"{%d}\r\n" % len(octets))
            heard = self._line()
            while heard.startswith(b"* "):
                answer.untagged.append(parsed(heard[2:]))
                heard = self._line()
            if not heard.startswith(b"+"):
                return _finished(answer, heard)
            line = octets + piece
        self.send(line + b"\r\n")
        while True:
            line = self._response()
            if line.startswith(tag + b" "):
                return _finished(answer, line)
            answer.untagged.append(parsed(line[2:]))

    def append(self, mailbox: str, message: bytes, arguments: str = "") -> Answer:
        return self.run(f"APPEND {mailbox} {arguments}{{}}", message)

    def _line(self) -> bytes:
        """One line with its CRLF."""
        while (end := self._buffer.find(b"\r\n")) < 0:
            self._more()
        line = bytes(self._buffer[: end + 2])
        del self._buffer[: end + 2]
        return line

    def _response(self) -> bytes:
        """One line with the literals in it."""
        pieces = [self._line()]
        while (match := _ENDS_IN_LITERAL.search(pieces[-1])) is not None:
            size = int(match[1])
            while len(self._buffer) < size:
                self._more()
            pieces.append(bytes(self._buffer[:size]))
            del self._buffer[:size]
            pieces.append(self._line())
        return b"".join(pieces)

    def _more(self) -> None:
        data = self._socket.recv(1 << 20)
        if not data:
            raise EOFError("the server left")
        self._buffer += data


def _finished(answer: Answer, line: bytes) -> Answer:
    words = line.decode("utf-8", "replace").split(" ", 2)
    answer.status, answer.text = words[1], words[2].strip() if len(words) > 2 else ""
    return answer


def parsed(line: bytes) -> list[Value]:
    """A response without its `* ` as values."""
    stack: list[list[Value]] = [[]]
    at = 0
    while at < len(line):
        start = line[at : at + 1]
        if start == b"(":
            stack.append([])
            at += 1
        elif start == b")" and len(stack) > 1:
            done = stack.pop()
            stack[-1].append(done)
            at += 1
        elif start == b'"':
            end = at + 1
            while line[end : end + 1] != b'"':
                end += 2 if line[end : end + 1] == b"\\" else 1
            stack[-1].append(re.sub(rb"\\(.)", rb"\1", line[at + 1 : end]))
            at = end + 1
        elif (literal := _LITERAL.match(line, at)) is not None:
            at = literal.end() + int(literal[1])
            stack[-1].append(line[literal.end() : at])
        elif (atom := _ATOM.match(line, at)) is not None:
            stack[-1].append(None if atom[0] == b"NIL" else atom[0])
            at = atom.end()
        else:
            at += 1
    return stack[0]
