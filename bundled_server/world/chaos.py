"""Chaos: random faults while mail goes to and fro, and afterwards an account of every message."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

import aiosmtplib

from bundled_server.mailbox.store import StoreError
from bundled_server.world.faults.fault import KINDS, Fault, Value
from bundled_server.world.mailboxes import Mailboxes, NewMail
from bundled_server.world.world import World

MINUTE = 60.0
BREATH_SECONDS = 0.05
WEEK = 7 * 86_400.0
SETTLE_STEPS = 600
PEOPLE = ("alice@cities.org", "juan@cities.org", "bob@other.test")
NOBODY = "nobody@other.test"
HOSTS = ("cities.org", "other.test")


@dataclass(slots=True)
class Account:
    """What became of every message. `lost` should be empty; `twice` is what arrived more than once."""

    sent: int = 0
    refused: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    delivered: list[str] = field(default_factory=list)
    bounced: list[str] = field(default_factory=list)
    queued: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        return self.sent - self.refused

    def __str__(self) -> str:
        return (
            f"{self.sent} messages under {self.faults.total()} faults of {len(self.faults)} kinds: "
            f"{self.refused} refused at submission, {self.accepted} accepted = {len(self.delivered)} delivered"
            f" + {len(self.bounced)} bounced + {len(self.queued)} queued; "
            f"lost {len(self.lost)}, arrived twice {len(self.twice)}"
        )


class Chaos:
    """Troubles one world of the lecture's two hosts; the same `seed` troubles it in the same way."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._mailboxes = Mailboxes(world)
        self._random = random.Random(seed)
        self._accepted: dict[str, str] = {}
        self.account = Account()

    async def run(self, minutes: int, messages_a_minute: int = 3) -> Account:
        """So many minutes of the world's time; the faults of the end stay → the account at this moment."""
        for _ in range(minutes):
            await self._change_the_weather()
            for _ in range(messages_a_minute):
                await self._send()
            self._world.clock.advance(MINUTE)
            await asyncio.sleep(BREATH_SECONDS)
        await self._world.faults.clear_all()
        return await self.count()

    async def settle(self) -> Account:
        """No more faults, and as much time as the queues need: everything is delivered or bounced then."""
        await self._world.faults.clear_all()
        for _ in range(SETTLE_STEPS):
            if not any([await host.spool.items() for host in self._world.hosts.values()]):
                break
            self._world.clock.advance(WEEK / SETTLE_STEPS)
            await asyncio.sleep(BREATH_SECONDS)
        return await self.count()

    async def _change_the_weather(self) -> None:
        active = self._world.faults.active()
        if active and self._random.random() < 0.4:
            await self._world.faults.clear(self._random.choice(active).key)
        if self._random.random() < 0.6:
            fault = self._any_fault()
            await self._world.faults.set(fault)
            self.account.faults[fault.name] += 1

    def _any_fault(self) -> Fault:
        choose = self._random.choice
        name = choose(list(KINDS))
        target = {"host": choose(HOSTS), "domain": choose(HOSTS), "address": choose(PEOPLE), "peer": "127.0.0.1"}
        parameters: dict[str, Value] = {}
        if name == "smtp-reply":
            stage = choose(("connect", "helo", "mail", "rcpt", "data", "end-of-data"))
            parameters = {"stage": stage, "code": choose((421, 450, 451, 452, 550, 554)), "times": 3}
        elif name == "smtp-disconnect":
            parameters = {"octets": choose((1, 100, 300)), "times": 3}
        elif "seconds" in KINDS[name].parameters:
            parameters = {"seconds": 0.02}
        return Fault(name, target[KINDS[name].target], parameters)

    async def _send(self) -> None:
        sender = self._random.choice(PEOPLE)
        recipient = self._random.choice((*PEOPLE, *PEOPLE, NOBODY))
        self.account.sent += 1
        message_id = f"<chaos-{self.account.sent}@{sender.partition('@')[2]}>"
        header = {"Message-ID": message_id}
        mail = NewMail(to=[recipient], sender=sender, subject=f"Chaos {self.account.sent}", header=header)
        try:
            await self._mailboxes.send(mail)
        except (aiosmtplib.SMTPException, OSError):
            self.account.refused += 1
        else:
            self._accepted[message_id] = recipient

    # the account

    async def count(self) -> Account:
        """Where every accepted message is now."""
        account = self.account
        arrived, reported, waiting = await self._arrived(), await self._reported(), await self._waiting()
        for name in ("delivered", "bounced", "queued", "lost", "twice"):
            setattr(account, name, [])
        for message_id, recipient in self._accepted.items():
            count = arrived[message_id, recipient]
            if count > 1:
                account.twice.append(message_id)
            if count:
                account.delivered.append(message_id)
            elif message_id in waiting:
                account.queued.append(message_id)
            elif any(message_id in report for report in reported):
                account.bounced.append(message_id)
            else:
                account.lost.append(message_id)
        return account

    async def _arrived(self) -> Counter[tuple[str, str]]:
        found: Counter[tuple[str, str]] = Counter()
        for person in PEOPLE:
            for mailbox in await self._names_of_mailboxes(person):
                listed = await self._mailboxes.messages(person, mailbox)
                found.update((mail.message_id, person) for mail in listed)
        return found

    async def _reported(self) -> list[str]:
        """The reports in people's mailboxes."""
        texts = []
        for person in PEOPLE:
            for mailbox in await self._names_of_mailboxes(person):
                for mail in await self._mailboxes.messages(person, mailbox):
                    if mail.subject.startswith("Undeliverable"):
                        texts.append(
                            (await self._mailboxes.octets(person, mail.uid, mailbox)).decode("utf-8", "replace")
                        )
        return texts

    async def _waiting(self) -> set[str]:
        """The Message-IDs of what waits, and those that a waiting report is about."""
        found = set()
        for host in self._world.hosts.values():
            for item in await host.spool.items():
                found.add(item.message_id)
                try:
                    octets = await host.store.body(item.content_id)
                except StoreError:  # it was delivered meanwhile
                    continue
                found |= {message_id for message_id in self._accepted if message_id.encode() in octets}
        return found

    async def _names_of_mailboxes(self, person: str) -> list[str]:
        user, _, domain = person.partition("@")
        return [mailbox.name for mailbox in await self._world.hosts[domain].store.mailboxes(user)]
