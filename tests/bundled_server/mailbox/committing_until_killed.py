"""A process that commits messages and says so, until somebody kills it; its argument is the database."""

import asyncio
import os
import sys
from itertools import count
from pathlib import Path

from bundled_server.mailbox.changes import AddMessage, PutUser
from bundled_server.mailbox.content import prepare
from bundled_server.mailbox.sqlite_store import SqliteStore

COMMITTERS = 8


async def main(path: Path) -> None:
    store = SqliteStore(path)
    await store.open()
    await store.commit(PutUser("alice", ""))
    inbox = await store.mailbox("alice", "INBOX")
    assert inbox is not None
    run = f"{inbox.uid_next}"

    async def commit_on(committer: int) -> None:
        for number in count():
            name = f"{run}.{committer}.{number}"
            content = prepare(f"Subject: {name}\r\n\r\n{'x' * 3000}\r\n".encode())
            (added,) = await store.commit(AddMessage(inbox.mailbox_id, content, frozenset(), 1.0))
            os.write(1, f"{added.uid} {name}\n".encode())

    async with asyncio.TaskGroup() as tasks:
        for committer in range(COMMITTERS):
            tasks.create_task(commit_on(committer))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
