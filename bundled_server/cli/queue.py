"""`termail-server queue`: mail that waits."""

import argparse
import json
from datetime import datetime
from typing import Any

from bundled_server.cli.errors import CannotRun
from bundled_server.cli.office import office_of
from bundled_server.journal import printable


def main(options: argparse.Namespace) -> int:
    office = office_of(options.data)
    match options.action:
        case "list":
            items = office.queue()
            print(json.dumps(items) if options.json else _listing(items))
        case "show":
            item = office.item(options.queue_id)
            if item is None:
                raise _unknown(options)
            print(json.dumps(item) if options.json else _listing([item]))
        case "flush":
            count = office.flush(options.domain)
            print(json.dumps({"flushed": count}) if options.json else f"{count} messages are due now")
        case verb:
            if not office.act(verb, options.queue_id):
                raise _unknown(options)
            print(json.dumps({"done": True}) if options.json else f"{options.queue_id}: {verb} done")
    return 0


def _unknown(options: argparse.Namespace) -> CannotRun:
    return CannotRun(f"there is no message {options.queue_id} in the queue")


def _listing(items: list[dict[str, Any]]) -> str:
    if not items:
        return "the queue is empty"
    lines = []
    for item in items:
        held = "  held" if item["held"] else ""
        sender = printable(item["sender"])
        lines.append(f"{item['id']}  {_time(item['arrived'])}  {item['size_octets']:>9} octets  <{sender}>{held}")
        for one in item["recipients"]:
            line = f"    <{printable(one['address'])}>  {one['state']}"
            if one["state"] == "waiting":
                line += f", attempt {one['attempts'] + 1} at {_time(one['next_try'])}"
            lines.append(line)
            if one["text"]:
                lines.append(f"        {printable(one['status'])} {printable(one['text'])}")
    return "\n".join(lines)


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S")
