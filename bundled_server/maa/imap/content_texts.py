"""What FETCH said of contents: a content never changes, nor does its ENVELOPE or a choice of fields."""

from collections.abc import Mapping, Sequence
from typing import Final

MOST_OCTETS: Final = 64 * 1024 * 1024
ENTRY_OCTETS: Final = 150  # what a short text costs in a table beside its own octets


class ContentTexts:
    """A table for each item, from content ids to texts. When all together grow too large, every other text of
    every table goes: a walk through a mailbox that is larger than this still finds a part of it."""

    def __init__(self, most_octets: int = MOST_OCTETS) -> None:
        self._most_octets = most_octets
        self._tables: dict[bytes, dict[int, bytes]] = {}
        self.octets = 0

    def column(self, item: bytes, content_ids: Sequence[int]) -> list[bytes | None]:
        """The item's texts in the order asked, None where there is none."""
        return list(map(self._tables.get(item, {}).get, content_ids))

    def remember(self, item: bytes, texts: Mapping[int, bytes]) -> None:
        """These are the item's texts of some contents."""
        if item not in self._tables:
            self._tables[item] = {}
            self.octets += ENTRY_OCTETS + len(item)
        self._tables[item].update(texts)
        self.octets += _octets(texts)
        while self.octets > self._most_octets:
            self._thin_out()

    def _thin_out(self) -> None:
        for item, table in list(self._tables.items()):
            for content_id in list(table)[::2]:
                del table[content_id]
            if not table:
                del self._tables[item]
        self.octets = sum(ENTRY_OCTETS + len(item) + _octets(table) for item, table in self._tables.items())


def _octets(texts: Mapping[int, bytes]) -> int:
    return sum(map(len, texts.values())) + ENTRY_OCTETS * len(texts)
