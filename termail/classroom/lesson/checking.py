"""Checks: whether the state and the journal of the world show what a step asked for."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from termail.classroom.event import Event
from termail.classroom.lesson.model import Check, FaultIs, Happened, MailIs, QueueIs, Said
from termail.classroom.world_client import FullMail, Mail, WorldClient, WorldRefused


class CheckResult(msgspec.Struct, frozen=True):
    """`text` is what was looked for, in the lesson's words; `found` tells more when it was not there."""

    passed: bool
    text: str
    found: str = ""


class Checker:
    """Looks at one world; events count from the number `since` on."""

    def __init__(self, world: WorldClient, since: int) -> None:
        self._world = world
        self._since = since

    async def look(self, checks: Sequence[Check]) -> list[CheckResult]:
        """One result for each check."""
        events = await self._world.journal(after=self._since)
        return [await self._one(check, events) for check in checks]

    async def _one(self, check: Check, events: Sequence[Event]) -> CheckResult:
        try:
            match check:
                case MailIs():
                    passed, found = await self._mail(check)
                case Said():
                    passed, found = _was_said(check, events), ""
                case Happened():
                    count = sum(_fits(check, event) for event in events)
                    passed, found = count >= check.times, f"{count} of {check.times}"
                case QueueIs():
                    passed, found = await self._queue(check)
                case FaultIs():
                    passed = any(fault.name == check.fault for fault in await self._world.faults()) is check.on
                    found = ""
        except WorldRefused as refusal:
            passed, found = False, str(refusal)
        return CheckResult(passed, check.text, found)

    async def _mail(self, check: MailIs) -> tuple[bool, str]:
        candidates = [mail for mail in await self._world.mail(check.mail, check.mailbox) if _outside(check, mail)]
        if check.header or check.body:
            whole = [(mail, await self._world.read(check.mail, mail.uid, check.mailbox)) for mail in candidates]
            candidates = [mail for mail, full in whole if _inside(check, full)]
        passed = bool(candidates) if check.count is None else len(candidates) == check.count
        return passed, f"{len(candidates)} messages fit"

    async def _queue(self, check: QueueIs) -> tuple[bool, str]:
        items = await self._world.queue(check.queue)
        fitting = [item for item in items if any(_waits(check, one) for one in item["recipients"])]
        passed = bool(fitting) if check.count is None else len(fitting) == check.count
        return passed, f"{len(items)} messages wait"


def _outside(check: MailIs, mail: Mail) -> bool:
    return (
        check.subject.lower() in mail.subject.lower()
        and check.sender.lower() in mail.sender.lower()
        and (not check.flag or check.flag.lower() in [flag.lower() for flag in mail.flags])
    )


def _inside(check: MailIs, mail: FullMail) -> bool:
    for name, pattern in check.header.items():
        values = [value for field, value in mail.header if field.lower() == name.lower()]
        if not any(re.search(pattern, value, re.IGNORECASE) for value in values):
            return False
    return re.search(check.body, mail.text, re.IGNORECASE) is not None


def _fits(check: Happened, event: Event) -> bool:
    return (
        event.kind == check.happened
        and check.agent in ("", event.agent)
        and check.host in ("", event.host)
        and re.search(check.about, event.text, re.IGNORECASE) is not None
    )


def _waits(check: QueueIs, recipient: dict[str, Any]) -> bool:
    return (
        recipient["state"] == "waiting"
        and recipient["attempts"] >= check.attempts
        and check.about.lower() in f"{recipient['status']} {recipient['text']}".lower()
    )


def _was_said(check: Said, events: Sequence[Event]) -> bool:
    lines = [event for event in events if event.kind == "wire" and _heard_there(check, event)]
    for position, line in enumerate(lines):
        if line.direction == check.by and re.search(check.said, line.text, re.IGNORECASE):
            answers = (after for after in lines[position + 1 :] if after.session == line.session)
            if not check.reply or _answered(check, line, answers):
                return True
    return False


def _answered(check: Said, line: Event, answers: Any) -> bool:
    """Whether the server's next lines, until the client speaks again, have the reply."""
    for after in answers:
        if after.direction != "S":
            return False
        if re.search(check.reply, after.text, re.IGNORECASE):
            return True
    return False


def _heard_there(check: Said, event: Event) -> bool:
    service = event.session.rpartition("-")[0].removesuffix("s") if check.port else ""
    wanted = check.port.removesuffix("s")
    return service == wanted and check.host in ("", event.host)
