"""Listings: the ids of a folder in order, read in a thread so that keys never wait."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from termail.model.folder import Folder
from termail.model.folder_view import FolderView
from termail.model.order import Order
from termail.screens.virtual_folders import listing_of
from termail.store.local_store import LocalStore


@dataclass(frozen=True, slots=True)
class Listing:
    """What FolderView.put_listing takes."""

    ids: array[int]
    depths: bytes


def read_listing(
    store: LocalStore, view: FolderView, folder: Folder, order: Order, limit: str, *, with_depths: bool
) -> Listing:
    """Read it now, in this thread, with the marks of `view`. Depths are read while threads are collapsed only."""
    tagged, collapsed = set(view.tagged), set(view.collapsed)
    ids = array("q", listing_of(store, folder, order, limit, tagged=tagged, collapsed=collapsed))
    return Listing(ids, read_depths(store, ids) if with_depths else b"")


def read_depths(store: LocalStore, ids: Sequence[int]) -> bytes:
    """The depth of every message of a threaded listing, 255 at most."""
    return bytes(min(placed.depth, 255) for placed in store.threads(ids))
