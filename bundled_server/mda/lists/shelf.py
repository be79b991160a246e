"""The shelf of the lists: what the store keeps of them, and the names, at hand without a look into the store."""

import base64
import secrets
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from bundled_server.mailbox.changes import Change, CreateMailbox, DeleteMailbox
from bundled_server.mailbox.records import DeleteRecords, PutRecords, Record
from bundled_server.mailbox.store import Mailbox, Store
from bundled_server.mda.lists.model import ListAddress, MailingList, Member, roles_of

LISTS: Final = "list"
MEMBERS: Final = "list-member"
TOKENS: Final = "list-token"
HOST: Final = ""
ARCHIVES: Final = "#lists"
"""The owner of archives and of held mail; no user can be called so."""

TOKEN_SECONDS: Final = 7 * 86_400.0
HELD_END: Final = "/held"


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What a token in a letter is good for: `purpose` is join, leave, approve or reject; `subject` is the address
    that joins or leaves, or the mark of the held letter."""

    purpose: str
    list_name: str
    subject: str


class ListShelf:
    """The lists of one host. `load` first; whoever changes lists calls it again. `canonical` leads from a domain
    to the one that it stands for."""

    def __init__(
        self, store: Store, now: Callable[[], float], canonical: Callable[[str], str] = lambda domain: domain
    ) -> None:
        self.store = store
        self._now = now
        self._canonical = canonical
        self._lists: dict[str, MailingList] = {}
        self.version = 0
        """How often lists came, went and changed."""

    async def load(self) -> None:
        records = await self.store.records(LISTS, HOST)
        self._lists = {name: msgspec.json.decode(one.value, type=MailingList) for name, one in records.items()}
        self.version += 1

    @property
    def lists(self) -> list[MailingList]:
        return [self._lists[name] for name in sorted(self._lists)]

    def get(self, name: str) -> MailingList | None:
        return self._lists.get(name.lower())

    def find(self, local: str, domain: str) -> tuple[MailingList, ListAddress] | None:
        """The list that an address belongs to, and what the address is for."""
        if not self._lists:
            return None
        domain = self.home_of(domain)
        for address in roles_of(local):
            found = self._lists.get(address.name)
            if found is not None and found.domain == domain:
                return found, address
        return None

    def home_of(self, domain: str) -> str:
        """The domain that a list of this one belongs to: itself, or the one that it stands for."""
        return self._canonical(domain.lower())

    async def members(self, name: str) -> dict[str, Member]:
        """By address, in order."""
        records = await self.store.records(MEMBERS, _owner(name))
        return {key: msgspec.json.decode(records[key].value, type=Member) for key in sorted(records)}

    async def member(self, name: str, address: str) -> Member | None:
        found = await self.store.records(MEMBERS, _owner(name), [address])
        return msgspec.json.decode(found[address].value, type=Member) if address in found else None

    async def token(self, key: str) -> Token | None:
        """What a token is good for, as long as it is."""
        found = await self.store.records(TOKENS, HOST, [key])
        return msgspec.json.decode(found[key].value, type=Token) if key in found else None

    async def mailbox(self, name: str) -> Mailbox:
        """The archive of a list, or with HELD_END the held mail of one; made when it is missing."""
        found = await self.store.mailbox(ARCHIVES, name)
        if found is None:
            (found,) = await self.store.commit(CreateMailbox(ARCHIVES, name))
        assert isinstance(found, Mailbox)
        return found

    # changes, to be committed by whoever asks

    def put(self, mailing_list: MailingList) -> PutRecords:
        record = Record(mailing_list.name, msgspec.json.encode(mailing_list))
        return PutRecords(LISTS, HOST, (record,))

    async def deletion(self, name: str) -> Sequence[Change]:
        """A list goes with members, archive and held mail."""
        changes: list[Change] = [DeleteRecords(LISTS, HOST, (name,)), DeleteRecords(MEMBERS, _owner(name))]
        for mailbox in await self.store.mailboxes(ARCHIVES):
            if mailbox.name in (name, name + HELD_END):
                changes.append(DeleteMailbox(mailbox.mailbox_id))
        return changes

    def put_member(self, name: str, address: str, member: Member | None = None) -> PutRecords:
        value = msgspec.json.encode(member or Member(since=self._now()))
        return PutRecords(MEMBERS, _owner(name), (Record(address, value),))

    def remove_member(self, name: str, address: str) -> DeleteRecords:
        return DeleteRecords(MEMBERS, _owner(name), (address,))

    def put_token(self, token: Token) -> tuple[str, PutRecords]:
        """A new token and the change that makes it good for some days."""
        key = new_token()
        record = Record(key, msgspec.json.encode(token), self._now() + TOKEN_SECONDS)
        return key, PutRecords(TOKENS, HOST, (record,))

    def spend_token(self, key: str) -> DeleteRecords:
        return DeleteRecords(TOKENS, HOST, (key,))


def new_token() -> str:
    """Sixteen letters that survive a change of case on their way."""
    return base64.b32encode(secrets.token_bytes(10)).decode("ascii").lower()


def _owner(name: str) -> str:
    """Records of a list are not a user's who may be called the same."""
    return f"#{name}"
