"""`termail-server journal`: what the agents did, line by line."""

import argparse
import sys
from datetime import datetime

import msgspec

from bundled_server.cli.office import office_of
from bundled_server.journal import Event, Filter, printable


def main(options: argparse.Namespace) -> int:
    office = office_of(options.data)
    wanted = Filter(message_id=options.message_id, queue_id=options.queue_id, agent=options.agent)
    if options.follow:
        for line in office.follow(wanted):  # it begins with what happened before: nothing falls between
            _show(msgspec.json.decode(line, type=Event), as_json=options.json)
        return 0
    for event in office.journal(wanted):
        _show(event, as_json=options.json)
    return 0


def _show(event: Event, *, as_json: bool) -> None:
    sys.stdout.write(f"{msgspec.json.encode(event).decode() if as_json else _line(event)}\n")
    sys.stdout.flush()


def _line(event: Event) -> str:
    moment = datetime.fromtimestamp(event.time).astimezone().strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    step = f"{event.step:>2}" if event.step else "  "
    direction = f" {event.direction}:" if event.direction else ""
    name = event.queue_id or event.session
    return f"{moment} {event.agent.value:<6} {step} {name:<20} {event.kind}{direction} {printable(event.text)}"
