"""The sifter: runs a user's scripts on one message that arrives; their actions become changes of the store."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bundled_server.config import SieveLimits
from bundled_server.envelope import Envelope, Recipient
from bundled_server.mailbox.changes import Change, CreateMailbox, Enqueue
from bundled_server.mailbox.content import Content, prepare
from bundled_server.mailbox.names import path_of
from bundled_server.mailbox.names import why_not as why_not_named
from bundled_server.mailbox.store import Mailbox, MailboxExists, Store
from bundled_server.mda.addresses import Addresses
from bundled_server.mda.sieve.library import Programme, ScriptLibrary
from bundled_server.mda.sieve.memory import Memory
from bundled_server.mda.sieve.notice import error_notice
from bundled_server.mda.sieve.spam import spam_percent, virus_level
from bundled_server.mda.sieve.vacation import Reply, memory_key, recipients_of, render, why_not
from bundled_server.mda.trace import delivery_lines, forward_lines
from bundled_server.sieve.actions import Action, Discard, FileInto, Keep, Redirect, Reject, Remember, Vacation
from bundled_server.sieve.constants import bare_address
from bundled_server.sieve.errors import SieveError, SieveFault
from bundled_server.sieve.interpreter import Result, run
from bundled_server.sieve.message import Message
from bundled_server.sieve.surroundings import Surroundings

OFF_THE_LOOP_OCTETS = 262_144
DONE_KIND, DUPLICATE_KIND, VACATION_KIND, NOTICE_KIND = (
    "sieve-done",
    "sieve-duplicate",
    "sieve-vacation",
    "sieve-notice",
)
DONE_SECONDS = 864_000.0
LONGEST_REASON = 400
NEVER = frozenset({"NEVER"})


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message for one user, `content` with the lines of final delivery on top."""

    queue_id: str
    envelope: Envelope
    recipient: Recipient
    user: str
    content: Content
    may_refuse: bool


@dataclass(frozen=True, slots=True)
class Placement:
    """A mailbox that gets the message: `mailbox` is None for where mail goes without a script; `decided` tells
    that the script wants it there whatever the filters say."""

    mailbox: Mailbox | None = None
    flags: frozenset[str] = frozenset()
    decided: bool = False


@dataclass(slots=True)
class Sifted:
    """What is to be done: `changes` go into the commit of the delivery, `notes` into the journal after it;
    `refusal` is what the sender is told, "" when it is not refused; `notice` goes to the owner's inbox."""

    placements: list[Placement] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    refusal: str = ""
    notice: Content | None = None


@dataclass(frozen=True, slots=True)
class SifterParts:
    """What the sifter works with; `hostname` and `domain` are the host's, `outward_sender` is what a sender
    becomes when its mail is redirected to another host; scripts make so many `mailboxes` of one user at most."""

    store: Store
    addresses: Addresses
    library: ScriptLibrary
    limits: SieveLimits
    now: Callable[[], float]
    new_queue_id: Callable[[], str]
    hostname: str
    domain: str
    outward_sender: Callable[[str], str] = lambda sender: sender
    mailboxes: int = 10_000
    mailbox_name_octets: int = 1000


