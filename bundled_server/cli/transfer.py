"""`termail-server import` and `export`: mail from and to Maildir and mbox."""

import argparse
import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path

from bundled_server.cli.errors import CannotRun
from bundled_server.cli.office import RunningOffice, office_of
from bundled_server.desk import open_desk
from bundled_server.mailbox.store import StoreError
from bundled_server.mailbox.transfer import MBOX_SUFFIX, MailFormat, export_mail, import_mail


def main(options: argparse.Namespace) -> int:
    try:
        office = office_of(options.data)
        if options.command == "import" and isinstance(office, RunningOffice):
            mail_format = options.format or _format_of(options.path).value
            count = office.take_in(options.user, options.path, mail_format, options.mailbox)
        else:
            count = asyncio.run(_transfer(options))
    except (OSError, StoreError) as weather:
        raise CannotRun(str(weather)) from weather
    done = "imported" if options.command == "import" else "exported"
    print(json.dumps({done: count}) if options.json else f"{count} messages {done}")
    return 0


async def _transfer(options: argparse.Namespace) -> int:
    """Import on a stopped host; export reads beside a running one too."""
    is_import = options.command == "import"
    mail_format = MailFormat(options.format) if options.format else _format_of(options.path)
    async with AsyncExitStack() as stack:
        desk = await open_desk(options.data, stack, beside_a_server=not is_import)
        if not await desk.directory.exists(options.user):
            raise CannotRun(f"there is no user {options.user}: use `user add {options.user}`")
        work = import_mail if is_import else export_mail
        return await work(desk.store, options.user.lower(), options.path, mail_format, options.mailbox)


def _format_of(path: Path) -> MailFormat:
    if path.is_file() or path.suffix == MBOX_SUFFIX:
        return MailFormat.MBOX
    if path.is_dir() and any(path.glob(f"*{MBOX_SUFFIX}")):
        return MailFormat.MBOX
    return MailFormat.MAILDIR
