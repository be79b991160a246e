"""The local courier: brings mail into the mailboxes of this host."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from bundled_server.courier import DeliveryRefused, LocalPlan, Outcome, Verdict
from bundled_server.envelope import Envelope, Recipient
from bundled_server.journal import Agent, Journal, Step
from bundled_server.mailbox.changes import Added, AddMessage, Change, CreateMailbox, Enqueue
from bundled_server.mailbox.content import Content, prepare
from bundled_server.mailbox.store import MailboxExists, Store, StoreError
from bundled_server.mda.addresses import Addresses, Resolution, Target
from bundled_server.mda.lists.desk import Letter, ListDesk
from bundled_server.mda.lists.model import ListAddress, MailingList, Role
from bundled_server.mda.quota import Quotas
from bundled_server.mda.sieve.sifter import Arrival, Placement, Sifter
from bundled_server.mda.trace import (
    delivery_lines,
    forward_lines,
    header_of,
    is_junk,
    was_delivered_to,
    with_lines,
)

INBOX = "INBOX"
JUNK, JUNK_USE = "Junk", "\\Junk"
DELIVERED_STATUS = "2.1.5"
NO_FLAGS: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LocalParts:
    """What the courier works with; `new_queue_id` names the forwards. With `detail_mailboxes` mail for
    alice+lists goes into alice's mailbox of that name, if there is one and it has no special use. What goes on to
    other hosts leaves with `outward_sender`; `is_command` tells programs that aliases run from addresses."""

    store: Store
    addresses: Addresses
    journal: Journal
    now: Callable[[], float]
    new_queue_id: Callable[[], str]
    quotas: Quotas | None = None
    detail_mailboxes: bool = True
    sifter: Sifter | None = None
    outward_sender: Callable[[str], str] = lambda sender: sender
    is_command: Callable[[str], bool] = lambda address: False
    lists: ListDesk | None = None


@dataclass(slots=True)
class _Draft:
    """A plan in the making."""

    queue_id: str
    envelope: Envelope
    content: Content
    outcomes: list[Outcome] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    owners: list[tuple[int, Target, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    list_notes: list[str] = field(default_factory=list)
    sifted: set[str] = field(default_factory=set)
    to_lists: set[tuple[str, Role, str]] = field(default_factory=set)
    stands_alone: bool = False


class LocalCourier:
    """Implements `courier.LocalPlanner`, and `courier.Courier` for those who have nothing else to commit.

    Delivery keys make it safe to repeat: a message reaches each mailbox once however often it is tried.
    """

    def __init__(self, parts: LocalParts) -> None:
        self._parts = parts
        self._inboxes: dict[str, tuple[int, str]] = {}

    async def deliver(self, queue_id: str, envelope: Envelope, content: bytes) -> list[Outcome]:
        try:
            plan = await self.plan(queue_id, envelope, prepare(content))
            plan.settled(await self._parts.store.commit(*plan.changes) if plan.changes else ())
        except StoreError as weather:
            self.forget()
            return [
                Outcome(r, Verdict.DEFERRED, "4.2.0", f"mailbox not available: {weather}")
                for r in envelope.recipients
            ]
        return list(plan.outcomes)

    async def plan(self, queue_id: str, envelope: Envelope, content: Content) -> LocalPlan:
        draft = _Draft(queue_id, envelope, content)
        for recipient in envelope.recipients:
            draft.outcomes.append(await self._plan_one(draft, recipient))

        def settled(results: tuple[Any, ...]) -> None:
            if self._parts.sifter is not None:
                self._parts.sifter.memory.settled(queue_id)
            self._note_deliveries(draft, results)

        return LocalPlan(tuple(draft.outcomes), tuple(draft.changes), settled, draft.stands_alone)

    def forget(self) -> None:
        self._inboxes.clear()
        if self._parts.sifter is not None:
            self._parts.sifter.memory.forget()

    async def stamp(self, envelope: Envelope, data: bytes) -> bytes:
        """`queue.spool.Stamp`: mail for exactly one mailbox gets its lines before it is queued, so that queue and
        mailbox share its octets. Raises DeliveryRefused for what a list would not take: its sender is still on
        the line."""
        if len(envelope.recipients) != 1:
            return b""
        address = envelope.recipients[0].address
        if not self._parts.addresses.is_here(address):
            return b""
        refusal = await self._parts.lists.refusal(envelope, data) if self._parts.lists is not None else None
        if refusal is not None:
            raise DeliveryRefused(refusal)
        resolution = await self._parts.addresses.resolve(address)
        if len(resolution.targets) != 1 or resolution.forwards or was_delivered_to(header_of(data), address):
            return b""
        return delivery_lines(envelope.sender, address)

    async def _plan_one(self, draft: _Draft, recipient: Recipient) -> Outcome:
        address = recipient.address
        lines = delivery_lines(draft.envelope.sender, address)
        is_stamped = draft.content.data.startswith(lines)
        header = draft.content.data[: draft.content.header_octets]
        if not is_stamped and was_delivered_to(header, address):
            return Outcome(
                recipient, Verdict.REFUSED, "5.4.6", "mail loop: it was delivered to this address before"
            )
        found = self._parts.lists.find(address) if self._parts.lists is not None else None
        if found is not None:
            return await self._to_list(draft, recipient, *found)
        resolution = await self._parts.addresses.resolve(address)
        if not resolution.targets and not resolution.forwards:
            return _refused(recipient, resolution)
        content = draft.content
        if resolution.targets and not is_stamped:
            content = with_lines(content, lines)
        full = refusal = ""
        may_refuse = not (resolution.is_role or resolution.forwards or len(resolution.targets) > 1)
        for target in resolution.targets:
            if resolution.is_role or await self._has_room(target.user, len(content.data)):
                refusal = await self._sift(draft, recipient, target, content, may_refuse=may_refuse)
            else:
                full = target.user
        if full and not self._refuses_over_quota:
            # those who have room get it now, once; the others and what goes elsewhere wait
            return Outcome(recipient, Verdict.DEFERRED, "4.2.2", f"the mailbox of {full} is full")
        is_alone = not resolution.targets and len(resolution.forwards) == 1
        if resolution.forwards:
            draft.changes += self._forwards(draft, recipient, resolution.forwards, is_alone=is_alone)
        if full:
            return Outcome(recipient, Verdict.REFUSED, "5.2.2", f"the mailbox of {full} is full")
        if refusal:
            return Outcome(recipient, Verdict.REFUSED, "5.7.1", refusal)
        return Outcome(
            recipient,
            Verdict.DELIVERED,
            DELIVERED_STATUS,
            "delivered",
            dsn_passed_on=is_alone,
            expanded=bool(resolution.forwards) and not is_alone,
        )

    async def _to_list(
        self, draft: _Draft, recipient: Recipient, mailing_list: MailingList, address: ListAddress
    ) -> Outcome:
        assert self._parts.lists is not None
        letter = Letter(draft.queue_id, draft.envelope, recipient, draft.content, mailing_list, address)
        if letter.what_for in draft.to_lists:
            return Outcome(recipient, Verdict.DELIVERED, DELIVERED_STATUS, "the list has it already")
        draft.to_lists.add(letter.what_for)
        plan = await self._parts.lists.plan(letter)
        draft.stands_alone = draft.stands_alone or plan.stands_alone
        draft.changes += plan.changes
        draft.list_notes += plan.notes
        return plan.outcome

    @property
    def _refuses_over_quota(self) -> bool:
        return self._parts.quotas is not None and self._parts.quotas.refuses

    async def _has_room(self, user: str, size_octets: int) -> bool:
        return self._parts.quotas is None or await self._parts.quotas.has_room(user, size_octets)

    async def has_room(self, address: str) -> bool:
        """Whether somebody with a full mailbox would get this mail; a role always has room."""
        if self._parts.quotas is None or not self._parts.addresses.is_here(address):
            return True
        resolution = await self._parts.addresses.resolve(address)
        if resolution.is_role:
            return True
        return all([await self._has_room(target.user, 0) for target in resolution.targets])

    async def _sift(
        self, draft: _Draft, recipient: Recipient, target: Target, content: Content, *, may_refuse: bool
    ) -> str:
        """Put the message where the user's script wants it → why it is refused, "" when it is not. A user who is
        reached in two ways has the script run once."""
        sifter = self._parts.sifter
        if target.user in draft.sifted:
            return ""
        arrival = Arrival(draft.queue_id, draft.envelope, recipient, target.user, content, may_refuse)
        sifted = await sifter.sift(arrival) if sifter is not None else None
        if sifted is None:
            await self._add(draft, target, content, Placement())
            return ""
        draft.sifted.add(target.user)
        draft.notes += sifted.notes
        for placement in sifted.placements:
            await self._add(draft, target, content, placement)
        draft.changes += sifted.changes
        if sifted.notice is not None:
            inbox, _ = await self._inbox(target.user)
            key = f"{draft.queue_id}/{target.user}/notice"
            draft.changes.append(AddMessage(inbox, sifted.notice, NO_FLAGS, self._parts.now(), key))
        return sifted.refusal

    async def _add(self, draft: _Draft, target: Target, content: Content, placement: Placement) -> None:
        key = f"{draft.queue_id}/{target.user}"
        if placement.mailbox is None:
            is_for_junk = not placement.decided and is_junk(content.data[: content.header_octets])
            mailbox, name = await (self._junk(target.user) if is_for_junk else self._mailbox(target))
        else:
            mailbox, name = placement.mailbox.mailbox_id, placement.mailbox.name
            key += f"/{mailbox}"
        if any(owner.user == target.user and where == name for _, owner, where in draft.owners):
            return  # keep and fileinto "INBOX": the same mailbox gets a message once (RFC 5228 §2.10.3)
        draft.owners.append((len(draft.changes), target, name))
        draft.changes.append(AddMessage(mailbox, content, placement.flags, self._parts.now(), key))
        if self._parts.quotas is not None:
            self._parts.quotas.let_in(target.user, len(content.data))

    def _forwards(
        self, draft: _Draft, recipient: Recipient, addresses: tuple[str, ...], *, is_alone: bool
    ) -> Iterator[Enqueue]:
        """An alias led outside or to programs: the message goes back into the queue. A program sees the sender as
        it is, other hosts see it as it has to be for them."""
        sender = draft.envelope.sender
        commands = tuple(filter(self._parts.is_command, addresses))
        others = tuple(address for address in addresses if address not in commands)
        if commands:
            yield self._forward(draft, recipient, commands, sender, is_alone=is_alone)
        if others:
            outward = self._parts.outward_sender(sender)
            yield self._forward(draft, recipient, others, outward, is_alone=is_alone)

    def _forward(
        self, draft: _Draft, recipient: Recipient, addresses: tuple[str, ...], sender: str, *, is_alone: bool
    ) -> Enqueue:
        """To one address it takes all wishes for reports along; the success of a list is ours to tell
        (RFC 3461 §5.2.7)."""
        queue_id = self._parts.new_queue_id()
        notify = recipient.notify
        if not is_alone and "SUCCESS" in notify:
            notify = notify - {"SUCCESS"} or frozenset({"NEVER"})
        original = recipient.original or _as_original(recipient.address)
        recipients = tuple(Recipient(address, notify, original) for address in addresses)
        content = with_lines(draft.content, forward_lines(recipient.address))
        self._note(draft, "forwarded", f"<{recipient.address}> leads to {', '.join(addresses)} as {queue_id}")
        envelope = replace(draft.envelope, sender=sender, recipients=recipients)
        return Enqueue(queue_id, envelope, content, content.message_id, self._parts.now(), "forward")

    async def _mailbox(self, target: Target) -> tuple[int, str]:
        """The mailbox for this mail and its name."""
        if target.detail and self._parts.detail_mailboxes:
            for mailbox in await self._parts.store.mailboxes(target.user):
                if mailbox.name.lower() == target.detail and not mailbox.special_use:
                    return mailbox.mailbox_id, mailbox.name
        return await self._inbox(target.user)

    async def _junk(self, owner: str) -> tuple[int, str]:
        """The mailbox whose use is Junk (RFC 6154), or the one of that name; made when there is none."""
        store = self._parts.store
        boxes = await store.mailboxes(owner)
        found = [box for box in boxes if box.special_use == JUNK_USE] or [box for box in boxes if box.name == JUNK]
        if found:
            return found[0].mailbox_id, found[0].name
        (made,) = await store.commit(CreateMailbox(owner, JUNK, JUNK_USE))
        return int(made.mailbox_id), JUNK

    async def _inbox(self, owner: str) -> tuple[int, str]:
        known = self._inboxes.get(owner)
        if known is not None:
            return known
        store = self._parts.store
        mailbox = await store.mailbox(owner, INBOX)
        if mailbox is None:
            try:
                (mailbox,) = await store.commit(CreateMailbox(owner, INBOX))
            except MailboxExists:
                mailbox = await store.mailbox(owner, INBOX)
        if mailbox is None:
            raise StoreError(f"{owner} has no INBOX")
        self._inboxes[owner] = found = (int(mailbox.mailbox_id), INBOX)
        return found

    # journal

    def _note_deliveries(self, draft: _Draft, results: tuple[Any, ...]) -> None:
        for text in draft.notes:
            self._note(draft, "sifted", text)
        for text in draft.list_notes:
            self._note(draft, "list", text)
        for position, target, name in draft.owners:
            added: Added = results[position]
            where = f"{target.user}'s {name}"
            self._note(draft, "handed over", f"to the local delivery agent, for {where}", Step.HAND_TO_LDA)
            text = f"into {where}, uid {added.uid}" if added.uid else f"was in {where} before"
            self._note(draft, "delivered", text, Step.MAILBOX)
        for outcome in draft.outcomes:
            if outcome.verdict is Verdict.REFUSED:
                self._note(draft, "refused", f"<{outcome.recipient.address}>: {outcome.text}", Step.HAND_TO_LDA)

    def _note(self, draft: _Draft, kind: str, text: str, step: Step = Step.HAND_TO_LDA) -> None:
        self._parts.journal.record(
            Agent.MDA, kind, text, step=step, queue_id=draft.queue_id, message_id=draft.content.message_id
        )


def _as_original(address: str) -> str:
    return f"{'rfc822' if address.isascii() else 'utf-8'};{address}"


def _refused(recipient: Recipient, resolution: Resolution) -> Outcome:
    if resolution.is_role and resolution.nowhere:
        text = "there is no user yet who could read the postmaster's mail"
        return Outcome(recipient, Verdict.DEFERRED, "4.2.1", text)
    if resolution.nowhere:
        return Outcome(recipient, Verdict.REFUSED, "5.1.1", "no user of that name here")
    return Outcome(recipient, Verdict.REFUSED, "5.4.6", "its aliases go round in circles")
