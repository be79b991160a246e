"""The classifier as a link of the chain: at DATA it gives points for what the recipients have trained."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType

from bundled_server.filters.bayes.bayes import SHARED, Bayes
from bundled_server.filters.bayes.classifier import Clue, Verdict
from bundled_server.filters.filter import Judge, Wave
from bundled_server.filters.question import Question
from bundled_server.filters.verdict import Stage, Word
from bundled_server.filters.verdict import Verdict as Said

POINTS = ((0.999, 7.0), (0.99, 6.0), (0.9, 4.0), (0.7, 2.0), (0.3, 0.0), (0.01, -1.0), (0.0, -2.0))
"""From which score on how many points: sure spam goes into Junk by itself, and is never refused by itself."""

MOST_OWNERS = 20
CLUES_IN_THE_REASON = 5
CLUES_EXPLAINED = 15

OwnersOf = Callable[[Sequence[str]], Awaitable[Sequence[str]]]
"""The users whose mailboxes these addresses of ours lead to."""


class BayesFilter:
    """Implements `filters.filter.Filter`. A message for several users gets the judgement of the one who finds it
    least like spam, and none while one of them has trained too little: nobody's mail goes into Junk because of
    what another user called junk."""

    name = "bayes"
    about = "what users trained as spam and ham says about the words of a message"
    wave = Wave.LOOKUPS
    must_answer = False
    patience_seconds: float | None = None

    def __init__(self, bayes: Bayes, owners_of: OwnersOf) -> None:
        self._bayes = bayes
        self._owners_of = owners_of
        self.stages: Mapping[Stage, Judge] = MappingProxyType({Stage.DATA: self._judge})

    async def _judge(self, question: Question) -> Said | None:
        owners = list(await self._owners_of(question.recipients))[:MOST_OWNERS] or [SHARED]
        verdicts = await self._bayes.verdicts(owners, as_it_will_stand(question))
        mildest = min(verdicts, key=lambda verdict: verdict.score, default=None)
        if mildest is None:
            return None
        points = next(points for score, points in POINTS if mildest.score >= score)
        return Said(
            Word.SCORE if points > 0 else Word.PASS,
            score=points,
            reason=_reason(mildest),
            explanation=tuple(map(line_of, mildest.clues[:CLUES_EXPLAINED])),
        )


def as_it_will_stand(question: Question) -> bytes:
    """The message with the trace of this host on top, as it lies in a mailbox when somebody trains it."""
    visit = question.visit
    helo = "".join(letter for letter in visit.helo[:255] if letter.isprintable() and letter.isascii())
    return b"Received: from %b ([%b])\r\n" % (helo.encode("ascii"), visit.address.encode("ascii", "replace")) + (
        question.content
    )


def line_of(clue: Clue) -> str:
    """A clue as people read it."""
    return f"{clue.probability:.2f} {clue.token} (in {clue.spam} spam, {clue.ham} ham)"


def _reason(verdict: Verdict) -> str:
    words = ", ".join(clue.token for clue in verdict.clues[:CLUES_IN_THE_REASON])
    return f"{verdict.word}, {verdict.score:.3f} of 1" + (f", by {words}" if words else "")
