"""The classifier of one host: it judges by everybody's training and the user's own, and learns from each user."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from bundled_server.filters.bayes.classifier import Knowledge, Verdict
from bundled_server.filters.bayes.tokens import tokens_of
from bundled_server.mailbox.content import with_crlf
from bundled_server.mailbox.store import Store
from bundled_server.mailbox.training import ExpireTokens, Kind, Training, TrainTokens

SHARED = ""
READ_IN_PLACE_OCTETS = 32_768


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a message is judged as it is, and what one more training of it would change. `before` is what this user
    trained it as; `tokens` counts all of its tokens, of which the verdict's clues had a say."""

    verdict: Verdict
    before: Kind
    as_spam: Verdict
    as_ham: Verdict
    tokens: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """What an owner's training holds; `only_once` are tokens seen in one message alone."""

    training: Training
    tokens: int
    only_once: int


class Bayes:
    """Judges and learns. The training of one user says nothing about another's mail; only what an administrator
    trains as everybody's does. Raises StoreUnavailable when the store cannot answer."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def verdict(self, owner: str, message: bytes) -> Verdict:
        """The judgement for one user; for SHARED, on everybody's training alone."""
        tokens = await _read(message)
        return (await self._knowledge(owner, tokens)).judge(tokens)

    async def verdicts(self, owners: Sequence[str], message: bytes) -> list[Verdict]:
        """One for each owner, none at all unless enough was learned for each; the message is read only then."""
        for owner in owners:
            if not (await self._training(owner)).is_enough:
                return []
        tokens = await _read(message)
        return [(await self._knowledge(owner, tokens)).judge(tokens) for owner in owners]

    async def explain(self, owner: str, message: bytes) -> Explanation:
        """The judgement with what it rests on."""
        tokens = await _read(message)
        known = await self._knowledge(owner, tokens)
        before = await self.trained_as(owner, message)
        return Explanation(
            known.judge(tokens),
            before,
            known.after(tokens, before, Kind.SPAM).judge(tokens),
            known.after(tokens, before, Kind.HAM).judge(tokens),
            len(tokens),
        )

    async def train(self, owner: str, message: bytes, kind: Kind) -> Kind:
        """Learn that this message is of that kind, or take it back (NOTHING) → what it was trained as before.
        Durable when it returns."""
        tokens = await asyncio.to_thread(tokens_of, message)  # thousands may be moved into Junk at once
        change = TrainTokens(owner, digest_of(message), kind, tokens)
        (before,) = await self._store.commit(change)
        return Kind(before)

    async def trained_as(self, owner: str, message: bytes) -> Kind:
        """What this user, or everybody, trained the message as."""
        return await self._store.trained_as(owner, digest_of(message))

    async def expire(self, owner: str, before: float, rare: int) -> int:
        """Forget what was last trained before then and is in at most `rare` messages → how many tokens went."""
        (gone,) = await self._store.commit(ExpireTokens(owner, before, rare))
        return int(gone)

    async def statistics(self, owner: str) -> Statistics:
        """Numbers for people."""
        counts = (await self._store.trained_tokens(owner)).values()
        once = sum(count.spam + count.ham == 1 for count in counts)
        return Statistics(await self._store.training(owner), len(counts), once)

    async def _training(self, owner: str) -> Training:
        """Everybody's and the user's own, together."""
        trainings = [await self._store.training(one) for one in _sources(owner)]
        return Training(sum(one.spam for one in trainings), sum(one.ham for one in trainings))

    async def _knowledge(self, owner: str, tokens: tuple[str, ...]) -> Knowledge:
        knowledge = Knowledge()
        for one in _sources(owner):
            training = await self._store.training(one)
            if training.spam or training.ham:
                knowledge.add(training, await self._store.trained_tokens(one, tokens))
        return knowledge


def _sources(owner: str) -> tuple[str, ...]:
    return (SHARED,) if owner == SHARED else (SHARED, owner)


def digest_of(message: bytes) -> bytes:
    """By which the store knows a message, however its lines end in a file."""
    return hashlib.sha256(with_crlf(message)).digest()


async def _read(message: bytes) -> tuple[str, ...]:
    """The tokens; a large message is read in a thread, so that nobody waits for it."""
    if len(message) <= READ_IN_PLACE_OCTETS:
        return tokens_of(message)
    return await asyncio.to_thread(tokens_of, message)
