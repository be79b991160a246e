"""Debian's bogofilter on a corpus: trained on the older half and asked about the younger one."""

import resource
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bundled_server.filters.bayes.evaluation import Sample
from bundled_server.mailbox.training import Kind


@dataclass(frozen=True)
class Answer:
    """The figure from 0 (ham) to 1 (spam) that it gives a sample, and its own word: S, H or U."""

    sample: Sample
    score: float
    word: str


@dataclass(frozen=True)
class Bogofilter:
    """Its answers, and the CPU seconds that it took, many messages to a process."""

    answers: tuple[Answer, ...]
    train_seconds: float
    judge_seconds: float


def run_bogofilter(older: Sequence[Sample], younger: Sequence[Sample], folder: Path) -> Bogofilter:
    """As Debian sets it up: its own cutoffs, no settings of ours."""
    words = folder / "words"
    words.mkdir()
    started = children_seconds()
    for kind, option in ((Kind.SPAM, "-s"), (Kind.HAM, "-n")):
        place = _written([one for one in older if one.kind is kind], folder / kind.value)
        subprocess.run(["bogofilter", "-C", "-d", words, option, "-B", place], check=True)
    between = children_seconds()
    place = _written(younger, folder / "younger")
    asked = subprocess.run(
        ["bogofilter", "-C", "-d", words, "-T", "-B", place], capture_output=True, text=True, check=False
    )
    ended = children_seconds()
    lines = [line.split() for line in asked.stdout.splitlines()]
    answers = tuple(
        Answer(younger[int(Path(name).name)], float(score), word) for name, word, score in lines if len(word) == 1
    )
    assert len(answers) == len(younger), asked.stderr
    return Bogofilter(answers, between - started, ended - between)


def recall_at(scored: Sequence[tuple[float, Kind]], most_false_alarms: int) -> float:
    """The part of the spam that is caught by the cutoff which lets this many false alarms happen and no more."""
    ham = sorted((score for score, kind in scored if kind is Kind.HAM), reverse=True)
    spam = [score for score, kind in scored if kind is Kind.SPAM]
    worst = ham[most_false_alarms] if most_false_alarms < len(ham) else -1.0
    return sum(score > worst for score in spam) / len(spam)


def _written(samples: Sequence[Sample], folder: Path) -> Path:
    folder.mkdir()
    for number, sample in enumerate(samples):
        (folder / f"{number:06}").write_bytes(sample.message)
    return folder


def children_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
