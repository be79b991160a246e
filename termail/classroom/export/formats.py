"""The formats a dialogue is written in, by the ending of the file's name."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from termail.classroom.export.mermaid import sequence_diagram
from termail.classroom.export.packets import capture
from termail.classroom.wire_line import Spoken
from termail.mime.sanitize import clean_line

Writer = Callable[[Sequence[Spoken]], bytes]


class UnknownFormat(ValueError):
    """The text says which endings there are."""


def as_text(lines: Sequence[Spoken]) -> bytes:
    """Transcript lines: time, place, connection, "C:" or "S:", words."""
    return "".join(f"{_when(line)} {line.place} {_conversation(line)} {_said(line)}\n" for line in lines).encode()


def as_json(lines: Sequence[Spoken]) -> bytes:
    """One list of objects; the field names are those of `Spoken`."""
    safe = [msgspec.structs.replace(line, text=clean_line(line.text)) for line in lines]
    return msgspec.json.format(msgspec.json.encode(safe), indent=1) + b"\n"


def as_mermaid(lines: Sequence[Spoken]) -> bytes:
    """A diagram that GitHub and others draw."""
    return sequence_diagram(lines).encode()


FORMATS: Final[dict[str, Writer]] = {"txt": as_text, "json": as_json, "pcap": capture, "mmd": as_mermaid}


def write_as(name: str, lines: Sequence[Spoken]) -> bytes:
    """The dialogue in the format of the file's name. Raises UnknownFormat."""
    ending = name.rpartition(".")[2].lower()
    writer = FORMATS.get(ending) if "." in name else None
    if writer is None:
        endings = ", ".join(f".{known}" for known in FORMATS)
        raise UnknownFormat(f"end the name with one of {endings}, not as {name}")
    return writer(lines)


def _when(line: Spoken) -> str:
    return datetime.fromtimestamp(line.time, UTC).strftime("%H:%M:%S.%f")[:-3]


def _conversation(line: Spoken) -> str:
    return line.connection or line.protocol or line.agent or "-"


def _said(line: Spoken) -> str:
    mark = f"{line.direction}: " if line.direction else "-- "
    record = "[tls] " if line.protocol == "tls" else ""
    return f"{mark}{record}{clean_line(line.text)}"
