"""The brake on password guessing: a delay that grows with failures, per address and per account."""

from collections import OrderedDict
from dataclasses import dataclass

from bundled_server.clock import Clock

WINDOW_SECONDS = 60.0
FIRST_DELAY_SECONDS = 0.1
LONGEST_DELAY_SECONDS = 5.0
REMEMBERED = 10_000


@dataclass(slots=True)
class _Failures:
    count: int
    latest: float


class LoginThrottle:
    """Counts recent failures by address and by account. An unknown account is treated as any other."""

    def __init__(self, clock: Clock, failures_per_minute: int) -> None:
        self._clock = clock
        self._failures_per_minute = failures_per_minute
        self._failures: OrderedDict[tuple[str, str], _Failures] = OrderedDict()

    async def admit(self, address: str, account: str) -> bool:
        """Wait as long as recent failures demand; false when this address has failed too often to be heard."""
        if self._recent("address", address) >= self._failures_per_minute:
            return False
        failures = max(self._recent("address", address), self._recent("account", account))
        if failures:
            await self._clock.sleep(min(FIRST_DELAY_SECONDS * 2 ** min(failures - 1, 16), LONGEST_DELAY_SECONDS))
        return True

    def failed(self, address: str, account: str) -> None:
        """Note a wrong password."""
        self._count("address", address)
        self._count("account", account)

    def succeeded(self, address: str, account: str) -> None:
        """Note a right one: this account is forgiven, its address is not (it may be trying others)."""
        self._failures.pop(("account", account), None)

    def _recent(self, kind: str, name: str) -> int:
        """The failures still remembered; they fade by one each minute's share of the limit."""
        entry = self._failures.get((kind, name))
        if entry is None:
            return 0
        entry.latest = min(entry.latest, self._clock.now())  # the clock may have been set back meanwhile
        faded = int((self._clock.now() - entry.latest) / WINDOW_SECONDS * self._failures_per_minute)
        return max(0, entry.count - faded)

    def _count(self, kind: str, name: str) -> None:
        count = self._recent(kind, name) + 1
        self._failures[(kind, name)] = _Failures(count, self._clock.now())
        self._failures.move_to_end((kind, name))
        if len(self._failures) > REMEMBERED:
            self._failures.popitem(last=False)
