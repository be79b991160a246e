"""`termail-server domain`: whose mail this host takes."""

import argparse
import json

from bundled_server.cli.errors import CannotRun
from bundled_server.cli.office import office_of


def main(options: argparse.Namespace) -> int:
    office = office_of(options.data)
    match options.action:
        case "list":
            rows = office.domains()
            print(json.dumps(rows) if options.json else "\n".join(_line(row) for row in rows) or "no domains yet")
        case "add":
            done = office.add_domain(options.domain)
            _tell(options, done, f"{options.domain} added", f"{options.domain} is a domain of this host already")
        case "alias":
            done = office.alias_domain(options.domain, options.target)
            text = f"{options.domain} stands for {options.target}"
            _tell(options, done, f"{text} now", f"{text} already")
        case "remove":
            if not office.remove_domain(options.domain):
                raise CannotRun(f"{options.domain} is no domain of this host")
            _tell(options, True, f"{options.domain} removed", "")
    return 0


def _tell(options: argparse.Namespace, done: bool, changed: str, unchanged: str) -> None:
    print(json.dumps({"done": done}) if options.json else changed if done else unchanged)


def _line(row: dict[str, str]) -> str:
    return f"{row['domain']:<40} {row['kind']}{' of ' + row['target'] if row['target'] else ''}"
