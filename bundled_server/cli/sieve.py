"""`termail-server sieve`: scripts are checked, traced, and looked after."""

import argparse
import json
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from bundled_server.cli.errors import CannotRun
from bundled_server.cli.office import office_of
from bundled_server.cli.sieve_report import report_lines, report_table
from bundled_server.config import SieveLimits
from bundled_server.mailbox.content import with_crlf
from bundled_server.mda.sieve.spam import spam_percent, virus_level
from bundled_server.sieve.compiling import compiled
from bundled_server.sieve.errors import SieveError
from bundled_server.sieve.interpreter import Named, run
from bundled_server.sieve.message import Message
from bundled_server.sieve.script import Script
from bundled_server.sieve.surroundings import Location, Surroundings
from bundled_server.sieve.trace import Tracer

LIMITS = SieveLimits()


def main(options: argparse.Namespace) -> int:
    match options.action:
        case "check":
            return _check(options)
        case "trace":
            return _trace(options)
    return _administer(options)


# without a host


def _check(options: argparse.Namespace) -> int:
    try:
        script = compiled(_octets(options.script), LIMITS)
    except SieveError as fault:
        if options.json:
            print(json.dumps({"correct": False, "line": fault.line, "error": fault.text}))
            return 1
        raise CannotRun(f"{options.script}, {fault}") from fault
    required = sorted(script.required)
    print(json.dumps({"correct": True, "requires": required}) if options.json else f"{options.script} is correct")
    return 0


def _trace(options: argparse.Namespace) -> int:
    content = _octets(options.script)
    try:
        script = compiled(content, LIMITS)
    except SieveError as fault:
        if options.json:
            print(json.dumps({"correct": False, "line": fault.line, "error": fault.text}))
            return 1
        raise CannotRun(f"{options.script}, {fault}") from fault
    data = with_crlf(_octets(options.message))
    draft = Message(data)
    sender = options.sender if options.sender is not None else _first_address(draft, "return-path", "from")
    message = Message(data, sender=sender, recipient=options.recipient or _first_address(draft, "to"))
    tracer = Tracer()
    around = Surroundings(
        mailboxes=dict.fromkeys(["INBOX", *options.mailbox], ""),
        now=datetime.now().astimezone(),
        spam_percent=spam_percent(message),
        virus_level=virus_level(message),
        library=_library(options.scripts, script),
        environment={"location": "MDA", "name": "termail", "phase": "during"},
    )
    result = run([Named(options.script.name, script)], message, around, tracer)
    if options.json:
        print(json.dumps(report_table(tracer.lines, result), ensure_ascii=True))
    else:
        print("\n".join(report_lines(options.script.name, content.decode("utf-8"), tracer.lines, result)))
    return 0


def _first_address(message: Message, *names: str) -> str:
    for name in names:
        for field in message.addresses(name):
            for mailbox in field:
                if mailbox.is_whole:
                    return mailbox.text
    return ""


def _library(folder: Path | None, script: Script) -> Mapping[Location, Script]:
    """What the script includes, from the files of a folder, whatever their location."""
    library: dict[Location, Script] = {}
    waiting = list(script.includes)
    while waiting and folder is not None:
        place = waiting.pop()
        path = folder / f"{place[1]}.sieve"
        if place in library or not path.is_file():
            continue
        try:
            library[place] = compiled(path.read_bytes(), LIMITS)
        except SieveError as fault:
            raise CannotRun(f"{path}, {fault}") from fault
        waiting += library[place].includes
    return library


def _octets(path: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as weather:
        raise CannotRun(f"{path} cannot be read: {weather.strerror}") from weather


# on a host


def _administer(options: argparse.Namespace) -> int:
    office = office_of(options.data)
    wanted: dict[str, Any] = {"user": options.user}
    match options.action:
        case "list":
            answer = office.ask("sieve", "list", wanted)
            print(json.dumps(answer) if options.json else _listed(answer))
        case "get":
            answer = office.ask("sieve", "get", wanted | {"name": options.name})
            print(json.dumps(answer)) if options.json else sys.stdout.write(answer["text"])
        case "put":
            content = _octets(options.script).decode("utf-8", "replace")
            office.ask("sieve", "put", wanted | {"name": options.name, "text": content})
            if options.activate:
                office.ask("sieve", "activate", wanted | {"name": options.name})
            _done(options, f"{options.name} stored{' and active' if options.activate else ''}")
        case "activate":
            office.ask("sieve", "activate", wanted | {"name": options.name})
            _done(options, f"{options.name} is active" if options.name else "no script is active")
        case "delete":
            office.ask("sieve", "delete", wanted | {"name": options.name})
            _done(options, f"{options.name} deleted")
    return 0


def _listed(answer: dict[str, Any]) -> str:
    lines = [f"{'*' if name == answer['active'] else ' '} {name}" for name in answer["scripts"]]
    return "\n".join(lines) or "no scripts yet"


def _done(options: argparse.Namespace, text: str) -> None:
    print(json.dumps({"done": True}) if options.json else text)
