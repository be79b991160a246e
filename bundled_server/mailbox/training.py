"""Training: what the users called spam and ham, as counts of tokens with the memory of which message was what."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

LEAST_MESSAGES = 10


class Kind(StrEnum):
    """What a message was called."""

    SPAM = "spam"
    HAM = "ham"
    NOTHING = ""


@dataclass(frozen=True, slots=True)
class TokenCount:
    """In how many messages of each kind a token was; `trained` is when it last was, in epoch seconds."""

    spam: int = 0
    ham: int = 0
    trained: float = 0.0


@dataclass(frozen=True, slots=True)
class Training:
    """How many messages of each kind an owner has trained."""

    spam: int = 0
    ham: int = 0

    @property
    def is_enough(self) -> bool:
        """With fewer messages of either kind a judgement is a guess that nobody should act on."""
        return min(self.spam, self.ham) >= LEAST_MESSAGES


@dataclass(frozen=True, slots=True)
class TrainTokens:
    """Count a message's tokens as `kind` → the `Kind` it was trained as before. The message is known by `digest`:
    trained again as the same it counts once, as the other kind it moves, as NOTHING it is taken back. Owner ""
    is everybody's."""

    owner: str
    digest: bytes
    kind: Kind
    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExpireTokens:
    """Forget tokens of an owner last trained before `before` that are in at most `rare` messages, and which
    messages were trained before then → how many tokens went. The number of messages trained stays."""

    owner: str
    before: float
    rare: int


@dataclass(frozen=True, slots=True)
class ForgetTraining:
    """Forget all training of an owner → None."""

    owner: str


def counted(count: TokenCount, kind: Kind, step: int, now: float) -> TokenCount:
    """A token's count after one more (step 1) or one less (step -1) message; never below nothing."""
    spam, ham = count.spam + step * (kind is Kind.SPAM), count.ham + step * (kind is Kind.HAM)
    return TokenCount(max(0, spam), max(0, ham), now)


def steps(before: Kind, after: Kind) -> Iterable[tuple[Kind, int]]:
    """What has to be counted down and up when a message trained as `before` becomes `after`."""
    if before is after:
        return ()
    changes = ((before, -1), (after, 1))
    return tuple((kind, step) for kind, step in changes if kind is not Kind.NOTHING)
