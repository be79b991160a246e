"""Finding the servers of an address: SRV records, then the provider's and Mozilla's autoconfig files."""

import asyncio
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import quote

import msgspec

DEADLINE_SECONDS: Final = 10.0
FILE_LIMIT_OCTETS: Final = 100_000
AUTOCONFIG: Final = (
    "https://autoconfig.{domain}/mail/config-v1.1.xml?emailaddress={address}",
    "https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml",
    "https://autoconfig.thunderbird.net/v1.1/{domain}",  # learns the domain, not the address
)
# RFC 6186 §3, RFC 8314 §5.1: what is encrypted from the first octet comes first.
_SRV: Final = (
    ("_imaps._tcp", "imaps", 993),
    ("_imap._tcp", "imap", 143),
    ("_pop3s._tcp", "pop3s", 995),
    ("_pop3._tcp", "pop3", 110),
)
_SRV_SEND: Final = (("_submissions._tcp", "smtps", 465), ("_submission._tcp", "smtp", 587))
_SCHEMES: Final = {
    ("imap", "SSL"): ("imaps", 993),
    ("imap", "STARTTLS"): ("imap", 143),
    ("pop3", "SSL"): ("pop3s", 995),
    ("pop3", "STARTTLS"): ("pop3", 110),
    ("smtp", "SSL"): ("smtps", 465),
    ("smtp", "STARTTLS"): ("smtp", 587),
}
"""Servers without encryption are not taken, whoever recommends them."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """URLs for the settings; "" where nothing was found. `source` says in words who told; `wants_token` that the
    provider takes no password there."""

    retrieve: str = ""
    send: str = ""
    source: str = ""
    wants_token: bool = False


async def discover(
    address: str,
    *,
    nameserver: tuple[str, int] | None = None,
    autoconfig: Sequence[str] = AUTOCONFIG,
    deadline_seconds: float = DEADLINE_SECONDS,
) -> Found:
    """The servers of `address`, an empty Found when nobody tells. Never fails for the weather; asks all at once,
    and believes the domain's own records first. `nameserver` (address, port) replaces the system's."""
    domain = address.rpartition("@")[2].lower().strip(".")
    questions = [_by_srv(address, domain, nameserver)]
    questions += [_by_file(address, domain, pattern) for pattern in autoconfig]
    tasks = [asyncio.create_task(question) for question in questions]
    try:
        await asyncio.wait(tasks, timeout=deadline_seconds)
        answers = [task.result() for task in tasks if task.done() and not task.cancelled()]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    usable = [answer for answer in answers if answer.retrieve]
    whole = [answer for answer in usable if answer.send]
    return (whole or usable or [Found()])[0]


# --- SRV


async def _by_srv(address: str, domain: str, nameserver: tuple[str, int] | None) -> Found:
    retrieve, send = await asyncio.gather(
        _first_service(address, domain, _SRV, nameserver), _first_service(address, domain, _SRV_SEND, nameserver)
    )
    return Found(retrieve=retrieve, send=send, source=f"the DNS of {domain} (SRV records)" if retrieve else "")


async def _first_service(
    address: str, domain: str, services: Sequence[tuple[str, str, int]], nameserver: tuple[str, int] | None
) -> str:
    answers = await asyncio.gather(*(_service(f"{label}.{domain}", nameserver) for label, _, _ in services))
    for (host, port), (_, scheme, standard) in zip(answers, services, strict=True):
        if host:
            return _url(scheme, address, host, port, standard)
    return ""


async def _service(name: str, nameserver: tuple[str, int] | None) -> tuple[str, int]:
    """(host, port) of the best record, ("", 0) for none: target "." says so outright (RFC 2782)."""
    import dns.asyncresolver
    import dns.exception

    try:
        resolver = dns.asyncresolver.Resolver(configure=nameserver is None)
        if nameserver is not None:
            resolver.nameservers, resolver.port = [nameserver[0]], nameserver[1]
        resolver.lifetime = DEADLINE_SECONDS / 2
        answer = await resolver.resolve(name, "SRV")
    except (dns.exception.DNSException, OSError):
        return "", 0
    best = min(answer, key=lambda record: (record.priority, -record.weight))
    host = str(best.target).rstrip(".").lower()
    return (host, int(best.port)) if host else ("", 0)


# --- autoconfig


async def _by_file(address: str, domain: str, pattern: str) -> Found:
    """One place where a config-v1.1.xml may lie; empty when it does not."""
    import aiohttp

    url = pattern.format(domain=quote(domain), address=quote(address))
    try:
        timeout = aiohttp.ClientTimeout(total=DEADLINE_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as reply:
            if reply.status != 200:
                return Found()
            text = await reply.content.read(FILE_LIMIT_OCTETS + 1)
    except (aiohttp.ClientError, OSError, ValueError):
        return Found()
    return read_autoconfig(text, address, url.partition("?")[0])


def read_autoconfig(text: bytes, address: str, source: str) -> Found:
    """What a config-v1.1.xml recommends; an empty Found for what is none."""
    if len(text) > FILE_LIMIT_OCTETS or b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        return Found()
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return Found()
    incoming = sorted(_servers(root, "incomingServer", address), key=lambda found: not found[0].startswith("imap"))
    outgoing = list(_servers(root, "outgoingServer", address))
    if not incoming:
        return Found()
    retrieve, wants_token = incoming[0]
    send = outgoing[0][0] if outgoing else ""
    return Found(retrieve=retrieve, send=send, source=source, wants_token=wants_token)


def _servers(root: ElementTree.Element, tag: str, address: str) -> Iterator[tuple[str, bool]]:
    """(URL, whether it takes tokens alone) of each usable server, in the order of the file."""
    for server in root.iter(tag):
        kind, socket = server.get("type", "").lower(), server.findtext("socketType", "").strip().upper()
        host, port = server.findtext("hostname", "").strip().lower(), server.findtext("port", "").strip()
        known = _SCHEMES.get((kind, socket))
        if known is None or not _is_host(host) or not (port.isascii() and port.isdigit() and len(port) < 6):
            continue
        user = _filled_in(server.findtext("username", "%EMAILADDRESS%").strip(), address)
        ways = {(way.text or "").strip().lower() for way in server.findall("authentication")}
        yield _url(known[0], user, host, int(port), known[1]), ways == {"oauth2"}


def _filled_in(pattern: str, address: str) -> str:
    local, _, domain = address.rpartition("@")
    values = {"%EMAILADDRESS%": address, "%EMAILLOCALPART%": local, "%EMAILDOMAIN%": domain}
    for name, value in values.items():
        pattern = pattern.replace(name, value)
    return pattern


def _is_host(text: str) -> bool:
    return 0 < len(text) < 254 and all(char.isalnum() or char in "-." for char in text) and text.isascii()


def _url(scheme: str, user: str, host: str, port: int, standard_port: int) -> str:
    return f"{scheme}://{quote(user, safe='@')}@{host}" + ("" if port == standard_port else f":{port}")
