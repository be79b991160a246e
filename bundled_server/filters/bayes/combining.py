"""From the counts of tokens to one figure: Robinson's probabilities, joined by Fisher's method.

Gary Robinson, "A Statistical Approach to the Spam Problem", Linux Journal 107 (2003).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tuning:
    """`doubt` is Robinson's s, how much it takes to believe a token; `unknown` his x, what an unseen token says.
    Tokens nearer to 0.5 than `least_deviation` say nothing; of the others `most_tokens` count, the clearest, and
    of one header field no more than `most_of_a_field`. Chosen by cross-validation on a training half alone."""

    doubt: float = 0.45
    unknown: float = 0.5
    least_deviation: float = 0.1
    most_tokens: int = 150
    most_of_a_field: int = 2


def probability(spam: float, ham: float, spam_messages: float, ham_messages: float, tuning: Tuning) -> float:
    """How likely a message with this token is spam: Robinson's f(w)."""
    in_spam = spam / spam_messages if spam_messages else 0.0
    in_ham = ham / ham_messages if ham_messages else 0.0
    if not in_spam + in_ham:
        return tuning.unknown
    seen = spam + ham
    raw = in_spam / (in_spam + in_ham)
    return (tuning.doubt * tuning.unknown + seen * raw) / (tuning.doubt + seen)


def combined(probabilities: Sequence[float]) -> float:
    """One figure from 0 (ham) to 1 (spam); 0.5 without evidence, or when it is as strong on both sides."""
    count = len(probabilities)
    if not count:
        return 0.5
    spam_side = _survival(-2.0 * sum(math.log(1.0 - p) for p in probabilities), 2 * count)
    ham_side = _survival(-2.0 * sum(map(math.log, probabilities)), 2 * count)
    return (1.0 + ham_side - spam_side) / 2.0


def _survival(chi_square: float, degrees: int) -> float:
    """The chance of a chi-square this large with an even number of degrees of freedom, by pure luck."""
    half = chi_square / 2.0
    if half > 700.0:  # e**-half is no number any more: sum by logarithms
        return _survival_by_logarithms(half, degrees)
    term = total = math.exp(-half)
    for step in range(1, degrees // 2):
        term *= half / step
        total += term
    return min(total, 1.0)


def _survival_by_logarithms(half: float, degrees: int) -> float:
    logs = [step * math.log(half) - half - math.lgamma(step + 1) for step in range(degrees // 2)]
    highest = max(logs)
    return min(1.0, math.exp(highest) * sum(math.exp(value - highest) for value in logs))
