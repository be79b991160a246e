"""The clerk of the lists: what an administrator asks of them, answered as plain values."""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from bundled_server.mailbox.changes import Change, Enqueue, QueueItem
from bundled_server.mailbox.content import Content
from bundled_server.mda.lists.circulation import Circulation
from bundled_server.mda.lists.letters import one_line
from bundled_server.mda.lists.model import (
    BadList,
    MailingList,
    Member,
    Posting,
    ReplyTo,
    checked_address,
    checked_list_name,
    checked_text,
)
from bundled_server.mda.lists.post import Post
from bundled_server.mda.lists.seals import LEAVE, LEAVE_LETTERS, is_sealed
from bundled_server.mda.lists.shelf import ListShelf

Exists = Callable[[str, str], Awaitable[bool]]
"""Whether somebody already gets the mail for (local part, domain)."""

Take = Callable[[QueueItem, Content], None]


class NewList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """create, and set with the fields that change."""

    name: str
    owners: tuple[str, ...] | None = None
    domain: str | None = None
    posting: Posting | None = None
    description: str | None = None
    subject_tag: str | None = None
    reply_to: ReplyTo | None = None
    munges_from: bool | None = None
    archives: bool | None = None


class OneList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """delete, show, members, held."""

    name: str


class OfList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """join, leave and resume: these members; approve and reject: the letters of these marks."""

    name: str
    which: tuple[str, ...]


