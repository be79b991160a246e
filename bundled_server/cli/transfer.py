"""`termail-server import` and `export`: mail from and to Maildir and mbox."""

import argparse
import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from bundled_server.cli.errors import CannotRun
from bundled_server.desk import Desk, open_desk
from bundled_server.host_folder import HostFolder
from bundled_server.mailbox.store import StoreError

MBOX_SUFFIXES = (".mbox", ".mbx")


def main(options: argparse.Namespace) -> int:
    if not HostFolder(options.data).database.exists():
        raise CannotRun(f"there is no host in {options.data}: check --data, or run one there first")
    try:
        count = asyncio.run(_transfer(options))
    except (OSError, StoreError) as weather:
        raise CannotRun(str(weather)) from weather
    done = "imported" if options.command == "import" else "exported"
    print(json.dumps({done: count}) if options.json else f"{count} messages {done}")
    return 0


async def _transfer(options: argparse.Namespace) -> int:
    from bundled_server.mailbox import transfer

    async with AsyncExitStack() as stack:
        desk: Desk = await open_desk(options.data, stack)
        if not await desk.directory.exists(options.user):
            raise CannotRun(f"there is no user {options.user}: use `user add {options.user}`")
        kind = options.format or _kind_of(options.path)
        if options.command == "import":
            work: Any = transfer.import_mbox if kind == "mbox" else transfer.import_maildir
        else:
            work = transfer.export_mbox if kind == "mbox" else transfer.export_maildir
        return int(await work(desk.store, options.user.lower(), options.mailbox, options.path))


def _kind_of(path: Path) -> str:
    if path.is_dir():
        return "maildir"
    return "mbox" if path.is_file() or path.suffix in MBOX_SUFFIXES else "maildir"
