"""mbox in the mboxrd form: lines that begin with From_ after any number of ">" get one more, and lose it again."""

import re
from calendar import timegm
from collections.abc import Iterator
from email.utils import parsedate_tz
from time import asctime, gmtime
from typing import IO, Final

from bundled_server.mailbox.files.portable import PortableMessage, with_lf

_QUOTED: Final = re.compile(rb"^>(>*From )", re.M)
_TO_QUOTE: Final = re.compile(rb"^(>*From )", re.M)
_HEADER_END: Final = re.compile(rb"(?:\A|\r?\n)\r?\n")
_MARKS: Final = re.compile(rb"^(Status|X-Status|X-Keywords):[ \t]*([^\r\n]*)\r?\n", re.M | re.I)
_SENDER: Final = re.compile(
    rb"^(?:Return-Path:[ \t]*<([^\s<>]*)>|From:[^\r\n]*?([^\s<>\"]+@[^\s<>\"]+))", re.M | re.I
)

STATUS_LETTERS: Final = {"R": "\\Seen"}
X_STATUS_LETTERS: Final = {"A": "\\Answered", "F": "\\Flagged", "D": "\\Deleted", "T": "\\Draft"}


def read_mbox(file: IO[bytes], mailbox: str) -> Iterator[PortableMessage]:
    """Every message of an open file, one at a time in memory. What comes before the first From_ line is passed
    over. A From_ line counts after an empty line only (RFC 4155)."""
    lines: list[bytes] = []
    separator = b""
    after_empty = True
    for line in file:
        if after_empty and line.startswith(b"From "):
            if separator:
                yield _message(mailbox, separator, lines)
            separator, lines = line, []
        elif separator:
            lines.append(line)
        after_empty = line in (b"\n", b"\r\n")
    if separator:
        yield _message(mailbox, separator, lines)


def write_message(file: IO[bytes], message: PortableMessage) -> None:
    """Append one message to an open file."""
    header, blank, text = _split(with_lf(message.data))
    header = _MARKS.sub(b"", header) + _marks(message.flags)
    sender = _SENDER.search(header)
    name = (sender[1] or sender[2]) if sender else None
    date = asctime(gmtime(message.internal_date)).encode()
    file.write(b"From %b %b\n" % (name or b"MAILER-DAEMON", date))
    octets = _TO_QUOTE.sub(rb">\1", header + blank + text)
    file.write(octets if octets.endswith(b"\n") else octets + b"\n")
    file.write(b"\n")


def _split(data: bytes) -> tuple[bytes, bytes, bytes]:
    """Header with its last line end, blank line, text."""
    match = _HEADER_END.search(data)
    if match is None:
        return (data if data.endswith(b"\n") or not data else data + b"\n"), b"\n", b""
    line_end = data.find(b"\n", match.start()) + 1 if match.start() else 0
    return data[:line_end], data[line_end : match.end()], data[match.end() :]


def _message(mailbox: str, separator: bytes, lines: list[bytes]) -> PortableMessage:
    if lines and lines[-1] in (b"\n", b"\r\n"):
        lines.pop()
    header, blank, text = _split(_QUOTED.sub(rb"\1", b"".join(lines)))
    marks = {name.lower(): value.decode("utf-8", "replace") for name, value in _MARKS.findall(header)}
    flags = {flag for letter, flag in STATUS_LETTERS.items() if letter in marks.get(b"status", "")}
    flags |= {flag for letter, flag in X_STATUS_LETTERS.items() if letter in marks.get(b"x-status", "")}
    flags |= set(marks.get(b"x-keywords", "").split())
    data = _MARKS.sub(b"", header) + blank + text
    return PortableMessage(mailbox, data, frozenset(flags), _date(separator))


def _date(separator: bytes) -> float:
    """The date of a From_ line, read as UTC (RFC 4155); 0 when there is none."""
    words = separator.decode("latin-1").split()[2:]
    parsed = parsedate_tz(" ".join(words)) if len(words) >= 4 else None
    if parsed is None:
        return 0.0
    try:
        return float(max(0, timegm(parsed[:6] + (0, 1, 0)) - (parsed[9] or 0)))
    except (ValueError, OverflowError):
        return 0.0


def _marks(flags: frozenset[str]) -> bytes:
    """Status, X-Status and X-Keywords for these flags."""
    status = "".join(letter for letter, flag in STATUS_LETTERS.items() if flag in flags) + "O"
    x_status = "".join(letter for letter, flag in X_STATUS_LETTERS.items() if flag in flags)
    keywords = " ".join(sorted(flag for flag in flags if not flag.startswith("\\")))
    fields = (("Status", status), ("X-Status", x_status), ("X-Keywords", keywords))
    return "".join(f"{name}: {value}\n" for name, value in fields if value).encode("utf-8", "replace")
