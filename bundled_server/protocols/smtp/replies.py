"""SMTP replies as values, and their form on the wire (RFC 5321 §4.2, RFC 2034)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply. `text` may hold several lines separated by "\\n"; `status` is the enhanced code (RFC 3463)
    without the trailing space, "" where none belongs (greeting, HELO, EHLO, 3xx)."""

    code: int
    status: str
    text: str

    @property
    def is_positive(self) -> bool:
        return self.code < 400

    def encode(self) -> bytes:
        """The octets to send; control characters and what is not ASCII come out escaped."""
        text = self.text
        if "\n" not in text and text.isascii() and text.isprintable():
            words = f"{self.code} {self.status} {text}" if self.status else f"{self.code} {text}"
            return words.encode("ascii") + b"\r\n"
        return self._encode_lines()

    def _encode_lines(self) -> bytes:
        status = f"{self.status} " if self.status else ""
        lines = self.text.split("\n")
        wire = bytearray()
        for number, line in enumerate(lines, 1):
            mark = " " if number == len(lines) else "-"
            wire += f"{self.code}{mark}{status}{_visible(line)}".encode("ascii", "backslashreplace") + b"\r\n"
        return bytes(wire)


def _visible(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in line)


class RefusedCommand(Exception):
    """A command that cannot be taken; carries the reply that says why."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply
