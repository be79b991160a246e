"""Building the filters that the settings ask for, in the order of the chain."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bundled_server.dns.resolver import Resolver
from bundled_server.filter_config import FilterSettings
from bundled_server.filters.antivirus.clamd import BadAddress, ClamdFilter
from bundled_server.filters.antivirus.finds import BadWord
from bundled_server.filters.antivirus.scanner import ScannerFilter
from bundled_server.filters.bayes.bayes import Bayes
from bundled_server.filters.bayes.link import BayesFilter
from bundled_server.filters.chain import Chain
from bundled_server.filters.content.content_filter import ContentFilter
from bundled_server.filters.content.rules import BadRule
from bundled_server.filters.dkim import DkimFilter
from bundled_server.filters.dmarc import DmarcFilter
from bundled_server.filters.dns_lists import BadZone, DnsListFilter
from bundled_server.filters.filter import Filter
from bundled_server.filters.greylist import GreylistFilter
from bundled_server.filters.list_book import BadPattern, ListBook
from bundled_server.filters.lists import ListsFilter, OwnersOf
from bundled_server.filters.names import NamesFilter
from bundled_server.filters.networks import BadNetwork
from bundled_server.filters.rate import RateFilter
from bundled_server.filters.spf import SpfFilter
from bundled_server.mailbox.store import Store


class CannotFilter(OSError):
    """The filters cannot be built as configured; the text says why."""


@dataclass(frozen=True, slots=True)
class FilterParts:
    """What filters work with. `monotonic` measures spans of real time, `now` is the host's wall clock; `chance` is
    a number from 0 to 1."""

    hostname: str
    store: Store
    resolver: Resolver
    now: Callable[[], float]
    monotonic: Callable[[], float]
    chance: Callable[[], float]
    owners_of: OwnersOf
    is_ours: Callable[[str], bool]
    bayes: Bayes

    async def owners_of_all(self, addresses: Sequence[str]) -> list[str]:
        """The users of several addresses, each once."""
        found = [owner for address in addresses for owner in await self.owners_of(address)]
        return list(dict.fromkeys(found))


def build_chain(settings: FilterSettings, parts: FilterParts, more: tuple[Filter, ...] = ()) -> Chain:
    """The chain of the settings, `more` filters behind it. Raises CannotFilter."""
    marks = settings.thresholds
    if not marks.tag <= marks.junk <= marks.reject:
        raise CannotFilter(
            f"filters: tag ({marks.tag}) <= junk ({marks.junk}) <= reject ({marks.reject}) has to hold"
        )
    try:
        filters = [*_filters(settings, parts), *more]
    except (BadRule, BadWord, BadAddress, BadPattern, BadNetwork, BadZone, OSError) as fault:
        raise CannotFilter(f"filters: {fault}") from fault
    off = [name for name in _NAMES if (table := getattr(settings, name)) is not None and not table.enabled]
    return Chain(filters, settings.deadline_seconds, off)


_NAMES = (
    *("lists", "rate", "dnsbl", "dnswl", "names", "spf", "greylist", "dkim", "dmarc"),
    *("content", "bayes", "scanner", "clamd"),
)


def _filters(settings: FilterSettings, parts: FilterParts) -> Iterator[Filter]:
    resolver = parts.resolver
    if settings.lists is not None:
        yield ListsFilter(settings.lists, ListBook(parts.store), parts.owners_of)
    if settings.rate is not None:
        yield RateFilter(settings.rate, parts.now)
    if settings.dnsbl is not None:
        yield DnsListFilter("dnsbl", settings.dnsbl, resolver, parts.monotonic)
    if settings.dnswl is not None:
        yield DnsListFilter("dnswl", settings.dnswl, resolver, parts.monotonic)
    if settings.names is not None:
        yield NamesFilter(settings.names, resolver, parts.is_ours)
    if settings.spf is not None:
        yield SpfFilter(settings.spf, resolver, parts.hostname)
    if settings.greylist is not None:
        yield GreylistFilter(settings.greylist, parts.store, parts.now)
    if settings.dkim is not None:
        yield DkimFilter(settings.dkim, resolver)
    if settings.dmarc is not None:
        yield DmarcFilter(settings.dmarc, resolver, parts.chance)
    if settings.content is not None:
        yield ContentFilter(settings.content)
    if settings.bayes is not None:
        yield BayesFilter(parts.bayes, parts.owners_of_all)
    if settings.scanner is not None:
        yield ScannerFilter(settings.scanner)
    if settings.clamd is not None:
        yield ClamdFilter(settings.clamd)
