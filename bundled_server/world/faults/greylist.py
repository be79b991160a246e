"""The practice greylist: who is unknown comes back later (RFC 6647), by the world's clock."""

from collections.abc import Callable


class PracticeGreylist:
    """Remembers when each triplet of peer, sender and recipient was first seen."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._first_seen: dict[tuple[str, str, str], float] = {}

    def is_too_early(self, peer: str, sender: str, recipient: str, seconds: float) -> bool:
        """Whether this triplet has to wait still."""
        now = self._now()
        first = self._first_seen.setdefault((peer, sender.lower(), recipient.lower()), now)
        return now - first < seconds

    def forget(self) -> None:
        """Everybody is a stranger again."""
        self._first_seen.clear()
