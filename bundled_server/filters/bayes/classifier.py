"""The judgement of one message: which of its tokens speak, for whom, and what comes out when they are joined."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bundled_server.filters.bayes.combining import Tuning, combined, probability
from bundled_server.mailbox.training import Kind, TokenCount, Training, counted, steps

SPAM_SCORE = 0.99
HAM_SCORE = 0.3
NEVER_SEEN = TokenCount()


@dataclass(frozen=True, slots=True)
class Clue:
    """A token that had a say: in how many messages of each kind it was, and the probability that follows."""

    token: str
    spam: int
    ham: int
    probability: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """`score` from 0 (ham) to 1 (spam), the clues that made it, clearest first, and the messages it rests on."""

    score: float
    clues: tuple[Clue, ...]
    training: Training

    @property
    def word(self) -> str:
        """spam, ham or unsure."""
        if self.score >= SPAM_SCORE:
            return "spam"
        return "ham" if self.score <= HAM_SCORE else "unsure"


class Knowledge:
    """What was learned about some tokens: the sum of several trainings, such as everybody's and a user's own."""

    def __init__(self) -> None:
        self._counts: dict[str, TokenCount] = {}
        self._training = Training()

    def add(self, training: Training, counts: Mapping[str, TokenCount]) -> None:
        """Take one more training in."""
        self._training = Training(self._training.spam + training.spam, self._training.ham + training.ham)
        for token, count in counts.items():
            known = self._counts.get(token)
            self._counts[token] = (
                count if known is None else TokenCount(known.spam + count.spam, known.ham + count.ham)
            )

    def after(self, tokens: Iterable[str], before: Kind, kind: Kind) -> "Knowledge":
        """What would be known when a message of these tokens, now trained as `before`, were trained as `kind`."""
        later = Knowledge()
        later.add(self._training, self._counts)
        for what, step in steps(before, kind):
            sums = counted(TokenCount(later._training.spam, later._training.ham), what, step, 0.0)
            later._training = Training(sums.spam, sums.ham)
            for token in tokens:
                later._counts[token] = counted(later._counts.get(token, NEVER_SEEN), what, step, 0.0)
        return later

    def judge(self, tokens: Sequence[str], tuning: Tuning | None = None) -> Verdict:
        """The verdict on a message of these tokens."""
        clues = self._clues(tokens, tuning or Tuning())
        return Verdict(combined([clue.probability for clue in clues]), clues, self._training)

    def _clues(self, tokens: Sequence[str], tuning: Tuning) -> tuple[Clue, ...]:
        spam_messages, ham_messages = self._training.spam, self._training.ham
        found = []
        for token in tokens:
            count = self._counts.get(token)
            if count is None or not (count.spam or count.ham):
                continue
            chance = probability(count.spam, count.ham, spam_messages, ham_messages, tuning)
            if abs(chance - 0.5) >= tuning.least_deviation:
                found.append(Clue(token, count.spam, count.ham, chance))
        found.sort(key=lambda clue: (-abs(clue.probability - 0.5), clue.token))
        return _clearest(found, tuning)


def _clearest(clues: Iterable[Clue], tuning: Tuning) -> tuple[Clue, ...]:
    """Facts of one header field hang together, so a few of each speak for all; body words speak one by one."""
    chosen: list[Clue] = []
    of_field: dict[str, int] = {}
    for clue in clues:
        field, colon, _ = clue.token.partition(":")
        if colon:
            of_field[field] = of_field.get(field, 0) + 1
            if of_field[field] > tuning.most_of_a_field:
                continue
        chosen.append(clue)
        if len(chosen) == tuning.most_tokens:
            break
    return tuple(chosen)
