"""Seals: what a list puts into addresses that it makes, so that nobody else can make them."""

import base64
import hmac
from typing import Final
from urllib.parse import quote

from bundled_server.mda.lists.model import MailingList

SEAL_LETTERS: Final = 8
LEAVE_LETTERS: Final = 16
BOUNCE, LEAVE = "bounce", "leave"


def seal(mailing_list: MailingList, purpose: str, member: str, letters: int = SEAL_LETTERS) -> str:
    """Letters that survive whoever changes their case on the way."""
    octets = f"{purpose} {member.lower()}".encode("utf-8", "replace")
    digest = hmac.digest(mailing_list.secret.encode(), octets, "sha256")
    return base64.b32encode(digest)[:letters].decode("ascii").lower()


def is_sealed(
    mailing_list: MailingList, purpose: str, member: str, claimed: str, letters: int = SEAL_LETTERS
) -> bool:
    """Whether this list made the seal for that member."""
    wanted = seal(mailing_list, purpose, member, letters)
    return hmac.compare_digest(claimed.lower().encode("utf-8", "replace"), wanted.encode())


def leave_url(base: str, mailing_list: MailingList, member: str) -> str:
    """Where one click leaves the list (RFC 8058): BASE/list/member/seal."""
    sealed = seal(mailing_list, LEAVE, member, LEAVE_LETTERS)
    return f"{base.rstrip('/')}/{quote(mailing_list.name)}/{quote(member, safe='')}/{sealed}"
