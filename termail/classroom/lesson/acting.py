"""Actions: what a lesson does to the world to prepare a step, and what its own solution does for the student."""

import asyncio
import re
from collections.abc import Sequence
from typing import Any

import dns.asyncquery
import dns.exception
import dns.message
import dns.name
import dns.rcode
import msgspec

from termail.classroom.lesson.model import Action, Ask, Break, Mend, Send, Talk, Time, Wait
from termail.classroom.lesson.talking import TalkFailed, Tell, play
from termail.classroom.world_client import WorldClient, WorldRefused

WAIT_SECONDS = 30.0
POLL_SECONDS = 0.05
DNS_SECONDS = 5.0


class ActionFailed(Exception):
    """An action of a lesson could not be done; the text says which and why."""


class Actor:
    """Does actions in one world; waits count events from the number `since` on."""

    def __init__(self, world: WorldClient, since: int, tell: Tell) -> None:
        self._world = world
        self._since = since
        self._tell = tell

    async def perform(self, actions: Sequence[Action]) -> None:
        """All of them, in order. Raises ActionFailed."""
        for action in actions:
            try:
                await self._one(action)
            except (WorldRefused, TalkFailed, dns.exception.DNSException, OSError) as error:
                raise ActionFailed(f"{_name(action)}: {error}") from error

    async def _one(self, action: Action) -> None:
        match action:
            case Talk():
                await self._talk(action)
            case Send():
                await self._send(action)
            case Break():
                fault = await self._world.set_fault(action.fault, action.target, action.parameters)
                self._tell(f"*  fault set: {fault.key}")
            case Mend():
                await self._mend(action.clear)
            case Time():
                await self._world.set_clock(factor=action.factor, advance=action.advance)
                self._tell(f"*  the clock: {action.clock}")
            case Ask():
                await self._ask(action.ask)
            case Wait():
                await self._wait(action)

    async def _send(self, action: Send) -> None:
        for number in range(1, action.times + 1):
            body = {"to": action.send, **msgspec.to_builtins(action)}
            for name in ("send", "times"):
                body.pop(name)
            for name in ("subject", "text"):
                body[name] = body[name].replace("{n}", str(number))
            await self._world.send(body)
        times = f" {action.times} times" if action.times > 1 else ""
        self._tell(f"*  {action.sender or 'a stranger'} writes to {', '.join(action.send)}{times}")

    async def _talk(self, action: Talk) -> None:
        host = await self._world.host(action.host)
        ca = (await self._world.describe()).ca
        lines = [line.strip() for line in action.lines.strip().splitlines()]
        self._tell(f"*  telnet {host.name} {action.talk}")
        port = host.ports[action.talk]
        await play(lines, port, ca=ca, tell=self._tell, aside=self._write, source=action.source)

    async def _write(self, words: str) -> None:
        sender, recipient, subject = words.split(None, 2)
        await self._world.send({"from": sender, "to": [recipient], "subject": subject, "text": f"{subject}\n"})
        self._tell(f"*  {sender} writes to {recipient}")

    async def _mend(self, key: str) -> None:
        if key == "all":
            await self._world.clear_faults()
        else:
            await self._world.clear_fault(key)
        self._tell(f"*  fault cleared: {key}")

    async def _ask(self, question: str) -> None:
        server = (await self._world.describe()).dns
        name, _, kind = question.partition(" ")
        query = dns.message.make_query(dns.name.from_text(name), kind or "A")
        answer = await dns.asyncquery.udp(query, server.host, timeout=DNS_SECONDS, port=server.port)
        self._tell(f"C: {question}?")
        self._tell(f"S: {dns.rcode.to_text(answer.rcode())}")
        for rrset in answer.answer:
            for line in rrset.to_text().splitlines():
                self._tell(f"S: {line}")

    async def _wait(self, action: Wait) -> None:
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                while not await self._happened(action):  # noqa: ASYNC110 - another process works
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            raise ActionFailed(f"wait: nothing was {action.wait!r} within {WAIT_SECONDS:g} s") from None

    async def _happened(self, action: Wait) -> bool:
        events = await self._world.journal(after=self._since, host=action.host)
        return any(event.kind == action.wait and re.search(action.text, event.text) for event in events)


def _name(action: Any) -> str:
    return str(type(action).__name__).lower()
