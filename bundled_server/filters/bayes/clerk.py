"""The clerk of the classifier: what an administrator asks of it, answered as plain values."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from bundled_server.filters.bayes.bayes import SHARED, Bayes, Explanation
from bundled_server.filters.bayes.classifier import SPAM_SCORE, Clue, Verdict
from bundled_server.filters.bayes.mail_files import messages_at
from bundled_server.mailbox.store import Store
from bundled_server.mailbox.training import Kind

CLUES_SHOWN = 30
DAY_SECONDS = 86_400.0


class Files(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """train: these files are mail of that kind."""

    user: str
    kind: Kind
    paths: tuple[str, ...]


class OneFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """explain: why is the message in this file judged as it is?"""

    user: str
    path: str


class Whose(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """statistics."""

    user: str


class Age(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """expire: tokens not trained for so many days and in so few messages."""

    user: str
    days: float
    rare: int


class BayesClerk:
    """Implements `admin.control.Clerk` with the verbs train, explain, statistics and expire."""

    def __init__(self, store: Store, bayes: Bayes, now: Callable[[], float] = time.time) -> None:
        self._store = store
        self._bayes = bayes
        self._now = now

    async def answer(self, verb: str, wanted: object) -> dict[str, Any]:
        match verb:
            case "train":
                return await self._train(msgspec.convert(wanted, Files))
            case "explain":
                return await self._explain(msgspec.convert(wanted, OneFile))
            case "statistics":
                return await self._statistics(msgspec.convert(wanted, Whose))
            case "expire":
                return await self._expire(msgspec.convert(wanted, Age))
        raise LookupError(f"the classifier cannot {verb}")

    async def _train(self, wanted: Files) -> dict[str, Any]:
        owner = await self._owner(wanted.user)
        counts = {"new": 0, "moved": 0, "known": 0}
        for path in map(Path, wanted.paths):
            messages = messages_at(path)
            while (message := await asyncio.to_thread(_next, messages)) is not None:
                before = await self._bayes.train(owner, message, wanted.kind)
                fate = "known" if before is wanted.kind else "moved" if before else "new"
                counts[fate] += 1
        return {"kind": wanted.kind.value, **counts}

    async def _explain(self, wanted: OneFile) -> dict[str, Any]:
        owner = await self._owner(wanted.user)
        message = await asyncio.to_thread(_next, messages_at(Path(wanted.path)))
        if message is None:
            raise ValueError(f"there is no message in {wanted.path}")
        return described(await self._bayes.explain(owner, message))

    async def _statistics(self, wanted: Whose) -> dict[str, Any]:
        numbers = await self._bayes.statistics(await self._owner(wanted.user))
        return {
            "spam": numbers.training.spam,
            "ham": numbers.training.ham,
            "tokens": numbers.tokens,
            "seen_once": numbers.only_once,
        }

    async def _expire(self, wanted: Age) -> dict[str, Any]:
        owner = await self._owner(wanted.user)
        before = self._now() - wanted.days * DAY_SECONDS
        return {"forgotten": await self._bayes.expire(owner, before, wanted.rare)}

    async def _owner(self, user: str) -> str:
        owner = user.lower()
        if owner != SHARED and await self._store.user(owner) is None:
            raise LookupError(f"there is no user {user}")
        return owner


def described(explanation: Explanation) -> dict[str, Any]:
    """An explanation in plain values; the clues are the clearest ones."""
    verdict = explanation.verdict
    return {
        **_judgement(verdict),
        "spam_from": SPAM_SCORE,
        "trained": {"spam": verdict.training.spam, "ham": verdict.training.ham},
        "has_learned_enough": verdict.training.is_enough,
        "this_message_was_trained_as": explanation.before.value,
        "tokens": explanation.tokens,
        "clues": [_clue(clue) for clue in verdict.clues[:CLUES_SHOWN]],
        "clues_left_out": max(0, len(verdict.clues) - CLUES_SHOWN),
        "after_one_more_training": {
            "as_spam": _judgement(explanation.as_spam),
            "as_ham": _judgement(explanation.as_ham),
        },
    }


def _judgement(verdict: Verdict) -> dict[str, Any]:
    return {"verdict": verdict.word, "score": round(verdict.score, 4)}


def _clue(clue: Clue) -> dict[str, Any]:
    chance = round(clue.probability, 4)
    return {"token": clue.token, "spam": clue.spam, "ham": clue.ham, "probability": chance}


def _next(messages: Iterator[bytes]) -> bytes | None:
    return next(messages, None)
