"""The classifier beside Debian's bogofilter: the same corpus, split by date, both trained on the older half."""

import shutil
import tarfile
from pathlib import Path

import pytest
from bogofilter import recall_at, run_bogofilter

from bundled_server.filters.bayes.evaluation import evaluate, halves, read_corpus
from bundled_server.mailbox.training import Kind

CORPUS = Path(__file__).parents[3] / "shared" / "corpus.tar.xz"
MOST_FALSE_ALARMS = 0.003

pytestmark = pytest.mark.peer


def test_it_catches_at_least_as_much_and_cries_wolf_no_oftener(tmp_path: Path) -> None:
    if not CORPUS.exists():
        pytest.skip("the corpus is not here")
    if shutil.which("bogofilter") is None:
        pytest.skip("bogofilter is not installed")
    with tarfile.open(CORPUS) as archive:
        archive.extractall(tmp_path, filter="data")
    older, younger = halves(read_corpus(tmp_path / "corpus"))
    ours, theirs = evaluate(older, younger), run_bogofilter(older, younger, tmp_path)
    spam, ham = ours.count(Kind.SPAM), ours.count(Kind.HAM)
    assert spam > 100
    assert ham > 700
    assert len(ours.false_alarms) <= MOST_FALSE_ALARMS * ham
    their_catch = sum(one.word == "S" and one.sample.kind is Kind.SPAM for one in theirs.answers)
    assert ours.caught >= their_catch
    our_scores = [(one.verdict.score, one.sample.kind) for one in ours.judged]
    their_scores = [(one.score, one.sample.kind) for one in theirs.answers]
    for allowed in range(int(MOST_FALSE_ALARMS * ham) + 1):
        assert recall_at(our_scores, allowed) >= recall_at(their_scores, allowed)
