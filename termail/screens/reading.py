"""A message made ready to read: its display, wrapped to a width, made in a thread."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from termail.mime.limits import SHOWN_CHARACTERS
from termail.mime.lines import Display
from termail.screens.identity import my_addresses
from termail.screens.protected import Suspend, protection_runs
from termail.screens.services import Services
from termail.widgets.ink import Run

if TYPE_CHECKING:
    from termail.mime.crypto.verdicts import Opening


LONG_OCTETS = 300_000
"""A longer message is looked at in two steps: its beginning at once, all of it behind that."""
FIRST_CHARACTERS = 30_000


@dataclass(frozen=True, slots=True)
class Opened:
    """A message at hand: `raw` with its protection taken off; of a partial one the large parts are left out."""

    raw: bytes
    is_partial: bool
    opening: "Opening | None"


async def open_message(services: Services, message_id: int, suspend: Suspend | None = None) -> Opened:
    """Fetches what is not here; the agent of gpg may ask while `suspend` gives the terminal away. Raises
    LookupError."""
    raw, is_partial = await services.shown_body(message_id)
    opening = None if is_partial else await services.protected.open(message_id, raw, suspend)
    return Opened(raw if opening is None else opening.raw, is_partial, opening)


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the reader wants to see a message."""

    width: int
    full_headers: bool = False
    prefer_html: bool = False


async def lay_out(services: Services, raw: bytes, wishes: Wishes, *, is_first_look: bool = False) -> Display:
    """The message as lines; for a first look only the beginning of its texts."""
    return await asyncio.to_thread(_display, services, raw, wishes, is_first_look)


async def read_message(services: Services, message_id: int, width: int) -> Display:
    """Both in one. Raises LookupError."""
    return await lay_out(services, (await open_message(services, message_id)).raw, Wishes(width))


def _display(services: Services, raw: bytes, wishes: Wishes, is_first_look: bool) -> Display:
    from termail.mime.display import display
    from termail.screens.part_actions import html_program

    return display(
        raw,
        width=wishes.width,
        full_headers=wishes.full_headers,
        prefer_html=wishes.prefer_html,
        html_program=html_program(services),
        first_characters=FIRST_CHARACTERS if is_first_look else SHOWN_CHARACTERS,
    )


async def read_trust(services: Services, message_id: int, account: str, opening: "Opening | None") -> list[Run]:
    """The line of trust: signature and encryption, then what the header block tells."""
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
