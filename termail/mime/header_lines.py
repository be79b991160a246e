"""The header block above a displayed message, weeded or full."""

from collections.abc import Iterator
from typing import Final

from termail.mime import limits
from termail.mime.addresses import parse_addresses
from termail.mime.lines import Line, LineKind
from termail.mime.sanitize import clean_line
from termail.mime.words import decode_words
from termail.mime.wrapping import fits, wrap

_ADDRESSES: Final = frozenset(("from", "to", "cc", "bcc", "reply-to", "sender", "resent-from", "resent-to"))
_ACRONYMS: Final = {"message-id": "Message-ID", "mime-version": "MIME-Version", "list-id": "List-ID"}


def header_lines(
    fields: list[tuple[str, bytes]], *, width: int, full: bool, shown: tuple[str, ...]
) -> Iterator[Line]:
    """Full: every field as it came, decoded. Weeded: the `shown` names, in that order."""
    if full:
        for name, value in fields:
            yield from _field(name, clean_line(decode_words(value)), width)
        return
    for wanted in shown:
        wanted = wanted.lower()
        for name, value in fields:
            if name.lower() == wanted:
                yield from _field(_title(wanted), readable_value(wanted, value), width)
    for problem in sender_problems(fields):
        yield Line(LineKind.PROBLEM, problem)


def readable_value(name: str, value: bytes) -> str:
    """A field's value for people, sanitised; addresses as "Name <address>"."""
    if name not in _ADDRESSES:
        return clean_line(decode_words(value))
    return ", ".join(clean_line(_address(*pair)) for pair in parse_addresses(value))


def sender_problems(fields: list[tuple[str, bytes]]) -> Iterator[str]:
    """A From whose display name pretends to be another address."""
    for name, value in fields:
        if name.lower() == "from":
            for shown, address in parse_addresses(value)[:10]:
                claimed = next((word.strip("<>()\"',").lower() for word in shown.split() if "@" in word), "")
                if "@" in claimed and claimed != address.lower():
                    yield clean_line(f"[the sender calls itself {claimed}, the address is {address or 'missing'}]")


def _address(name: str, address: str) -> str:
    if not address:
        return name
    return f"{name} <{address}>" if name else address


def _title(name: str) -> str:
    return _ACRONYMS.get(name) or "-".join(word.capitalize() for word in name.split("-"))


def _field(name: str, value: str, width: int) -> Iterator[Line]:
    text = f"{clean_line(name)}: {value}"
    if fits(text, width):
        yield Line(LineKind.HEADER, text)
        return
    for piece in wrap(text[: limits.FIELD_OCTETS], width, "  "):
        yield Line(LineKind.HEADER, piece)
