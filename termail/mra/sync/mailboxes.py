"""The account's mailboxes under both their names: ours, with "/" between levels, and the server's."""

from collections.abc import Iterable
from typing import Final

import msgspec

from termail.mra.imap.connection import Listed
from termail.mra.imap.names import NAME_LIMIT, decode_name, encode_name
from termail.store.local_store import RemoteFolder, SyncState

FOLDER_LIMIT: Final = 20_000
# RFC 6154 §2.
_ROLES: Final = {
    "\\sent": "sent",
    "\\drafts": "drafts",
    "\\trash": "trash",
    "\\junk": "junk",
    "\\archive": "archive",
}
_VIEWS: Final = frozenset({"\\all", "\\flagged", "\\important"})
# What servers without special-use call them.
_USUAL_NAMES: Final = {
    "sent": ("sent", "sent items", "sent messages", "enviados"),
    "drafts": ("drafts", "borradores"),
    "trash": ("trash", "deleted items", "deleted messages", "papelera"),
    "junk": ("junk", "spam", "junk e-mail"),
    "archive": ("archive", "archives", "archivo"),
}


class Mailboxes:
    """Made anew from each LIST."""

    def __init__(self, listed: Iterable[Listed]) -> None:
        self._wire_names: dict[str, bytes] = {}
        self._delimiter = "/"
        self._status: dict[str, dict[str, int]] = {}
        self.views: set[str] = set()
        """Folders that only show messages of others once more (Gmail's All Mail, Starred, Important)."""
        self.folders: list[RemoteFolder] = []
        roles: set[str] = set()
        for entry in listed:
            if len(self.folders) >= FOLDER_LIMIT:
                break
            self._put(entry, roles)
        self._guess_roles(roles)

    def __contains__(self, name: object) -> bool:
        return name in self._wire_names

    def wire_name(self, name: str) -> bytes:
        """As the server calls it, or would. Raises ValueError for what it cannot be called."""
        known = self._wire_names.get("INBOX" if name.upper() == "INBOX" else name)
        if known is not None:
            return known
        if not self._delimiter and "/" in name:
            raise ValueError("this server has no folders inside folders")
        return encode_name(name.replace("/", self._delimiter)).encode("ascii")

    def is_as_known(self, name: str, state: SyncState, held: int) -> bool:
        """Whether LIST-STATUS says that nothing has happened there since we looked (RFC 5819, RFC 7162 §3.1.7)."""
        told = self._status.get(name)
        return (
            told is not None
            and state.complete_above_uid == 0
            and told.get("UIDVALIDITY") == state.uid_validity
            and told.get("UIDNEXT") == state.uid_next
            and told.get("MESSAGES") == held
            and 0 < told.get("HIGHESTMODSEQ", 0) == state.highest_modseq
        )

    def _put(self, entry: Listed, roles: set[str]) -> None:
        name = decode_name(entry.wire_name)
        if entry.delimiter and entry.delimiter != "/":
            name = name.replace("/", "∕").replace(entry.delimiter, "/")
            self._delimiter = entry.delimiter
        if name.upper() == "INBOX":
            name = "INBOX"
        if not name or len(name) > NAME_LIMIT or name in self._wire_names or "\\nonexistent" in entry.attributes:
            return
        role = "inbox" if name == "INBOX" else ""
        for attribute, meaning in _ROLES.items():
            if attribute in entry.attributes and meaning not in roles and not role:
                role = meaning
        roles.add(role)
        self._wire_names[name] = entry.wire_name
        if entry.status is not None:
            self._status[name] = entry.status
        if not role and not _VIEWS.isdisjoint(entry.attributes):
            self.views.add(name)
        attributes = entry.attributes
        self.folders.append(
            RemoteFolder(
                name=name,
                role=role,
                selectable="\\noselect" not in attributes,
                subscribed="\\subscribed" in attributes or name == "INBOX",
            )
        )

    def _guess_roles(self, roles: set[str]) -> None:
        for position, folder in enumerate(self.folders):
            if folder.role or not folder.selectable:
                continue
            plain = folder.name.casefold().removeprefix("inbox/")
            role = next((role for role, names in _USUAL_NAMES.items() if plain in names and role not in roles), "")
            if role:
                roles.add(role)
                self.folders[position] = msgspec.structs.replace(folder, role=role)
