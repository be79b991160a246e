"""Verdicts: what one filter says at one stage of the dialogue, in a word, a score and a reason."""

import re
from dataclasses import dataclass
from enum import IntEnum, StrEnum

_PLAIN_VALUE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.@:\[\]-]{1,320}\Z")


class Stage(StrEnum):
    """When a filter is asked: each stage knows more than the one before it."""

    CONNECT = "connect"
    HELO = "helo"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"


class Word(IntEnum):
    """What a filter says, in rising hardness."""

    PASS = 0
    SCORE = 1
    QUARANTINE = 2
    DEFER = 3
    REJECT = 4

    @property
    def ends_it(self) -> bool:
        """Whether nobody else needs to be asked."""
        return self >= Word.DEFER


@dataclass(frozen=True, slots=True)
class Verdict:
    """One filter's word. `score` is points of spam (below 0: of ham) and counts whatever the word; `reason` is one
    line that a person understands; `explanation` are more lines, such as the words that decided. `status` (an
    enhanced code) and `text` go to the peer with DEFER and REJECT, the reason when there is no text. `results` is
    for Authentication-Results, such as "spf=pass smtp.mailfrom=a@b.test"; `header` are whole fields with CRLF for
    the top of the message. A filter that `vouches` overrules the doubts of others, but no virus scanner."""

    word: Word = Word.PASS
    score: float = 0.0
    reason: str = ""
    explanation: tuple[str, ...] = ()
    status: str = ""
    text: str = ""
    results: str = ""
    header: bytes = b""
    vouches: bool = False


def property_value(text: str) -> str:
    """A peer's word as a value in `results`: an address that would need quoting is told by its domain, so that
    nobody writes results of his own into ours."""
    if _PLAIN_VALUE.match(text):
        return text
    domain = text.rpartition("@")[2]
    return domain if _PLAIN_VALUE.match(domain) else "unknown"


@dataclass(frozen=True, slots=True)
class Said:
    """A verdict with the name of the filter and the stage."""

    name: str
    stage: Stage
    verdict: Verdict

    @property
    def line(self) -> str:
        """How journal and header tell it: "NAME WORD SCORE at STAGE: REASON"."""
        verdict = self.verdict
        reason = f": {verdict.reason}" if verdict.reason else ""
        return f"{self.name} {verdict.word.name.lower()} {verdict.score:+.1f} at {self.stage}{reason}"

    @property
    def is_worth_telling(self) -> bool:
        """A filter that passes without a reason has said nothing."""
        verdict = self.verdict
        return bool(verdict.word or verdict.score or verdict.reason)
