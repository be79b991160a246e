"""From counts to a judgement: Robinson's figures, Fisher's joining, and what one more training changes."""

import pytest

from bundled_server.filters.bayes.classifier import Knowledge
from bundled_server.filters.bayes.combining import Tuning, combined, probability
from bundled_server.mailbox.training import Kind, TokenCount, Training

TUNING = Tuning()


def known(spam: int, ham: int, **counts: tuple[int, int]) -> Knowledge:
    knowledge = Knowledge()
    knowledge.add(Training(spam, ham), {token: TokenCount(*count) for token, count in counts.items()})
    return knowledge


def test_a_token_is_believed_the_more_the_oftener_it_was_seen() -> None:
    once, often = probability(1, 0, 10, 10, TUNING), probability(9, 0, 10, 10, TUNING)
    assert 0.5 < once < often < 1.0
    assert probability(0, 0, 10, 10, TUNING) == 0.5
    assert probability(2, 20, 10, 100, TUNING) == pytest.approx(0.5)  # as frequent in both, though not as often
    assert probability(3, 0, 0, 0, TUNING) == 0.5


def test_fishers_method_gives_known_values() -> None:
    assert combined([]) == 0.5
    assert combined([0.5] * 10) == pytest.approx(0.5)
    assert combined([0.99]) == pytest.approx(0.99)  # one probability stays itself
    assert combined([0.99] * 20) > 0.999999
    assert combined([0.01] * 20) < 0.000001
    assert combined([0.99, 0.01] * 20) == pytest.approx(0.5)
    assert combined([0.9999] * 2000) == pytest.approx(1.0)  # far below the smallest float
    assert combined([0.0001] * 2000) == pytest.approx(0.0)


def test_the_clearest_clues_come_first_and_a_field_speaks_twice_at_most() -> None:
    counts = {f"subject:{letter}": (10, 0) for letter in "abcdefgh"}
    verdict = known(10, 10, pills=(9, 1), lunch=(2, 8), **counts).judge(("lunch", "pills", *counts))
    assert [clue.token for clue in verdict.clues] == [*sorted(counts)[:2], "pills", "lunch"]


def test_without_evidence_it_is_unsure() -> None:
    verdict = known(100, 100, other=(3, 3)).judge(("never", "seen", "other"))
    assert (verdict.score, verdict.word, verdict.clues) == (0.5, "unsure", ())


def test_several_trainings_add_up() -> None:
    knowledge = known(10, 10, pills=(5, 0))
    knowledge.add(Training(1, 3), {"pills": TokenCount(0, 2), "lunch": TokenCount(0, 3)})
    verdict = knowledge.judge(("pills", "lunch"))
    assert verdict.training == Training(11, 13)
    assert {clue.token: (clue.spam, clue.ham) for clue in verdict.clues} == {"pills": (5, 2), "lunch": (0, 3)}


def test_one_more_training_moves_the_score_and_a_second_one_nothing() -> None:
    knowledge, tokens = known(10, 10, pills=(3, 1), lunch=(1, 3)), ("pills", "lunch", "new")
    as_spam = knowledge.after(tokens, Kind.NOTHING, Kind.SPAM)
    assert as_spam.judge(tokens).score > knowledge.judge(tokens).score
    assert as_spam.judge(tokens).training == Training(11, 10)
    again = as_spam.after(tokens, Kind.SPAM, Kind.SPAM)
    assert again.judge(tokens) == as_spam.judge(tokens)
    back = as_spam.after(tokens, Kind.SPAM, Kind.NOTHING)
    assert back.judge(tokens) == knowledge.judge(tokens)
    assert as_spam.after(tokens, Kind.SPAM, Kind.HAM).judge(tokens).score < knowledge.judge(tokens).score
