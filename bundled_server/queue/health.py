"""The health of destinations: one that cannot be reached rests, and its mail waits untried."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bundled_server.courier import Outcome, Verdict

FAILURES_BEFORE_REST = 3
REMEMBERED = 10_000
NETWORK_STATUS = "4.4."


@dataclass(slots=True)
class _Trouble:
    failures: int = 0
    rests_until: float = 0.0
    text: str = ""
    remote: str = ""


class Health:
    """What was learnt of each destination by trying it. After a few attempts in a row that met no server, the
    destination rests for `rest_seconds`; then one attempt tells whether it is back."""

    def __init__(self, now: Callable[[], float], rest_seconds: float) -> None:
        self._now = now
        self._rest_seconds = rest_seconds
        self._troubles: dict[str, _Trouble] = {}

    def note(self, destination: str, outcomes: Sequence[Outcome]) -> None:
        """Learn from one attempt. What a server said, even no, means that it can be reached."""
        if not all(o.verdict is Verdict.DEFERRED and o.status.startswith(NETWORK_STATUS) for o in outcomes):
            self._troubles.pop(destination, None)
            return
        trouble = self._troubles.setdefault(destination, _Trouble())
        trouble.failures += 1
        trouble.text, trouble.remote = outcomes[0].text, outcomes[0].remote
        if trouble.failures >= FAILURES_BEFORE_REST:
            trouble.rests_until = self._now() + self._rest_seconds
        if len(self._troubles) > REMEMBERED:
            self._troubles.pop(next(iter(self._troubles)))

    def is_doubtful(self, destination: str) -> bool:
        """Whether the latest attempt met no server."""
        return destination in self._troubles

    def resting(self, destination: str) -> tuple[str, str] | None:
        """Why nothing is tried now, with the remote host; None when it may be. The end of the rest admits one."""
        trouble = self._troubles.get(destination)
        if trouble is None or trouble.failures < FAILURES_BEFORE_REST:
            return None
        now = self._now()
        if not now < trouble.rests_until <= now + self._rest_seconds:  # a clock that went back ends the rest
            trouble.rests_until = now + self._rest_seconds
            return None
        return f"not tried, because a moment ago: {trouble.text}", trouble.remote

    def forget(self) -> None:
        """Give every destination a new chance."""
        self._troubles.clear()