class ListClerk:
    """Implements `admin.control.Clerk`. On a running host `take` goes on at once with what is to be sent."""

    def __init__(
        self,
        shelf: ListShelf,
        circulation: Circulation,
        domain: str,
        exists: Exists,
        take: Take | None = None,
        is_domain: Callable[[str], bool] = lambda domain: True,
    ) -> None:
        self._shelf = shelf
        self._circulation = circulation
        self._domain = domain
        self._exists = exists
        self._take = take
        self._is_domain = is_domain
        self._verbs: dict[str, Callable[[Any], Awaitable[Any]]] = {
            "list": self._list,
            "create": self._create,
            "set": self._set,
            "delete": self._delete,
            "show": self._show,
            "members": self._members,
            "join": self._join,
            "leave": self._leave,
            "resume": self._resume,
            "held": self._held,
            "approve": lambda wanted: self._decide(wanted, "approve"),
            "reject": lambda wanted: self._decide(wanted, "reject"),
        }

    async def leave_by_click(self, name: str, address: str, sealed: str) -> bool:
        """A member clicked the link of a letter (RFC 8058); false for a link that this list did not make."""
        found = self._shelf.get(name)
        if found is None or not is_sealed(found, LEAVE, address, sealed, LEAVE_LETTERS):
            return False
        await self._shelf.store.commit(self._shelf.remove_member(found.name, address.lower()))
        return True

    async def answer(self, verb: str, wanted: object) -> Any:
        if verb not in self._verbs:
            raise LookupError(f"nobody here can {verb} a list")
        return await self._verbs[verb](wanted)

    async def _list(self, _: object) -> list[dict[str, Any]]:
        return [await self._described(one) for one in self._shelf.lists]

    async def _create(self, wanted: object) -> dict[str, Any]:
        asked = msgspec.convert(wanted, NewList)
        name = checked_list_name(asked.name)
        domain = self._shelf.home_of(asked.domain or self._domain)
        if self._shelf.get(name) is not None:
            raise BadList(f"there is a list {name}: change it with `list set {name}`")
        if not domain:
            raise BadList("say with --domain for which domain of this host the list is")
        if not self._is_domain(domain):
            raise BadList(f"{domain} is no domain of this host: add it with `termail-server domain add {domain}`")
        if await self._exists(name, domain):
            raise BadList(f"{name}@{domain} is somebody's address already: choose another name")
        if not asked.owners:
            raise BadList("a list needs an owner: write --owner ADDRESS")
        made = MailingList(name=name, domain=domain, owners=(), secret=secrets.token_hex(16))
        return await self._keep(_changed(made, asked))

    async def _set(self, wanted: object) -> dict[str, Any]:
        asked = msgspec.convert(wanted, NewList)
        if asked.domain is not None:
            raise BadList("the domain of a list stays as it is")
        return await self._keep(_changed(self._known(asked.name), asked))

    async def _keep(self, mailing_list: MailingList) -> dict[str, Any]:
        await self._shelf.store.commit(self._shelf.put(mailing_list))
        await self._shelf.load()
        return await self._described(mailing_list)

    async def _delete(self, wanted: object) -> dict[str, Any]:
        name = self._known(msgspec.convert(wanted, OneList).name).name
        await self._shelf.store.commit(*await self._shelf.deletion(name))
        await self._shelf.load()
        return {"deleted": name}

    async def _show(self, wanted: object) -> dict[str, Any]:
        return await self._described(self._known(msgspec.convert(wanted, OneList).name))

    async def _members(self, wanted: object) -> list[dict[str, Any]]:
        name = self._known(msgspec.convert(wanted, OneList).name).name
        return [
            {
                "address": address,
                "since": member.since,
                "bounces": member.bounces,
                "bounced": member.bounced or None,
                "suspended": member.suspended,
            }
            for address, member in (await self._shelf.members(name)).items()
        ]

    async def _join(self, wanted: object) -> dict[str, Any]:
        asked = msgspec.convert(wanted, OfList)
        name = self._known(asked.name).name
        before = await self._shelf.members(name)
        new = [one for one in dict.fromkeys(map(checked_address, asked.which)) if one not in before]
        await self._shelf.store.commit(*(self._shelf.put_member(name, address) for address in new))
        return {"joined": new}

    async def _leave(self, wanted: object) -> dict[str, Any]:
        asked = msgspec.convert(wanted, OfList)
        name = self._known(asked.name).name
        gone = await self._found_members(name, asked.which)
        await self._shelf.store.commit(*(self._shelf.remove_member(name, address) for address in gone))
        return {"left": list(gone)}

    async def _resume(self, wanted: object) -> dict[str, Any]:
        asked = msgspec.convert(wanted, OfList)
        name = self._known(asked.name).name
        found = await self._found_members(name, asked.which)
        await self._shelf.store.commit(
            *(self._shelf.put_member(name, one, Member(since=member.since)) for one, member in found.items())
        )
        return {"resumed": list(found)}

    async def _held(self, wanted: object) -> list[dict[str, Any]]:
        mailing_list = self._known(msgspec.convert(wanted, OneList).name)
        told = []
        async for letter in self._circulation.waiting(mailing_list):
            post = Post(mailing_list, letter.content)
            told.append(
                {
                    "mark": letter.mark,
                    "since": letter.held_since,
                    "from": one_line(post.author),
                    "subject": one_line(post.subject),
                }
            )
        return told

    async def _decide(self, wanted: object, verb: str) -> dict[str, Any]:
        asked = msgspec.convert(wanted, OfList)
        mailing_list = self._known(asked.name)
        for mark in asked.which:
            step = await self._circulation.decided(mailing_list, mark, verb)
            if step is None:
                raise LookupError(f"no letter {mark!r} waits for the owners of {mailing_list.name}")
            await self._commit(step.changes)
        return {"done": verb, "letters": list(asked.which)}

    async def _commit(self, changes: Sequence[Change]) -> None:
        results = await self._shelf.store.commit(*changes)
        for change, result in zip(changes, results, strict=True):
            if isinstance(change, Enqueue) and self._take is not None:
                self._take(result, change.content)

    async def _found_members(self, name: str, addresses: Sequence[str]) -> dict[str, Member]:
        members = await self._shelf.members(name)
        wanted = [address.strip().lower() for address in addresses]
        for address in wanted:
            if address not in members:
                raise LookupError(f"{address} is no member of {name}")
        return {address: members[address] for address in wanted}

    def _known(self, name: str) -> MailingList:
        found = self._shelf.get(name.strip().partition("@")[0])
        if found is None:
            names = ", ".join(one.name for one in self._shelf.lists) or "none yet"
            raise LookupError(f"there is no list {name!r}; there are: {names}")
        return found

    async def _described(self, mailing_list: MailingList) -> dict[str, Any]:
        members = await self._shelf.members(mailing_list.name)
        kept: dict[str, Any] = msgspec.to_builtins(mailing_list)
        del kept["secret"]
        suspended = sum(member.suspended for member in members.values())
        return {"address": mailing_list.address, **kept, "members": len(members), "suspended": suspended}


def _changed(mailing_list: MailingList, asked: NewList) -> MailingList:
    """With the fields that were asked for. Raises BadList."""
    changes: dict[str, Any] = {
        name: getattr(asked, name)
        for name in ("posting", "reply_to", "munges_from", "archives")
        if getattr(asked, name) is not None
    }
    for name in ("description", "subject_tag"):
        if getattr(asked, name) is not None:
            changes[name] = checked_text(name.replace("_", " "), getattr(asked, name))
    if asked.owners is not None:
        if not asked.owners:
            raise BadList("a list needs an owner: write --owner ADDRESS")
        changes["owners"] = tuple(dict.fromkeys(map(checked_address, asked.owners)))
    return msgspec.structs.replace(mailing_list, **changes)
