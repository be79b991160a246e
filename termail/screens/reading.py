"""A message made ready to read: its display, wrapped to a width, made in a thread."""

import asyncio

from termail.mime.lines import Display, Line, LineKind
from termail.screens.identity import my_addresses
from termail.screens.protected import protection_runs
from termail.screens.services import Services
from termail.widgets.ink import Run


async def read_message(
    services: Services, message_id: int, width: int, *, full_headers: bool = False, prefer_html: bool = False
) -> Display:
    """The message as lines; fetches the body when it is not here. Raises LookupError."""
    raw, is_partial = await services.shown_body(message_id)
    if not is_partial:
        raw = await services.readable(message_id)
    return await asyncio.to_thread(_display, services, raw, width, full_headers, prefer_html)


def _display(services: Services, raw: bytes, width: int, full_headers: bool, prefer_html: bool) -> Display:
    from termail.mime.display import display
    from termail.screens.part_actions import html_program

    return display(
        raw,
        width=width,
        full_headers=full_headers,
        prefer_html=prefer_html,
        html_program=html_program(services),
    )


async def read_trust(services: Services, message_id: int, account: str) -> list[Run]:
    """The line of trust: signature and encryption, then what the header block tells."""
    raw = services.store.raw(message_id)
    opening = await services.protected.open(message_id, raw) if raw is not None else None
    header = services.store.header(message_id)
    domains, known = own_domains(services, account), services.address_book.known_hosts()
    return protection_runs(opening) + await asyncio.to_thread(_trust, header, domains, known)


def _trust(header: bytes, domains: frozenset[str], known: frozenset[str]) -> list[Run]:
    from termail.screens.trust_line import trust_runs

    return trust_runs(header, domains, known | domains)


def own_domains(services: Services, account: str) -> frozenset[str]:
    """The domains whose servers the user trusts: those of the account's addresses and of its servers."""
    if account not in services.settings.accounts:
        return frozenset()
    settings = services.settings.accounts[account]
    hosts = [address.rpartition("@")[2].lower() for address in my_addresses(settings)]
    endpoints = [entry.partition("@")[2] for entry in (settings.retrieve, settings.send)]
    hosts += [entry.partition(":")[0].partition("/")[0].lower() for entry in endpoints]
    return frozenset(host for host in hosts if "." in host and not host.replace(".", "").isdigit())


def plain_display(text: str) -> Display:
    """Sanitised text that is not a message, for the pager."""
    return Display(lines=[Line(LineKind.TEXT, line) for line in text.split("\n")], links=[], attachments=[])
