"""POP3's replies: a line, or a block that ends with a dot."""

from typing import Final

from termail.mra.pop.errors import PopGone
from termail.mra.stream import Stream
from termail.net.wire import MASK, Tap, no_tap, shown

LINE_OCTETS: Final = 1_000_000
"""RFC 1939 knows 512; real mail has longer lines."""
MESSAGE_OCTETS: Final = 150_000_000
LISTING_OCTETS: Final = 100_000_000
SILENCE_SECONDS: Final = 90.0


class PopProtocol(Stream):
    """Awaited one reply at a time; commands may be sent ahead (PIPELINING, RFC 2449 §6.6). Raises PopGone."""

    def __init__(self, tap: Tap = no_tap) -> None:
        super().__init__(PopGone, line_octets=LINE_OCTETS, silence_seconds=SILENCE_SECONDS)
        self._tap = tap

    def send(self, line: str, *, secret: bool = False) -> None:
        """One command. Raises PopGone, ValueError."""
        if any(ord(entry) < 0x20 or ord(entry) == 0x7F for entry in line):
            raise ValueError("a control character in a command")
        self.write(line.encode("utf-8"))
        self._tap("C", f"{line.split(' ')[0]} {MASK}" if secret else line)

    async def status_line(self) -> bytes:
        """A line of dialogue, told to the tap."""
        line = await self.line()
        if self._tap is not no_tap:
            self._tap("S", shown(line))
        return line

    async def block(self, limit_octets: int) -> list[bytes]:
        """The lines of a multi-line reply, dots taken off (RFC 1939 §3). Raises PopGone."""
        lines: list[bytes] = []
        octets = 0
        while (line := await self.line()) != b".":
            if line.startswith(b"."):
                line = line[1:]
            octets += len(line) + 2
            if octets > limit_octets:
                raise self.cut(f"the server sent more than {limit_octets} octets at once")
            lines.append(line)
        if self._tap is not no_tap:
            self._tap("S", f"({len(lines)} lines, {octets} octets, then a dot)")
        return lines
