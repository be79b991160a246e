"""When a deferred message is tried again."""

import random
from typing import Final

_STEPS_SECONDS: Final = (30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
GIVE_UP_SECONDS: Final = 4 * 86_400.0
"""After four days (RFC 5321 §4.5.4.1) the user is told that it failed."""


def next_try(attempts: int, now: float, jitter: random.Random) -> float:
    """Longer and longer, each with up to a fifth of jitter, so that many messages do not come at once."""
    step = _STEPS_SECONDS[min(max(attempts, 1), len(_STEPS_SECONDS)) - 1]
    return now + step * (1.0 + jitter.random() / 5.0)
