"""Virtual folders: all inboxes in one, the saved searches of the settings, and what was searched for last."""

from collections.abc import Mapping, Sequence

import msgspec

from termail.model.folder import Folder
from termail.model.order import Order, SortKey
from termail.store.local_store import LocalStore

ALL_INBOXES = -1
SEARCHED = -2
FIRST_SAVED = -10
_ANY_ORDER = Order(SortKey.UNSORTED)


def listing_of(
    store: LocalStore,
    folder: Folder,
    order: Order,
    pattern: str = "",
    *,
    tagged: Sequence[int] | set[int] = (),
    collapsed: Sequence[int] | set[int] = (),
) -> Sequence[int]:
    """The messages of a folder, real or virtual. Raises PatternError."""
    if folder.search:
        return store.search_listing(
            folder.search, folder.account, order, pattern, tagged=tagged, collapsed=collapsed
        )
    return store.listing(folder.folder_id, order, pattern, tagged=tagged, collapsed=collapsed)


class VirtualFolders:
    """Their ids are negative; their counts are those of the last `recount`."""

    def __init__(self, store: LocalStore, searches: Mapping[str, str], account_names: Sequence[str]) -> None:
        self._store = store
        self._folders: dict[int, Folder] = {}
        if len(account_names) > 1:
            self._put(ALL_INBOXES, "All inboxes", "in:inbox")
        for place, (name, pattern) in enumerate(searches.items()):
            self._put(FIRST_SAVED - place, name, pattern)

    def all(self) -> list[Folder]:
        """In the order of the settings, all inboxes first; what was searched for is not among them."""
        return [folder for folder_id, folder in self._folders.items() if folder_id != SEARCHED]

    def get(self, folder_id: int) -> Folder | None:
        return self._folders.get(folder_id)

    def named(self, name: str) -> Folder | None:
        """By its name in any case."""
        return next((folder for folder in self.all() if folder.name.lower() == name.strip().lower()), None)

    def searched(self, query: str, account: str) -> Folder:
        """The folder of what `query` finds now, everywhere or in one account. Raises PatternError."""
        folder = self._put(SEARCHED, query, query, account)
        self._folders[SEARCHED] = self._counted(folder)
        return self._folders[SEARCHED]

    def recount(self) -> None:
        """Count anew; takes as long as its searches: call it in a thread."""
        for folder_id, folder in list(self._folders.items()):
            self._folders[folder_id] = self._counted(folder)

    def _counted(self, folder: Folder) -> Folder:
        if folder.folder_id == ALL_INBOXES:
            inboxes = [each for each in self._store.folders() if each.role == "inbox"]
            total, unread = sum(each.total for each in inboxes), sum(each.unread for each in inboxes)
        else:
            total = len(listing_of(self._store, folder, _ANY_ORDER))
            unread = len(listing_of(self._store, folder, _ANY_ORDER, "~U"))
        return msgspec.structs.replace(folder, total=total, unread=unread)

    def _put(self, folder_id: int, name: str, search: str, account: str = "") -> Folder:
        role = "inbox" if folder_id == ALL_INBOXES else "search"
        folder = Folder(
            folder_id=folder_id, account=account, name=name, role=role, total=0, unread=0, flagged=0, search=search
        )
        self._folders[folder_id] = folder
        return folder
