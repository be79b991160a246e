"""When to try again, and when to give up (RFC 5321 §4.5.4.1)."""

from collections.abc import Callable
from dataclasses import dataclass

JITTER = 0.1


@dataclass(frozen=True, slots=True)
class RetrySchedule:
    """`steps` are the pauses after the first, second … failed attempt; the last one repeats until
    `give_up_seconds` after arrival. `random` answers numbers in [0, 1)."""

    steps: tuple[float, ...]
    give_up_seconds: float
    random: Callable[[], float]

    @property
    def longest_pause(self) -> float:
        """No attempt is ever further away."""
        return max(self.steps, default=self.give_up_seconds) * (1 + JITTER)

    def next_try(self, attempts: int, arrived: float, now: float) -> float | None:
        """The time of the attempt after `attempts` failed ones, None when it is over. Pauses vary by a tenth, so
        that mail that failed together does not come back together; the last attempt is at the end itself."""
        end = arrived + self.give_up_seconds
        if now >= end:
            return None
        pause = self.steps[min(attempts, len(self.steps)) - 1] if self.steps else self.give_up_seconds
        pause *= 1 - JITTER + 2 * JITTER * self.random()
        return min(now + pause, end)
