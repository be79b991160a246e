"""Watchers: who wants to hear that a mailbox changed."""

import logging
from collections.abc import Callable, Iterable

from bundled_server.mailbox.store import Watcher

logger = logging.getLogger(__name__)


class Watchers:
    """Watchers by mailbox. One that fails does not keep the others from hearing."""

    def __init__(self) -> None:
        self._by_mailbox: dict[int, dict[object, Watcher]] = {}

    def add(self, mailbox_id: int, watcher: Watcher) -> Callable[[], None]:
        """Call `watcher` after each change; the answer stops it and may be called twice."""
        key = object()
        self._by_mailbox.setdefault(mailbox_id, {})[key] = watcher

        def stop() -> None:
            watchers = self._by_mailbox.get(mailbox_id, {})
            watchers.pop(key, None)
            if not watchers:
                self._by_mailbox.pop(mailbox_id, None)

        return stop

    def call(self, mailbox_ids: Iterable[int]) -> None:
        """These mailboxes changed."""
        for mailbox_id in mailbox_ids:
            for watcher in tuple(self._by_mailbox.get(mailbox_id, {}).values()):
                try:
                    watcher(mailbox_id)
                except Exception:
                    logger.exception("a watcher of mailbox %d failed", mailbox_id)

    def call_all(self) -> None:
        """Any mailbox may have changed."""
        self.call(tuple(self._by_mailbox))
