"""Greylisting (RFC 6647): who comes for the first time is asked to come again, which most spam does not."""

import hashlib
from collections.abc import Callable, Mapping

from bundled_server.filter_config import Greylist
from bundled_server.filters.filter import Judge, Wave
from bundled_server.filters.networks import block_of
from bundled_server.filters.question import Question
from bundled_server.filters.verdict import Stage, Verdict, Word
from bundled_server.mailbox.records import PutRecords, Record
from bundled_server.mailbox.store import Store

KIND = "greylist"
OWNER = ""
FRESH_SECONDS = 86_400.0


class GreylistFilter:
    """Remembers triplets in the store: "first seen" while they wait, "known since" once they came again; and how
    many triplets of a network came again."""

    name = "greylist"
    wave = Wave.CONCLUSIONS
    must_answer = False
    patience_seconds = None

    def __init__(self, settings: Greylist, store: Store, now: Callable[[], float]) -> None:
        self.about = f"asks unknown senders to come again after {settings.delay_seconds:.0f} s"
        self.stages: Mapping[Stage, Judge] = {Stage.RCPT: self._judge}
        self._settings = settings
        self._store = store
        self._now = now

    async def _judge(self, question: Question) -> Verdict | None:
        excuse = _excuse(question)
        if excuse:
            return Verdict(reason=f"not asked to wait: {excuse}")
        settings = self._settings
        network = block_of(question.visit.address, settings.ipv4_prefix, settings.ipv6_prefix)
        triplet = _key(network, question.sender.lower(), question.recipient.lower())
        records = await self._store.records(KIND, OWNER, (triplet, network))
        if _count(records.get(network)) >= settings.allow_after:
            await self._renew(question, records[network])
            return Verdict(reason=f"{network} is known")
        waiting = records.get(triplet)
        if waiting is None:
            return await self._begin(question, triplet)
        if waiting.value == b"known":
            await self._renew(question, waiting)
            return Verdict(reason="this triplet is known")
        left = float(waiting.value) + settings.delay_seconds - self._now()
        if left > 0:
            return _later(left, "it came again too early")
        await self._let_in(question, triplet, network, _count(records.get(network)))
        return Verdict(reason=f"came again after {self._now() - float(waiting.value):.0f} s")

    async def _begin(self, question: Question, triplet: str) -> Verdict:
        now, settings = self._now(), self._settings
        expires = now + settings.delay_seconds + settings.retry_seconds
        await self._write(question, Record(triplet, repr(now).encode(), expires), only_new=True)
        return _later(settings.delay_seconds, "the first time for this triplet")

    async def _let_in(self, question: Question, triplet: str, network: str, count: int) -> None:
        expires = self._now() + self._settings.known_seconds
        known = Record(triplet, b"known", expires)
        await self._write(question, known, Record(network, str(count + 1).encode(), expires))

    async def _renew(self, question: Question, record: Record) -> None:
        """What is in use stays known; written once a day at most."""
        expires = self._now() + self._settings.known_seconds
        if expires - record.expires > FRESH_SECONDS:
            await self._write(question, Record(record.key, record.value, expires))

    async def _write(self, question: Question, *records: Record, only_new: bool = False) -> None:
        if not question.is_rehearsal:
            await self._store.commit(PutRecords(KIND, OWNER, records, only_new))


def _excuse(question: Question) -> str:
    """Why this mail need not wait, "" when it has to."""
    findings = question.findings
    if findings.vouched_by or question.recipient in findings.allowed:
        return "it is on an allow list"
    return f"SPF vouches for {findings.spf_domain}" if findings.spf == "pass" else ""


def _later(seconds: float, why: str) -> Verdict:
    text = f"Greylisted, try again in {max(seconds, 1):.0f} seconds"
    return Verdict(
        Word.DEFER, reason=f"{why}: to come again in {max(seconds, 1):.0f} s", status="4.7.1", text=text
    )


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


def _count(record: Record | None) -> int:
    return int(record.value) if record is not None and record.value.isdigit() else 0
