"""The spam classifier beside Debian's bogofilter: false alarms and recall on a corpus split by date, and speed.

    python tests/bench/bayes.py CORPUS [--messages 500]

CORPUS: a folder with a folder "spam" and a folder "ham", one message to a file. Both are trained on its older half
and asked about the younger one. Speed is messages a second of CPU: ours through the store on disk, as a host does
it (each training a durable commit, 20 at a time), and in memory, as `bayes evaluate` does it; bogofilter with
many messages to a process, its fastest, and with a process for each, as procmail runs it. Needs bogofilter.
"""

import argparse
import asyncio
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from figures import scratch, show

from bundled_server.filters.bayes.bayes import Bayes
from bundled_server.filters.bayes.evaluation import Evaluation, Sample, evaluate, halves, read_corpus
from bundled_server.mailbox.sqlite_store import SqliteStore
from bundled_server.mailbox.training import Kind

sys.path.insert(0, str(Path(__file__).parents[1] / "peers"))
from bogofilter import Bogofilter, children_seconds, recall_at, run_bogofilter

AT_ONCE = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--messages", type=int, default=500, help="for bogofilter with a process to each message")
    options = parser.parse_args()
    older, younger = halves(read_corpus(options.corpus))
    with scratch() as folder:
        ours = evaluate(older, younger)
        theirs = run_bogofilter(older, younger, Path(folder))
        show_quality(ours, theirs)
        in_store = asyncio.run(through_the_store(older, younger, Path(folder) / "host.sqlite3"))
        each = one_process_each(younger[: options.messages], Path(folder))
    print()
    learned, asked = len(older), len(younger)
    their_train, their_judge = learned / theirs.train_seconds, asked / theirs.judge_seconds
    row("train, in memory / many to a process", learned / ours.train_seconds, their_train)
    row("train, durable commits / many to a process", learned / in_store[0], their_train)
    row("judge, in memory / many to a process", asked / ours.judge_seconds, their_judge)
    row("judge, from the store / many to a process", asked / in_store[1], their_judge)
    row("judge, from the store / a process for each", asked / in_store[1], each)


def row(title: str, ours: float, peer: float) -> None:
    show(title, [ours], [peer], "msg/CPU s", "bogofilter", more_is_better=True)


def show_quality(ours: Evaluation, theirs: Bogofilter) -> None:
    """False alarms and recall as both come, and recall with equally many false alarms."""
    spam, ham = ours.count(Kind.SPAM), ours.count(Kind.HAM)
    print(f"trained {ours.trained.spam} spam, {ours.trained.ham} ham; judged {spam} spam, {ham} ham")
    called = [one.sample.kind for one in theirs.answers if one.word == "S"]
    print(f"{'':<34}{'ours':>18}{'bogofilter':>18}")
    alarms, their_alarms = len(ours.false_alarms), called.count(Kind.HAM)
    print(f"{'false alarms':<34}{alarms:>8} {alarms / ham:>9.2%}{their_alarms:>8} {their_alarms / ham:>9.2%}")
    caught, their_catch = ours.caught, called.count(Kind.SPAM)
    print(f"{'spam caught':<34}{caught:>8} {caught / spam:>9.2%}{their_catch:>8} {their_catch / spam:>9.2%}")
    our_scores = [(one.verdict.score, one.sample.kind) for one in ours.judged]
    their_scores = [(one.score, one.sample.kind) for one in theirs.answers]
    for allowed in range(int(0.003 * ham) + 1):
        title = f"caught with {allowed} false alarms allowed"
        print(f"{title:<34}{recall_at(our_scores, allowed):>18.2%}{recall_at(their_scores, allowed):>18.2%}")


async def through_the_store(older: Sequence[Sample], younger: Sequence[Sample], path: Path) -> tuple[float, float]:
    """CPU seconds of training the older and of judging the younger half, all threads together."""
    store = SqliteStore(path)
    await store.open()
    bayes = Bayes(store)
    started = time.process_time()
    for start in range(0, len(older), AT_ONCE):
        run = older[start : start + AT_ONCE]
        await asyncio.gather(*(bayes.train("", sample.message, sample.kind) for sample in run))
    between = time.process_time()
    for sample in younger:
        await bayes.verdict("", sample.message)
    ended = time.process_time()
    await store.close()
    return between - started, ended - between


def one_process_each(samples: Sequence[Sample], folder: Path) -> float:
    """Messages judged a second of CPU when a process starts for each."""
    before = children_seconds()
    for sample in samples:
        command = ["bogofilter", "-C", "-d", str(folder / "words"), "-T"]
        subprocess.run(command, input=sample.message, capture_output=True, check=False)
    return len(samples) / (children_seconds() - before)


if __name__ == "__main__":
    main()
