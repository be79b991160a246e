"""How much one user may send: a bucket of recipients that fills up by the hour."""

from collections import OrderedDict
from collections.abc import Callable

HOUR_SECONDS = 3600.0
REMEMBERED = 100_000


class UserRate:
    """A stolen password must not become a spam cannon. `per_hour` recipients may come at once, and as many
    again in each hour after; 0 sets no limit."""

    def __init__(self, per_hour: int, now: Callable[[], float]) -> None:
        self._per_hour = per_hour
        self._now = now
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def admits(self, user: str) -> bool:
        """Take one recipient out of the user's bucket; false when it is empty."""
        if not self._per_hour:
            return True
        now = self._now()
        level, since = self._buckets.get(user, (float(self._per_hour), now))
        level = min(level + max(now - since, 0.0) * self._per_hour / HOUR_SECONDS, float(self._per_hour))
        is_admitted = level >= 1.0
        self._buckets[user] = (level - is_admitted, now)
        self._buckets.move_to_end(user)
        if len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
        return is_admitted
