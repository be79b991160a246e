"""Bounces: each member's copy leaves with a sender of its own (VERP), so that what comes back names the member."""

import re
from typing import Final

from bundled_server.mda.lists.model import MailingList, Member
from bundled_server.mda.lists.seals import BOUNCE, is_sealed, seal

BOUNCES_TO_SUSPEND: Final = 5
ONE_COUNT_SECONDS: Final = 20 * 3600.0
FORGIVEN_SECONDS: Final = 30 * 86_400.0
LONGEST_REPORT_OCTETS: Final = 262_144

_ACTION: Final = re.compile(rb"^action:[ \t]*([a-z-]+)", re.IGNORECASE | re.MULTILINE)
_STATUS: Final = re.compile(rb"^status:[ \t]*([245])\.\d{1,3}\.\d{1,3}", re.IGNORECASE | re.MULTILINE)


def return_path(mailing_list: MailingList, member: str) -> str:
    """The envelope sender of a member's copy: NAME-bounces+LOCAL=DOMAIN=SEAL@our domain."""
    local, _, domain = member.rpartition("@")
    return mailing_list.address_of("bounces", f"{local}={domain}={seal(mailing_list, BOUNCE, member)}")


def bounced_member(mailing_list: MailingList, detail: str) -> str | None:
    """The member that a bounce is about; None for an address that this list did not make: nobody else can have a
    member suspended."""
    who, _, claimed = detail.lower().rpartition("=")
    local, _, domain = who.rpartition("=")
    member = f"{local}@{domain}"
    if not local or not domain or not is_sealed(mailing_list, BOUNCE, member, claimed):
        return None
    return member


def is_final(report: bytes) -> bool:
    """Whether a report (RFC 3464) says that mail failed for good; one that is none is taken for that."""
    octets = report[:LONGEST_REPORT_OCTETS]
    actions = {found.lower() for found in _ACTION.findall(octets)}
    if actions:
        return b"failed" in actions
    classes = set(_STATUS.findall(octets))
    return not classes or b"5" in classes


def after_bounce(member: Member, now: float) -> Member:
    """A member after one more bounce: a day counts once, an old count is forgiven, and enough is enough."""
    if now - member.bounced < ONE_COUNT_SECONDS:
        return member
    before = member.bounces if now - member.bounced < FORGIVEN_SECONDS else 0
    count = before + 1
    suspended = member.suspended or count >= BOUNCES_TO_SUSPEND
    return Member(since=member.since, bounces=count, bounced=now, suspended=suspended)
