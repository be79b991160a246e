"""The evaluation: trained on the older half of a corpus, what does the classifier say about the younger one?"""

import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from bundled_server.filters.bayes.classifier import SPAM_SCORE, Knowledge, Verdict
from bundled_server.filters.bayes.mail_files import one_message
from bundled_server.filters.bayes.tokens import tokens_of
from bundled_server.mailbox.training import Kind, TokenCount, Training

_DATED = re.compile(rb"^(?:Received|Date):((?:[^\n]*\n[ \t])*[^\n]*)", re.IGNORECASE | re.MULTILINE)
_SEARCHED_OCTETS = 16_384


class NoCorpus(ValueError):
    """There is no corpus at that place; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One message of a corpus; `date` in epoch seconds is when it was received, as far as its header tells."""

    name: str
    kind: Kind
    date: float
    message: bytes


@dataclass(frozen=True, slots=True)
class Judged:
    """A sample of the younger half with its verdict."""

    sample: Sample
    verdict: Verdict

    @property
    def is_false_alarm(self) -> bool:
        return self.sample.kind is Kind.HAM and self.verdict.score >= SPAM_SCORE

    @property
    def is_caught(self) -> bool:
        return self.sample.kind is Kind.SPAM and self.verdict.score >= SPAM_SCORE


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came out. The seconds are of CPU: counting the older half, and judging the younger one."""

    trained: Training
    judged: tuple[Judged, ...]
    train_seconds: float
    judge_seconds: float

    def count(self, kind: Kind) -> int:
        """How many of the younger half are of that kind."""
        return sum(one.sample.kind is kind for one in self.judged)

    @property
    def false_alarms(self) -> tuple[Judged, ...]:
        return tuple(one for one in self.judged if one.is_false_alarm)

    @property
    def caught(self) -> int:
        return sum(one.is_caught for one in self.judged)

    @property
    def unsure(self) -> int:
        return sum(one.verdict.word == "unsure" for one in self.judged)

    def table(self) -> dict[str, Any]:
        """All of it in plain values."""
        spam, ham = self.count(Kind.SPAM), self.count(Kind.HAM)
        return {
            "trained_spam": self.trained.spam,
            "trained_ham": self.trained.ham,
            "spam": spam,
            "ham": ham,
            "caught": self.caught,
            "recall": self.caught / spam if spam else 0.0,
            "false_alarms": [one.sample.name for one in self.false_alarms],
            "false_positive_rate": len(self.false_alarms) / ham if ham else 0.0,
            "unsure": self.unsure,
            "trained_per_second": (self.trained.spam + self.trained.ham) / max(self.train_seconds, 1e-9),
            "judged_per_second": len(self.judged) / max(self.judge_seconds, 1e-9),
        }


def read_corpus(path: Path) -> list[Sample]:
    """The messages of a corpus by date: one to a file, in (and below) folders called like "spam" or "ham".
    Raises NoCorpus and OSError."""
    if not path.is_dir():
        raise NoCorpus(f"{path} is no folder: give one with a folder 'spam' and a folder 'ham' in it")
    samples = [sample for folder in sorted(path.iterdir()) for sample in _samples(folder)]
    kinds = {sample.kind for sample in samples}
    if len(kinds) < 2:
        raise NoCorpus(f"{path} needs a folder 'spam' and a folder 'ham' with messages, one to a file")
    return sorted(samples, key=lambda sample: (sample.date, sample.name))


def halves(samples: Sequence[Sample]) -> tuple[Sequence[Sample], Sequence[Sample]]:
    """The older and the younger half."""
    middle = len(samples) // 2
    return samples[:middle], samples[middle:]


def evaluate(older: Sequence[Sample], younger: Sequence[Sample]) -> Evaluation:
    """Train on the older ones, judge the younger ones."""
    started = time.process_time()
    knowledge = _learned(older)
    between = time.process_time()
    judged = tuple(Judged(sample, knowledge.judge(tokens_of(sample.message))) for sample in younger)
    ended = time.process_time()
    counted = Counter(sample.kind for sample in older)
    return Evaluation(Training(counted[Kind.SPAM], counted[Kind.HAM]), judged, between - started, ended - between)


def _learned(samples: Sequence[Sample]) -> Knowledge:
    counts: dict[Kind, Counter[str]] = {Kind.SPAM: Counter(), Kind.HAM: Counter()}
    messages: Counter[Kind] = Counter()
    for sample in samples:
        counts[sample.kind].update(tokens_of(sample.message))
        messages[sample.kind] += 1
    spam, ham = counts[Kind.SPAM], counts[Kind.HAM]
    knowledge = Knowledge()
    tokens = {token: TokenCount(spam[token], ham[token]) for token in spam.keys() | ham.keys()}
    knowledge.add(Training(messages[Kind.SPAM], messages[Kind.HAM]), tokens)
    return knowledge


def _samples(folder: Path) -> Iterator[Sample]:
    kind = _kind_of(folder.name.lower())
    if kind is Kind.NOTHING or not folder.is_dir():
        return
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.name != "cmds" and not file.name.startswith("."):
            message = one_message(file)
            yield Sample(str(file.relative_to(folder.parent)), kind, _received(message), message)


def _kind_of(name: str) -> Kind:
    """What a folder of that name holds: "easy_ham" and "nonspam" are ham, "spam_2" is spam."""
    if "ham" in name or name.startswith(("non", "not")):
        return Kind.HAM
    return Kind.SPAM if "spam" in name else Kind.NOTHING


def _received(message: bytes) -> float:
    """When the last host got it, else what its Date says, else long ago."""
    for value in _DATED.findall(message[:_SEARCHED_OCTETS]):
        text = value.rpartition(b";")[2].decode("latin-1").strip()
        try:
            return parsedate_to_datetime(text).timestamp()
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return 0.0
