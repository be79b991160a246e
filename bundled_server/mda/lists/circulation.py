"""Circulation: a letter goes to the members and the archive, or is held until an owner decides."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from bundled_server.envelope import Envelope, Recipient
from bundled_server.mailbox.changes import AddMessage, Change, Enqueue, Expunge
from bundled_server.mailbox.content import Content, prepare
from bundled_server.mda.lists.bounces import return_path
from bundled_server.mda.lists.letters import HeldLetter, ListLetters
from bundled_server.mda.lists.model import MailingList
from bundled_server.mda.lists.post import Post
from bundled_server.mda.lists.shelf import HELD_END, ListShelf, Token

MOST_HELD = 500
OWN_BODIES_OCTETS = 67_108_864
"""Copies with a link each are bodies of their own; what passes this goes out as one body, without links."""

LeaveUrl = Callable[[MailingList, str], str]
"""The address where a member of a list leaves with one click, "" for none."""


@dataclass(frozen=True, slots=True)
class Step:
    """Changes to commit together, and what to say of them."""

    changes: Sequence[Change]
    note: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A held letter: its mark, and the letter."""

    mark: str
    uid: int
    held_since: float
    content: Content


class Circulation:
    """`leave_url` gives the address of a member's one-click leave (RFC 8058), "" where the host offers none;
    without it all members' copies are one body in the store."""

    def __init__(
        self,
        shelf: ListShelf,
        new_queue_id: Callable[[], str],
        now: Callable[[], float],
        leave_url: LeaveUrl = lambda mailing_list, member: "",
    ) -> None:
        self._shelf = shelf
        self._new_queue_id = new_queue_id
        self.now = now
        self._leave_url = leave_url

    async def passed_on(
        self, mailing_list: MailingList, content: Content, key: str = "", *, eight_bit: bool = False
    ) -> Step:
        """To every member that is not suspended, each with a return path of its own, and into the archive; `key`
        is the id of the queue item that the letter comes from."""
        post = Post(mailing_list, content)
        common = post.passed_on()
        changes: list[Change] = []
        if mailing_list.archives:
            archive = await self._shelf.mailbox(mailing_list.name)
            delivery_key = f"{key}/#lists/{mailing_list.name}" if key else ""
            changes.append(AddMessage(archive.mailbox_id, common, frozenset(), self.now(), delivery_key))
        members = await self._shelf.members(mailing_list.name)
        active = [address for address, member in members.items() if not member.suspended]
        has_links = len(content.data) * len(active) <= OWN_BODIES_OCTETS
        for address in active:
            url = self._leave_url(mailing_list, address) if has_links else ""
            copy = post.passed_on(url) if url else common
            envelope = Envelope(return_path(mailing_list, address), (Recipient(address),), eight_bit=eight_bit)
            changes.append(self._enqueued(envelope, copy))
        suspended = f", {len(members) - len(active)} are suspended" if len(active) < len(members) else ""
        return Step(changes, f"passed on to {len(active)} members of {mailing_list.name}{suspended}")

    async def held(self, mailing_list: MailingList, content: Content, key: str) -> Step | None:
        """Into the held mail, and a letter to each owner; None when too much is there already."""
        mailbox = await self._shelf.mailbox(mailing_list.name + HELD_END)
        if len((await self._shelf.store.index(mailbox.mailbox_id)).uids) >= MOST_HELD:
            return None
        mark, name = _mark(content), mailing_list.name
        delivery_key = f"{key}/#lists/{name}{HELD_END}"
        approve, put_approve = self._shelf.put_token(Token(purpose="approve", list_name=name, subject=mark))
        reject, put_reject = self._shelf.put_token(Token(purpose="reject", list_name=name, subject=mark))
        post = Post(mailing_list, content)
        letter = HeldLetter(mark, post.author, post.subject, post.beginning)
        letters = ListLetters(mailing_list, self.now())
        changes: list[Change] = [
            AddMessage(mailbox.mailbox_id, content, frozenset(), self.now(), delivery_key),
            put_approve,
            put_reject,
        ]
        for owner in mailing_list.owners:
            question = letters.please_moderate(owner, approve, reject, letter)
            changes.append(self._enqueued(_to(owner, mailing_list.address_of("bounces")), question))
        return Step(changes, f"held for the owners of {name} as {mark}")

    async def waiting(self, mailing_list: MailingList) -> AsyncIterator[Waiting]:
        """The held letters, the oldest first, one at a time: together they may be more than memory holds."""
        mailbox = await self._shelf.mailbox(mailing_list.name + HELD_END)
        index = await self._shelf.store.index(mailbox.mailbox_id)
        for uid, content_id, date in zip(index.uids, index.content_ids, index.dates, strict=True):
            content = prepare(await self._shelf.store.body(content_id))
            yield Waiting(_mark(content), uid, date, content)

    async def decided(self, mailing_list: MailingList, mark: str, verb: str) -> Step | None:
        """Pass a held letter on, or tell its writer that it is not (`verb` approve or reject); None when no letter
        of that mark waits."""
        async for letter in self.waiting(mailing_list):
            if letter.mark == mark:
                break
        else:
            return None
        mailbox = await self._shelf.mailbox(mailing_list.name + HELD_END)
        removal = Expunge(mailbox.mailbox_id, (letter.uid,))
        if verb == "approve":
            step = await self.passed_on(mailing_list, letter.content)
            return Step((*step.changes, removal), step.note)
        post = Post(mailing_list, letter.content)
        changes: list[Change] = [removal]
        if post.author:
            answer = ListLetters(mailing_list, self.now()).rejected(post.author, post.subject)
            changes.append(self._enqueued(_to(post.author, ""), answer))
        return Step(changes, f"{mark} is not passed on to {mailing_list.name}")

    def _enqueued(self, envelope: Envelope, content: Content) -> Enqueue:
        return Enqueue(self._new_queue_id(), envelope, content, content.message_id, self.now(), "forward")


def _mark(content: Content) -> str:
    """What a held letter is called: by what it says, so that it has the name before it is stored."""
    return content.digest.hex()[:16]


def _to(address: str, sender: str) -> Envelope:
    return Envelope(sender, (Recipient(address, frozenset({"NEVER"})),))
