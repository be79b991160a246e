"""Listings: the ids of a folder in order, read in a thread so that keys never wait."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from termail.model.order import Order
from termail.store.local_store import LocalStore


@dataclass(frozen=True, slots=True)
class Listing:
    """What FolderView.put_listing takes."""

    ids: array[int]
    depths: bytes


def read_listing(
    store: LocalStore, folder_id: int, order: Order, limit: str, tagged: set[int], *, with_depths: bool
) -> Listing:
    """Read it now, in this thread. Depths are read while threads are collapsed only."""
    ids = store.listing(folder_id, order, limit, tagged=tagged)
    return Listing(ids, read_depths(store, ids) if with_depths else b"")


def read_depths(store: LocalStore, ids: Sequence[int]) -> bytes:
    """The depth of every message of a threaded listing, 255 at most."""
    return bytes(min(placed.depth, 255) for placed in store.threads(ids))