class Sifter:
    """Exactly once, whatever crashes: deliveries have their keys, and what goes into the queue is guarded by a
    record of the queue id that is committed with it."""

    def __init__(self, parts: SifterParts) -> None:
        self._parts = parts
        self.memory = Memory(parts.store)

    async def sift(self, arrival: Arrival) -> Sifted | None:
        """None when no script is run for this user."""
        programme = await self._parts.library.programme(arrival.user)
        if programme is None:
            return None
        if programme.broken is not None:
            return await self._failed(arrival, *programme.broken)
        message = Message(
            arrival.content.data, sender=arrival.envelope.sender, recipient=arrival.recipient.address
        )
        around = await self._around(arrival, programme, message)
        if len(arrival.content.data) > OFF_THE_LOOP_OCTETS:
            result = await asyncio.to_thread(run, programme.scripts, message, around)
        else:
            result = run(programme.scripts, message, around)
        if result.error is not None:
            return await self._failed(arrival, result.failed_script, result.error)
        return await self._carried_out(arrival, message, result)

    async def _around(self, arrival: Arrival, programme: Programme, message: Message) -> Surroundings:
        parts = self._parts
        seen: frozenset[str] = frozenset()
        scripts = [*(named.script for named in programme.scripts), *programme.library.values()]
        if any("duplicate" in script.required for script in scripts):
            seen = await self.memory.known(DUPLICATE_KIND, arrival.user, arrival.queue_id)
        mailboxes = await parts.store.mailboxes(arrival.user)
        return Surroundings(
            mailboxes={mailbox.name: mailbox.special_use for mailbox in mailboxes},
            now=datetime.fromtimestamp(parts.now()).astimezone(),
            seen=seen,
            spam_percent=spam_percent(message),
            virus_level=virus_level(message),
            library=programme.library,
            environment={
                "domain": parts.domain,
                "host": parts.hostname,
                "location": "MDA",
                "name": "termail",
                "phase": "during",
            },
            limits=parts.limits,
        )

    # carrying out

    async def _carried_out(self, arrival: Arrival, message: Message, result: Result) -> Sifted:
        sifted = Sifted()
        repeated = bool(await self.memory.known(DONE_KIND, arrival.user, arrival.queue_id, (arrival.queue_id,)))
        for action, source in zip(result.actions, result.sources, strict=True):
            if source:
                sifted.notes.append(f'{arrival.user}\'s "{source}", line {action.line}: {action.text}')
            await self._carry_out(arrival, message, action, sifted, repeated=repeated)
        if any(isinstance(change, Enqueue) for change in sifted.changes):
            expires = self._parts.now() + DONE_SECONDS
            sifted.changes.append(
                self.memory.note(DONE_KIND, arrival.user, arrival.queue_id, arrival.queue_id, expires)
            )
        return sifted

    async def _carry_out(
        self, arrival: Arrival, message: Message, action: Action, sifted: Sifted, *, repeated: bool
    ) -> None:
        match action:
            case Keep(line=line, flags=flags):
                sifted.placements.append(Placement(flags=frozenset(flags or ()), decided=bool(line)))
            case FileInto():
                sifted.placements.append(await self._file_into(arrival.user, action, sifted))
            case Redirect(address=address) if not repeated:
                await self._redirect(arrival, address, sifted)
            case Vacation() if not repeated:
                await self._vacation(arrival, message, action, sifted)
            case Reject(reason=reason):
                self._reject(arrival, reason, sifted)
            case Remember(key=key, seconds=seconds):
                await self._remember(arrival, key, seconds, sifted)
            case Redirect() | Vacation():
                sifted.notes.append("done before, not again")
            case Discard():
                pass

    async def _remember(self, arrival: Arrival, key: str, seconds: int, sifted: Sifted) -> None:
        known = await self.memory.known(DUPLICATE_KIND, arrival.user, arrival.queue_id)
        if key not in known and len(known) >= self._parts.limits.duplicates_per_user:
            sifted.notes.append("too much is remembered already: this message is not")
            return
        expires = self._parts.now() + seconds
        sifted.changes.append(self.memory.note(DUPLICATE_KIND, arrival.user, arrival.queue_id, key, expires))

    async def _file_into(self, user: str, action: FileInto, sifted: Sifted) -> Placement:
        """A mailbox that does not exist is made only when the script says so; else the mail goes to the inbox."""
        mailboxes = await self._parts.store.mailboxes(user)
        use = action.special_use
        name = path_of(action.mailbox)
        found = [box for box in mailboxes if use and box.special_use == use]
        found = found or [box for box in mailboxes if box.name == name]
        flags = frozenset(action.flags or ())
        if found:
            return Placement(found[0], flags, decided=True)
        fault = self._why_not_made(name, len(mailboxes)) if action.create else ""
        if fault:
            sifted.notes.append(f'no mailbox "{name[:80]}" is made, it is kept: {fault}')
            return Placement(flags=flags, decided=True)
        if action.create:
            return Placement(await self._created(user, name, action.special_use), flags, decided=True)
        sifted.notes.append(f'there is no mailbox "{name}": it is kept (write fileinto :create to make it)')
        return Placement(flags=flags, decided=True)

    def _why_not_made(self, name: str, mailboxes: int) -> str:
        """A name may come out of the message: it has to be one that a client could have made."""
        if mailboxes >= self._parts.mailboxes:
            return "there are too many mailboxes"
        return why_not_named(name, self._parts.mailbox_name_octets)

    async def _created(self, user: str, name: str, special_use: str) -> Mailbox | None:
        try:
            (made,) = await self._parts.store.commit(CreateMailbox(user, name, special_use))
        except MailboxExists:
            return await self._parts.store.mailbox(user, name)
        mailbox: Mailbox = made
        return mailbox

    async def _redirect(self, arrival: Arrival, address: str, sifted: Sifted) -> None:
        """Through the queue, from the same sender. Delivered-To on top lets a circle be seen."""
        parts = self._parts
        if await parts.addresses.owns(arrival.user, address):
            sifted.notes.append(f"{address} is {arrival.user}'s own address: it is kept")
            sifted.placements.append(Placement(decided=True))
            return
        recipient = arrival.recipient
        bare = arrival.content.data.removeprefix(delivery_lines(arrival.envelope.sender, recipient.address))
        content = prepare(forward_lines(recipient.address) + bare, has_crlf=True)
        notify = recipient.notify - {"SUCCESS"} if recipient.notify else recipient.notify
        to = Recipient(address, notify or (NEVER if recipient.notify else frozenset()))
        sender = arrival.envelope.sender
        if not parts.addresses.is_here(address):
            sender = parts.outward_sender(sender)
        envelope = Envelope(sender, (to,), smtputf8=arrival.envelope.smtputf8 or not address.isascii())
        queue_id = parts.new_queue_id()
        sifted.changes.append(Enqueue(queue_id, envelope, content, content.message_id, parts.now(), "forward"))
        sifted.notes.append(f"redirected to {address} as {queue_id}")

    def _reject(self, arrival: Arrival, reason: str, sifted: Sifted) -> None:
        if not arrival.may_refuse:
            sifted.notes.append("not refused: others get it too, or it is the postmaster's; it is kept")
            sifted.placements.append(Placement())
            return
        words = " ".join("".join(c if c.isprintable() else " " for c in reason).split())
        sifted.refusal = words[:LONGEST_REASON] or "refused by the recipient"

    # vacation

    async def _vacation(self, arrival: Arrival, message: Message, action: Vacation, sifted: Sifted) -> None:
        parts = self._parts
        obstacle = why_not(message)
        own = "" if obstacle else await self._addressed_as(arrival, message, action.addresses)
        if not obstacle and not own:
            obstacle = f"no address of {arrival.user}'s is among its recipients"
        elif not obstacle and await parts.addresses.owns(arrival.user, message.sender):
            obstacle = "it is the user's own mail"
        key = memory_key(action, message.sender)
        if not obstacle and await self.memory.known(VACATION_KIND, arrival.user, arrival.queue_id, (key,)):
            obstacle = f"{message.sender} was answered before"
        if obstacle:
            sifted.notes.append(f"no vacation reply: {obstacle}")
            return
        await self._answer(arrival, message, action, own, key, sifted)

    async def _answer(
        self, arrival: Arrival, message: Message, action: Vacation, own: str, key: str, sifted: Sifted
    ) -> None:
        parts, now = self._parts, self._parts.now()
        queue_id = parts.new_queue_id()
        moment = datetime.fromtimestamp(now).astimezone()
        author = own if await parts.addresses.owns(arrival.user, own) else arrival.recipient.address
        if action.sender and not await parts.addresses.owns(arrival.user, bare_address(action.sender)):
            sifted.notes.append(
                f"{action.sender} is no address of {arrival.user}'s: the reply comes from {author}"
            )
            action = replace(action, sender="")
        content = prepare(render(action, message, Reply(author, parts.hostname, f"{queue_id}.vacation", moment)))
        smtputf8 = not message.sender.isascii()
        envelope = Envelope("", (Recipient(message.sender, NEVER),), smtputf8=smtputf8)
        sifted.changes.append(Enqueue(queue_id, envelope, content, content.message_id, now, "reply"))
        expires = now + action.seconds
        sifted.changes.append(self.memory.note(VACATION_KIND, arrival.user, arrival.queue_id, key, expires))
        sifted.notes.append(f"vacation reply to {message.sender} as {queue_id}")

    async def _addressed_as(self, arrival: Arrival, message: Message, more: Sequence[str]) -> str:
        """Which of the owner's addresses the header names (RFC 5230 §4.5), "" for none."""
        others = {address.lower() for address in more}
        for address in dict.fromkeys(recipients_of(message)):
            if address.lower() in others or await self._parts.addresses.owns(arrival.user, address):
                return address
        return ""

    # errors

    async def _failed(self, arrival: Arrival, name: str, fault: SieveFault | SieveError) -> Sifted:
        """Implicit keep, and the owner is told, but not about every message."""
        parts = self._parts
        text = f'{arrival.user}\'s "{name}", {fault}: the message is kept'
        sifted = Sifted([Placement()], notes=[text])
        key = f"{name}:{fault}"
        if not await self.memory.known(NOTICE_KIND, arrival.user, arrival.queue_id, (key,)):
            now = parts.now()
            expires = now + parts.limits.error_notice_seconds
            sifted.changes.append(self.memory.note(NOTICE_KIND, arrival.user, arrival.queue_id, key, expires))
            moment = datetime.fromtimestamp(now).astimezone()
            notice = error_notice(arrival.user, parts.domain, name, fault, f"{parts.new_queue_id()}.sieve", moment)
            sifted.notice = prepare(notice)
        return sifted
