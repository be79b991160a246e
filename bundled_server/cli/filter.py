"""`termail-server filter`: the anti-spam and anti-virus chain, and its allow and deny lists."""

import argparse
import asyncio
import ipaddress
import json
from email.utils import getaddresses
from pathlib import Path
from typing import Any

from bundled_server.cli.errors import CannotRun, UsageError
from bundled_server.cli.office import office_of
from bundled_server.cli.settings import settings_in
from bundled_server.journal import printable

Table = dict[str, Any]
DONE = {
    "allow": ("{pattern} is trusted from now on", "{pattern} was trusted already"),
    "deny": ("{pattern} is refused from now on", "{pattern} was refused already"),
    "forget": ("{pattern} is on no list any more", "{pattern} was on no list"),
    "on": ("{name} is on", "{name} was on already"),
    "off": ("{name} is off until it is switched on, or the host starts again", "{name} was off already"),
}


def main(options: argparse.Namespace) -> int:
    match options.action:
        case "list":
            answer = office_of(options.data).ask("filters", "list", {"user": options.user})
            print(json.dumps(answer) if options.json else _listing(answer))
        case "on" | "off":
            wanted = {"name": options.name, "on": options.action == "on"}
            _tell(options, office_of(options.data).ask("filters", "switch", wanted))
        case "test":
            answer = _test(options)
            print(json.dumps(answer) if options.json else show_trial(answer))
        case verb:
            wanted = {"user": options.user, "pattern": options.pattern}
            _tell(options, office_of(options.data).ask("filters", verb, wanted))
    return 0


def _tell(options: argparse.Namespace, answer: Table) -> None:
    changed, unchanged = DONE[options.action]
    print(
        json.dumps(answer) if options.json else (changed if answer["done"] else unchanged).format(**vars(options))
    )


def _listing(answer: Table) -> str:
    lines = []
    for row in answer["filters"]:
        stages = ", ".join(row["stages"])
        lines.append(f"{row['name']:<10} {'on' if row['on'] else 'off':<4} {row['about']} (at {stages})")
    if not answer["runs"]:
        lines.append("the host does not run: what is in its chain, its settings say")
    elif not lines:
        lines.append("this host has no filters: its settings have no [filters] table")
    for word in ("allow", "deny"):
        lines.append(f"{word + ':':<10} {', '.join(answer[word]) or 'nobody'}")
    return "\n".join(lines)


# test


def _test(options: argparse.Namespace) -> Table:
    try:
        content = options.file.read_bytes()
        ipaddress.ip_address(options.client)
    except OSError as weather:
        raise CannotRun(f"{options.file}: {weather.strerror}") from weather
    except ValueError:
        raise UsageError(f"--client {options.client!r} is no IP address") from None
    wanted = {
        "path": str(options.file.absolute()),
        "client": options.client,
        "helo": options.helo,
        "sender": _author(content) if options.sender is None else options.sender.strip("<>"),
        "recipients": options.to,
    }
    if options.config is None:
        answer: Table = office_of(options.data).ask("filters", "test", wanted)
        return answer
    return asyncio.run(_try_settings(options.config, wanted))


async def _try_settings(config: Path, wanted: Table) -> Table:
    from bundled_server.filters.clerk import FilterClerk
    from bundled_server.host.errors import HostCannotStart
    from bundled_server.host.filter_trial import trial_inspection
    from bundled_server.mailbox.memory_store import MemoryStore

    store = MemoryStore()
    await store.open()
    try:
        return await FilterClerk(store, trial_inspection(settings_in(config), store)).answer("test", wanted)
    except HostCannotStart as fault:
        raise CannotRun(str(fault)) from fault
    finally:
        await store.close()


def _author(content: bytes) -> str:
    """The address in From."""
    from bundled_server.protocols.smtp.header import HeaderTooBig, read_header

    try:
        header = read_header(content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    except HeaderTooBig:
        return ""
    return next((address for _, address in getaddresses([header.first("from")[:2000]]) if "@" in address), "")


def show_trial(answer: Table) -> str:
    """A rehearsal for people: a line for each verdict, and what would become of the message."""
    lines = []
    for row in answer["verdicts"]:
        head = f"{row['stage']:<8} {row['filter']:<10} {row['word']:<10} {row['score']:>+5.1f}"
        lines.append(f"{head}  {printable(row['reason'])}".rstrip())
        lines += [f"{'':<38}{printable(line)}" for line in row["explanation"]]
    fate = {
        "none": "it would come in",
        "tag": "it would come in, marked as spam",
        "junk": "it would go into Junk",
        "quarantine": "it would go into Junk, whatever its points",
        "defer": f"it would be put off by {answer['ended_by']}",
        "reject": f"it would be refused by {answer['ended_by']}",
    }[answer["action"]]
    return "\n".join([*lines, f"{answer['score']:+.1f} points: {fate}"])
