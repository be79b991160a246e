"""Address fields as a user typed them: checked strictly, written back correctly, flattened for the envelope."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

import msgspec

from termail.mime import limits
from termail.mime.addresses import parse_addresses
from termail.mime.header_encoding import fold, phrase_tokens
from termail.mime.outgoing import DraftError
from termail.mime.sanitize import clean_line

_LOCAL: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u00a1-\U0010ffff-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u00a1-\U0010ffff-]+)*"
)
_QUOTED_LOCAL: Final = re.compile(r'"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e])*"')
_DOMAIN: Final = re.compile(
    r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
_LITERAL: Final = re.compile(r"\[[0-9A-Za-z.:]{1,100}\]")
_STRUCTURE: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"|<[^<>]*>|\[[^\[\]]*\]|[:;]', re.DOTALL)


class Mailbox(msgspec.Struct, frozen=True):
    """A display name and a checked addr-spec: the domain in ASCII, what is before the @ perhaps not (RFC 6531)."""

    name: str
    address: str


class TypedAddresses(msgspec.Struct, frozen=True):
    """One field: (group name, or None outside groups, and its mailboxes), in order."""

    groups: tuple[tuple[str | None, tuple[Mailbox, ...]], ...]

    @property
    def mailboxes(self) -> tuple[Mailbox, ...]:
        """All of them, groups flattened."""
        return tuple(mailbox for _, members in self.groups for mailbox in members)


def read_typed(field: str, text: str) -> TypedAddresses:
    """Raises DraftError naming the field and the address that cannot be read."""
    groups: list[tuple[str | None, tuple[Mailbox, ...]]] = []
    count = 0
    for group, members in _split_groups(text):
        mailboxes = tuple(
            _check(field, name, address) for name, address in parse_addresses(members.encode("utf-8", "replace"))
        )
        count += len(mailboxes)
        if mailboxes or group is not None:
            groups.append((group, mailboxes))
    if count >= limits.ADDRESS_COUNT:
        raise DraftError(f"{field}: more than {limits.ADDRESS_COUNT - 1} addresses")
    return TypedAddresses(tuple(groups))


def write_field(name: str, addresses: TypedAddresses) -> bytes:
    """The folded header field."""
    tokens: list[str] = []
    for index, (group, mailboxes) in enumerate(addresses.groups):
        if index:
            tokens[-1] += ","
        if group is not None:
            tokens += _spaced(phrase_tokens(group))
            tokens[-1] += ":"
        for position, mailbox in enumerate(mailboxes):
            if position:
                tokens[-1] += ","
            tokens += mailbox_tokens(mailbox)
        if group is not None:
            tokens[-1] += ";"
    return fold(name, tokens)


def mailbox_tokens(mailbox: Mailbox) -> list[str]:
    """`Name <address>` as tokens for folding."""
    if not mailbox.name:
        return [f" {mailbox.address}"]
    return [*_spaced(phrase_tokens(mailbox.name)), f" <{mailbox.address}>"]


def typed_text(name: str, address: str) -> str:
    """A mailbox as the user would type it (names in their own letters)."""
    if not name:
        return address
    if re.search(r'[()<>\[\]:;@\\,."]', name):
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        name = f'"{escaped}"'
    return f"{name} <{address}>"


def _spaced(words: list[str]) -> list[str]:
    return [f" {word}" for word in words]


def _split_groups(text: str) -> Iterator[tuple[str | None, str]]:
    """(group name or None, its member list) pieces of an address list (RFC 5322 §3.4)."""
    start, group = 0, None
    for found in _STRUCTURE.finditer(text):
        if found[0] == ":" and group is None:
            before, comma, name = text[start : found.start()].rpartition(",")
            if comma:
                yield None, before
            names = parse_addresses(name.strip().encode("utf-8", "replace") + b" <>")
            group, start = (names[0][0] if names else name.strip()), found.end()
        elif found[0] == ";":
            yield group, text[start : found.start()]
            start, group = found.end(), None
    yield group, text[start:]


def _check(field: str, name: str, address: str) -> Mailbox:
    local, at, domain = address.rpartition("@")
    shown = address or name
    if not at or not local or not domain:
        raise DraftError(f"{field}: {shown!r} is not an address (no name@domain)")
    local = unicodedata.normalize("NFC", local)
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise DraftError(f"{field}: {shown!r} has a domain that cannot be written in IDNA") from error
    if (
        len(local.encode("utf-8", "replace")) > 64
        or local != clean_line(local)
        or not (_LOCAL.fullmatch(local) or _QUOTED_LOCAL.fullmatch(local))
    ):
        raise DraftError(f"{field}: {shown!r} has an unreadable part before the @")
    if len(domain) > 253 or not (_DOMAIN.fullmatch(domain) or _LITERAL.fullmatch(domain)):
        raise DraftError(f"{field}: {shown!r} has an unreadable domain")
    return Mailbox(" ".join(name.split()), f"{local}@{domain}")
