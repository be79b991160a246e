"""Import on a running host: what the admin API is handed for it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from bundled_server.mailbox.store import Store
from bundled_server.mailbox.transfer import MailFormat, import_mail


def importer_of(store: Store) -> Callable[[str, Path, str, str | None], Awaitable[int]]:
    """What the admin API takes as `Import`; raises LookupError for a user who does not exist."""

    async def take_in(user: str, path: Path, mail_format: str, mailbox: str | None) -> int:
        if await store.user(user) is None:
            raise LookupError(f"there is no user {user}")
        if not await asyncio.to_thread(path.exists):
            raise ValueError(f"there is nothing at {path}")
        return await import_mail(store, user, path, MailFormat(mail_format), mailbox)

    return take_in
