"""Limits for each client: connections at once, connections, messages and recipients in a minute."""

from collections import OrderedDict
from collections.abc import Callable, Mapping

from bundled_server.filter_config import Rate
from bundled_server.filters.filter import Judge, Wave
from bundled_server.filters.networks import block_of, is_within, networks
from bundled_server.filters.question import Question, Visit
from bundled_server.filters.verdict import Stage, Verdict, Word

MINUTE_SECONDS = 60.0
REMEMBERED = 100_000


class RateFilter:
    """Defers what is too much. Clients are told apart by address, in IPv6 by /64; at most REMEMBERED are known."""

    name = "rate"
    wave = Wave.LISTS
    must_answer = False
    patience_seconds = None

    def __init__(self, settings: Rate, now: Callable[[], float]) -> None:
        self.about = "limits the connections, messages and recipients of one client"
        self.stages: Mapping[Stage, Judge] = {
            Stage.CONNECT: self._at_connect,
            Stage.MAIL: self._at_mail,
            Stage.RCPT: self._at_rcpt,
        }
        self._settings = settings
        self._exempt = networks(settings.exempt)
        self._now = now
        self._sessions: dict[str, str] = {}
        self._open: dict[str, int] = {}
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def left(self, visit: Visit) -> None:
        """Implements `filter.Counts`."""
        client = self._sessions.pop(visit.session_id, None)
        if client is not None:
            self._open[client] -= 1
            if not self._open[client]:
                del self._open[client]

    async def _at_connect(self, question: Question) -> Verdict | None:
        settings, client = self._settings, block_of(question.visit.address)
        if not question.is_rehearsal:
            self._sessions[question.visit.session_id] = client
            self._open[client] = self._open.get(client, 0) + 1
        if 0 < settings.connections < self._open.get(client, 0) and not self._is_exempt(question):
            return _too_much(f"more than {settings.connections} connections at once")
        return self._take(question, "connections", settings.connections_per_minute)

    async def _at_mail(self, question: Question) -> Verdict | None:
        return self._take(question, "messages", self._settings.messages_per_minute)

    async def _at_rcpt(self, question: Question) -> Verdict | None:
        return self._take(question, "recipients", self._settings.recipients_per_minute)

    def _is_exempt(self, question: Question) -> bool:
        return is_within(question.visit.address, self._exempt)

    def _take(self, question: Question, what: str, per_minute: int) -> Verdict | None:
        """Take one out of the client's bucket, which fills up by the minute."""
        if not per_minute or self._is_exempt(question):
            return None
        key, now = (what, block_of(question.visit.address)), self._now()
        level, since = self._buckets.get(key, (float(per_minute), now))
        level = min(level + max(now - since, 0.0) * per_minute / MINUTE_SECONDS, float(per_minute))
        is_admitted = level >= 1.0
        if not question.is_rehearsal:
            self._buckets[key] = (level - is_admitted, now)
            self._buckets.move_to_end(key)
            if len(self._buckets) > REMEMBERED:
                self._buckets.popitem(last=False)
        return None if is_admitted else _too_much(f"more than {per_minute} {what} in a minute")


def _too_much(reason: str) -> Verdict:
    return Verdict(Word.DEFER, reason=reason, status="4.7.1", text=f"{reason.capitalize()}, try again later")
