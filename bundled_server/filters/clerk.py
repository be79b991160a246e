"""The clerk of the filters: what an administrator asks of them, answered as plain values."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec

from bundled_server.filters.inspection import Inspection
from bundled_server.filters.list_book import ALLOW, DENY, EVERYBODY, ListBook
from bundled_server.filters.rehearsal import Arrival, rehearse
from bundled_server.mailbox.content import with_crlf
from bundled_server.mailbox.store import Store


class Whose(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """list: the filters, and the lists of a user or of everybody."""

    user: str = EVERYBODY


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """allow, deny, forget: one pattern on the list of a user or of everybody."""

    pattern: str
    user: str = EVERYBODY


class Switch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """switch."""

    name: str
    on: bool


class Trial(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """test: the message in this file, as if it came so."""

    path: str
    client: str
    helo: str
    sender: str
    recipients: tuple[str, ...]


class FilterClerk:
    """Implements `admin.control.Clerk` with the verbs list, switch, allow, deny, forget and test. On a stopped
    host there is no inspection: then there are lists, but nothing to switch and nothing that could test."""

    def __init__(self, store: Store, inspection: Inspection | None = None) -> None:
        self._store = store
        self._book = ListBook(store)
        self._inspection = inspection

    async def answer(self, verb: str, wanted: object) -> dict[str, Any]:
        match verb:
            case "list":
                return await self._list(msgspec.convert(wanted, Whose))
            case "switch":
                return self._switch(msgspec.convert(wanted, Switch))
            case "allow" | "deny":
                return await self._put(msgspec.convert(wanted, Entry), ALLOW if verb == "allow" else DENY)
            case "forget":
                return await self._forget(msgspec.convert(wanted, Entry))
            case "test":
                return await self._test(msgspec.convert(wanted, Trial))
        raise LookupError(f"the filters cannot {verb}")

    async def _list(self, wanted: Whose) -> dict[str, Any]:
        entries = await self._book.entries(await self._owner(wanted.user))
        return {
            "runs": self._inspection is not None,
            "filters": self._inspection.describe() if self._inspection is not None else [],
            **{word: sorted(one for one, said in entries.items() if said == word) for word in (ALLOW, DENY)},
        }

    def _switch(self, wanted: Switch) -> dict[str, Any]:
        return {"done": self._running().switch(wanted.name, on=wanted.on)}

    async def _put(self, wanted: Entry, word: str) -> dict[str, Any]:
        return {"done": await self._book.put(await self._owner(wanted.user), wanted.pattern, word)}

    async def _forget(self, wanted: Entry) -> dict[str, Any]:
        return {"done": await self._book.remove(await self._owner(wanted.user), wanted.pattern)}

    async def _test(self, wanted: Trial) -> dict[str, Any]:
        content = with_crlf(await asyncio.to_thread(Path(wanted.path).read_bytes))
        arrival = Arrival(wanted.client, wanted.helo, wanted.sender, wanted.recipients, content)
        return await rehearse(self._running(), arrival)

    def _running(self) -> Inspection:
        if self._inspection is None:
            raise ValueError(
                "no host runs here: filters are switched while it does, and tested with --config FILE"
            )
        return self._inspection

    async def _owner(self, user: str) -> str:
        owner = user.lower()
        if owner != EVERYBODY and await self._store.user(owner) is None:
            raise LookupError(f"there is no user {user}")
        return owner
