"""An mbox file (RFC 4155): read only."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

MESSAGE_OCTETS: Final = 150_000_000
_FROM: Final = re.compile(rb"From \S*.* \d{4}")
_QUOTED: Final = re.compile(rb"(?m)^>(>*From )")
_STATUS: Final = re.compile(rb"(?mi)^(?:X-)?Status:[ \t]*([A-Z]*)")
_LETTERS: Final = {"R": "\\Seen", "F": "\\Flagged", "A": "\\Answered", "D": "\\Deleted"}


class Mbox:
    """One file, one folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def messages(self) -> Iterator[tuple[str, frozenset[str], bytes]]:
        """(unique id, flags, octets) in order; >From quoting is taken off, what is far too large is cut."""
        gathered: list[bytes] = []
        octets = 0
        began = -1
        position = 0
        was_empty = True
        with self.path.open("rb") as file:
            for line in file:
                if was_empty and line.startswith(b"From ") and _FROM.match(line):
                    if began >= 0:
                        yield _message(began, gathered)
                    gathered, octets, began = [], 0, position
                elif began >= 0 and octets < MESSAGE_OCTETS:
                    gathered.append(line)
                    octets += len(line)
                position += len(line)
                was_empty = not line.strip()
        if began >= 0:
            yield _message(began, gathered)


def _message(began: int, lines: list[bytes]) -> tuple[str, frozenset[str], bytes]:
    if lines and not lines[-1].strip():
        lines = lines[:-1]
    raw = _QUOTED.sub(rb"\1", b"".join(lines))
    header, _, _ = raw.partition(b"\n\n")
    letters = b"".join(_STATUS.findall(header)).decode("ascii", "ignore")
    return f"mbox-{began}-{len(raw)}", frozenset(_LETTERS[entry] for entry in letters if entry in _LETTERS), raw
