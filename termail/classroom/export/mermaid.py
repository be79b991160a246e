"""A dialogue as a Mermaid sequence diagram."""

from collections.abc import Sequence
from typing import Final

from termail.classroom.wire_line import Spoken
from termail.mime.sanitize import clean_line

TEXT_LIMIT: Final = 100
_ENTITIES: Final = {"#": "#35;", ";": "#59;", "<": "#lt;", ">": "#gt;"}


def sequence_diagram(lines: Sequence[Spoken]) -> str:
    """One participant for each party, one arrow for each line; TLS records are left out."""
    names: dict[str, str] = {}
    arrows: list[str] = []
    for line in lines:
        if line.protocol == "tls":
            continue
        client, server = (_alias(names, party) for party in parties(line))
        if line.direction == "C":
            arrows.append(f"    {client}->>{server}: {_escaped(line.text)}")
        elif line.direction == "S":
            arrows.append(f"    {server}-->>{client}: {_escaped(line.text)}")
        else:
            arrows.append(f"    Note over {server}: {_escaped(line.text)}")
    heads = [f"    participant {alias} as {_escaped(name)}" for name, alias in names.items()]
    return "\n".join(["sequenceDiagram", *heads, *arrows, ""])


def parties(line: Spoken) -> tuple[str, str]:
    """(client, server) of a conversation; a host that relays is the client of its peer."""
    if line.is_ours:
        return line.place, line.peer or f"{line.protocol} server"
    if line.protocol == "dns":
        return line.place, "DNS"
    if line.connection.startswith("relay-"):
        return line.place, line.peer or line.connection
    return f"{line.peer or 'client'} ({line.connection})", line.place


def _alias(names: dict[str, str], name: str) -> str:
    return names.setdefault(name, f"p{len(names) + 1}")


def _escaped(text: str) -> str:
    text = clean_line(text)
    text = text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 1] + "…"
    return "".join(_ENTITIES.get(character, character) for character in text) or " "
