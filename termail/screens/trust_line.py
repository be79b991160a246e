"""One line of trust above a message: who vouches for it, where an answer would go, how it came."""

import re

from termail.mime.headers import first_value, header_end, parse_addresses, scan_headers
from termail.mime.lookalike import imitated
from termail.mime.sanitize import clean_line
from termail.mime.trust import Hop, Verdict, hops, reply_goes_elsewhere, verdicts
from termail.widgets.ink import Run

_METHODS = ("dkim", "spf", "dmarc")
_GOOD, _BAD = frozenset({"pass"}), frozenset({"fail", "softfail", "permerror"})
_ADDRESS = re.compile(r"[^\s<>@\"'()]+@([A-Za-z0-9.-]+\.[A-Za-z]{2,})")


def trust_runs(raw: bytes, own_domains: frozenset[str], known_hosts: frozenset[str] = frozenset()) -> list[Run]:
    """Verdicts count only when a server of one of `own_domains` gave them (RFC 8601 §7.1); `known_hosts` are those
    of people the user writes to, which others may imitate."""
    runs: list[Run] = []
    for verdict in _own(verdicts(raw), own_domains):
        mark, role = ("✓", "ok") if verdict.result in _GOOD else ("✗", "error")
        about = f" {verdict.subject.rpartition('@')[2]}" if verdict.subject and verdict.method == "dkim" else ""
        said = "" if verdict.result in _GOOD else f" {verdict.result}"
        runs += [(f"{mark} {verdict.method.upper()}{clean_line(about)}{said}", role), ("  ", "dim")]
    pretended = pretended_address(raw)
    if pretended:
        runs += [(f"! the name says {pretended}", "warning"), ("  ", "dim")]
    of = imitated(sender_host(raw), known_hosts)
    if of:
        runs += [(f"! the sender's host {'looks like ' if '.' in of else 'has '}{of}", "warning"), ("  ", "dim")]
    elsewhere = reply_goes_elsewhere(raw)
    if elsewhere:
        runs += [(f"! a reply goes to {elsewhere}", "warning"), ("  ", "dim")]
    way = hops(raw)
    return runs + _way(way) if runs or len(way) > 1 else []


def _own(found: list[Verdict], own_domains: frozenset[str]) -> list[Verdict]:
    """The first word of a server of ours on each method; none and neutral say nothing."""
    first: dict[str, Verdict] = {}
    for verdict in found:
        if is_ours(verdict.server, own_domains):
            first.setdefault(verdict.method, verdict)
    return [first[method] for method in _METHODS if method in first and first[method].result in _GOOD | _BAD]


def is_ours(server: str, own_domains: frozenset[str]) -> bool:
    """Whether an authserv-id is a server of the user's own."""
    name = server.partition(" ")[0].lower()
    return any(name == domain or name.endswith("." + domain) for domain in own_domains)


def sender_host(raw: bytes) -> str:
    """The host of the first From address, in lower case."""
    addresses = parse_addresses(first_value(scan_headers(raw[: header_end(raw)[0]]), "from"))
    return addresses[0][1].rpartition("@")[2].lower() if addresses else ""


def pretended_address(raw: bytes) -> str:
    """The address in the sender's display name when its domain is not the real one's; else ""."""
    fields = scan_headers(raw[: header_end(raw)[0]])
    value = next((value for name, value in fields if name.lower() == "from"), b"")
    for name, address in parse_addresses(value):
        found = _ADDRESS.search(name)
        if found is not None and found[1].lower() != address.rpartition("@")[2].lower():
            return clean_line(found[0])
    return ""


def _way(way: list[Hop]) -> list[Run]:
    if not way:
        return []
    hop_words = "1 hop" if len(way) == 1 else f"{len(way)} hops"
    dates = [hop.date for hop in way if hop.date]
    took = f"came in {delay_text(max(0.0, dates[-1] - dates[0]))} over " if len(dates) > 1 else "came over "
    return [(f"{took}{hop_words}", "dim")]


def delay_text(seconds: float) -> str:
    """A time span in the unit people would use."""
    for limit, size, unit in ((90, 1, "s"), (5400, 60, "min"), (129_600, 3600, "h")):
        if seconds < limit:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86_400:.0f} days"
