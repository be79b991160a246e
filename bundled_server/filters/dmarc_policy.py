"""DMARC policy records (RFC 7489 §6.3) and identifier alignment (§3.1)."""

from collections.abc import Iterable
from dataclasses import dataclass

from bundled_server.filters.public_suffix import OrganizationOf

POLICIES = ("none", "quarantine", "reject")


@dataclass(frozen=True, slots=True)
class Policy:
    """What a domain asks for mail that fails: `here` for the domain itself, `below` for its subdomains; `percent`
    of it; whether DKIM and SPF have to name the domain exactly."""

    here: str
    below: str
    percent: int = 100
    is_dkim_strict: bool = False
    is_spf_strict: bool = False


def policy_of(texts: Iterable[str]) -> Policy | None:
    """The policy among the TXT records of _dmarc.DOMAIN; None for none, and for several (§6.6.3)."""
    records = [text for text in texts if text.replace(" ", "").lower().startswith("v=dmarc1;")]
    if len(records) != 1:
        return None
    tags: dict[str, str] = {}
    for entry in records[0].split(";"):
        name, _, value = entry.partition("=")
        tags.setdefault(name.strip().lower(), value.strip().lower())
    here = tags.get("p", "")
    if here not in POLICIES:
        if not tags.get("rua"):
            return None
        here = "none"
    below = tags.get("sp", here)
    percent = tags.get("pct", "100")
    return Policy(
        here,
        below if below in POLICIES else here,
        min(int(percent), 100) if percent.isascii() and percent.isdigit() and len(percent) < 4 else 100,
        tags.get("adkim") == "s",
        tags.get("aspf") == "s",
    )


def is_aligned(domain: str, author_domain: str, organization: OrganizationOf, *, is_strict: bool) -> bool:
    """Whether an authenticated domain speaks for the author's: the same, or of the same organization."""
    if domain == author_domain:
        return True
    return not is_strict and bool(domain) and organization(domain) == organization(author_domain)
