"""ETRN: a host that was away asks for its mail (RFC 1985)."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence

from bundled_server.protocols.smtp.replies import Reply

REMEMBERED = 10_000

Flush = Callable[[str], Awaitable[int]]
"""Try now whatever waits for this domain → how many messages that is."""


class TurnDesk:
    """Starts the queue for one domain, at most once in `pause_seconds`: each request reads the whole queue.

    Implements `smtp_session.services.Turn`. The mail still goes where DNS says, so anybody may ask.
    """

    def __init__(self, flush: Flush, own: Sequence[str], now: Callable[[], float], pause_seconds: float) -> None:
        self._flush = flush
        self._own = own
        self._now = now
        self._pause_seconds = pause_seconds
        self._asked: OrderedDict[str, float] = OrderedDict()

    async def __call__(self, node: str) -> Reply:
        if node[:1] in ("@", "#"):
            return Reply(459, "4.7.0", f"Node {node[:256]} not allowed: write one domain")
        if node in self._own:
            return Reply(459, "4.7.0", f"Node {node[:256]} not allowed: its mail is delivered here")
        now = self._now()
        if abs(now - self._asked.get(node, float("-inf"))) < self._pause_seconds:
            return Reply(458, "4.7.1", f"Unable to queue messages for node {node[:256]}: asked a moment ago")
        self._asked[node] = now
        self._asked.move_to_end(node)
        if len(self._asked) > REMEMBERED:
            self._asked.popitem(last=False)
        count = await self._flush(node)
        if not count:
            return Reply(251, "2.0.0", f"OK, no messages waiting for node {node[:256]}")
        return Reply(253, "2.0.0", f"OK, {count} pending messages for node {node[:256]} started")
