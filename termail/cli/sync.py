"""`termail sync`: everything the agent would do, once, and a line for each account."""

import argparse
import asyncio

from termail.agent.once import Report, sync_once
from termail.agent.place import NotOurs
from termail.cli.answers import as_json
from termail.cli.asking import ask_at_the_terminal
from termail.cli.errors import UserError
from termail.cli.settings import config_path, data_path, settings_of
from termail.mime.sanitize import clean_line


def run(options: argparse.Namespace) -> int:
    """Exit code 0 when every account was reached, 1 when one was not."""
    settings_of(options)
    try:
        report = asyncio.run(sync_once(config_path(options), data_path(options), ask_at_the_terminal))
    except (OSError, NotOurs) as error:
        raise UserError(str(error)) from error
    print(as_json(report) if options.json else _text(report))
    return 0 if report.is_good else 1


def _text(report: Report) -> str:
    lines = [
        f"{entry.account}: {clean_line(entry.error)}"
        if entry.error
        else f"{entry.account}: {entry.new_messages} new"
        for entry in report.accounts
    ]
    if report.waiting_operations:
        lines.append(f"{report.waiting_operations} operations wait for their server")
    if report.waiting_messages:
        lines.append(f"{report.waiting_messages} messages wait in the outbox")
    return "\n".join(lines)
