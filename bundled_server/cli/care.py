"""`termail-server backup` and `check`: a copy of a host's data, and whether all of it is sound."""

import argparse
import json
import sqlite3
from pathlib import Path

from bundled_server.cli.errors import CannotRun
from bundled_server.host.backup import back_up
from bundled_server.host.folder import HostFolder
from bundled_server.mailbox.sqlite.checking import Findings, check_database
from bundled_server.mailbox.store import StoreError


def main(options: argparse.Namespace) -> int:
    if not HostFolder(options.data).database.exists():
        raise CannotRun(f"there is no host in {options.data}: check --data")
    return _back_up(options) if options.command == "backup" else _check(options)


def _back_up(options: argparse.Namespace) -> int:
    try:
        octets = back_up(options.data, options.target)
    except (OSError, StoreError) as weather:
        raise CannotRun(str(weather)) from weather
    words = f"{octets:,} octets in {options.target}; `run --data {options.target}` starts a host from it"
    print(json.dumps({"backup": str(options.target), "octets": octets}) if options.json else words)
    return 0


def _check(options: argparse.Namespace) -> int:
    """Exit code 1 when something is wrong."""
    findings = _look(HostFolder(options.data).database)
    if options.json:
        healthy = not findings.faults
        print(json.dumps({"healthy": healthy, "faults": findings.faults, "counts": findings.counts}))
    else:
        print("\n".join(findings.faults) or _all_well(findings.counts))
    return 1 if findings.faults else 0


def _look(database: Path) -> Findings:
    try:
        return check_database(database)
    except sqlite3.Error as damage:
        return Findings((f"the database cannot be read: {damage}",), {})


def _all_well(counts: dict[str, int]) -> str:
    return (
        f"all is well: {counts['users']:,} users, {counts['mailboxes']:,} mailboxes, "
        f"{counts['messages']:,} messages, {counts['contents']:,} contents of {counts['octets']:,} octets, "
        f"{counts['queued']:,} in the queue, {counts['not_indexed']:,} not in the search index yet"
    )
