"""The chain that every message passes on its way in: each filter says its word, the hardest word counts."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from bundled_server.envelope import Envelope
from bundled_server.journal import Agent, Journal

SCANNER_FAILED = "4.7.1"

logger = logging.getLogger(__name__)

SPAM_FIELDS = frozenset({"x-spam-flag", "x-spam-status", "x-spam-score", "x-spam-level", "x-virus-status"})


class Word(IntEnum):
    """What a filter says, in rising hardness."""

    ACCEPT = 0
    TRY_LATER = 1
    REFUSE = 2


@dataclass(frozen=True, slots=True)
class Opinion:
    """One filter's word. `header` are whole fields with CRLF to put on top; `status` and `text` explain a word
    that is not ACCEPT."""

    word: Word = Word.ACCEPT
    header: bytes = b""
    status: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message that asks to come in. `client_name` is what the peer said in EHLO; `queue_id` is what the message
    will be called when it is accepted."""

    client_address: str
    client_name: str
    envelope: Envelope
    content: bytes
    queue_id: str = ""


class Filter(Protocol):
    """One link of the chain. A filter that fails says TRY_LATER: a broken scanner never means acceptance."""

    name: str

    async def judge(self, candidate: Candidate) -> Opinion: ...


class Chain:
    """Asks each filter in order; stops at the first that does not accept, and joins the headers of the others."""

    def __init__(self, filters: Sequence[Filter], journal: Journal) -> None:
        self._filters = tuple(filters)
        self._journal = journal

    async def judge(self, candidate: Candidate) -> Opinion:
        header = b""
        for link in self._filters:
            opinion = await _word_of(link, candidate)
            if opinion.word is not Word.ACCEPT:
                text = f"{link.name}: {opinion.word.name.lower()}: {opinion.status} {opinion.text}"
                self._journal.record(
                    Agent.FILTER, "judged", text, queue_id=candidate.queue_id, peer=candidate.client_address
                )
                return opinion
            header = opinion.header + header
        return Opinion(header=header)


async def _word_of(link: Filter, candidate: Candidate) -> Opinion:
    """What the filter says; one that breaks says TRY_LATER, so that nothing slips in past a broken scanner."""
    try:
        return await link.judge(candidate)
    except Exception:
        logger.exception("the filter %s failed", link.name)
        return Opinion(Word.TRY_LATER, status=SCANNER_FAILED, text=f"{link.name} cannot answer, try again later")


def is_forged_result(field_name: str, value: str, own_id: str) -> bool:
    """Whether a field claims to be a verdict of ours: Authentication-Results with our own id (RFC 8601 §5), or
    a spam mark, which only our filters may set."""
    name = field_name.lower()
    if name != "authentication-results":
        return name in SPAM_FIELDS
    claimed = value.partition(";")[0].split()
    return not claimed or claimed[0].lower().rstrip(".") == own_id.lower()
