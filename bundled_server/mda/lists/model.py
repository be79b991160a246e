"""What a mailing list is: its settings, its members, and the addresses that belong to it."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec

LONGEST_TEXT: Final = 200

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?")
_ADDRESS: Final = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")


class BadList(ValueError):
    """A list, or a member, that cannot be; the text says what to change."""


class Posting(StrEnum):
    """Who may write to a list. OPEN: members at once, what others write is held. ANNOUNCE: its owners alone.
    MODERATED: owners at once, everything else is held."""

    OPEN = "open"
    ANNOUNCE = "announce"
    MODERATED = "moderated"


class ReplyTo(StrEnum):
    """Where answers go when nobody thinks about it."""

    SENDER = "sender"
    LIST = "list"


class MailingList(msgspec.Struct, frozen=True, kw_only=True):
    """One list. `name` is its local part, unique on this host; `secret` signs the addresses that bounces come to.
    With `munges_from` mail comes From the list, so that the writer's DMARC policy has nothing to say about it."""

    name: str
    domain: str
    owners: tuple[str, ...]
    secret: str
    posting: Posting = Posting.OPEN
    description: str = ""
    subject_tag: str = ""
    reply_to: ReplyTo = ReplyTo.SENDER
    munges_from: bool = False
    archives: bool = True

    @property
    def address(self) -> str:
        return f"{self.name}@{self.domain}"

    @property
    def list_id(self) -> str:
        """RFC 2919."""
        return f"{self.name}.{self.domain}"

    def address_of(self, role: str, detail: str = "") -> str:
        """Such as redes-bounces+DETAIL@cities.org."""
        return f"{self.name}-{role}{'+' + detail if detail else ''}@{self.domain}"


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A member by its record's key, the address in lower case. `bounces` counts days with a bounce, the last of
    them at `bounced`; a suspended member gets nothing until it joins again, or an owner resumes it."""

    since: float
    bounces: int = 0
    bounced: float = 0.0
    suspended: bool = False


class Role(StrEnum):
    """What an address of a list is for, by the end of its local part."""

    POST = ""
    REQUEST = "request"
    JOIN = "join"
    LEAVE = "leave"
    OWNER = "owner"
    BOUNCES = "bounces"


@dataclass(frozen=True, slots=True)
class ListAddress:
    """An address taken apart: which list, what for, and what stood after the +."""

    name: str
    role: Role
    detail: str = ""


def roles_of(local: str) -> tuple[ListAddress, ...]:
    """What a local part may mean, the list of exactly that name first."""
    base, _, detail = local.partition("+")
    name, hyphen, end = base.lower().rpartition("-")
    found = [ListAddress(base.lower(), Role.POST, detail)]
    if hyphen and name and end in [role.value for role in Role if role]:
        found.append(ListAddress(name, Role(end), detail))
    return tuple(found)


def checked_list_name(name: str) -> str:
    """The name in lower case. Raises BadList."""
    lowered = name.strip().lower()
    if not _NAME.fullmatch(lowered):
        raise BadList(
            f"{name[:60]!r} cannot be a list's name: letters, digits, dot, hyphen and underscore, 40 at most"
        )
    if any(lowered.endswith(f"-{role.value}") for role in Role if role):
        raise BadList(f"{lowered!r} ends like an address that every list has for itself, such as NAME-request")
    return lowered


def checked_address(address: str) -> str:
    """A member's or owner's address in lower case. Raises BadList."""
    lowered = address.strip().lower()
    if not _ADDRESS.fullmatch(lowered):
        raise BadList(f"{address[:80]!r} is not an address such as alice@example.test")
    return lowered


def checked_text(what: str, text: str) -> str:
    """A text for a header. Raises BadList for one that would break it: CR, LF, other controls, or too long."""
    if not text.isprintable() or len(text) > LONGEST_TEXT:
        raise BadList(
            f"the {what} of a list is one line of {LONGEST_TEXT} letters at most, without control characters"
        )
    return text.strip()
