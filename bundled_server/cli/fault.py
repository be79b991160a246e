"""`termail-server fault`: make things go wrong in a running practice world."""

import argparse
import json
from typing import Any
from urllib.parse import quote

from bundled_server.admin.token import find
from bundled_server.cli.caller import Caller
from bundled_server.cli.errors import CannotRun, UsageError


def main(options: argparse.Namespace) -> int:
    address = find(options.data)
    if address is None:
        raise CannotRun(
            f"no practice world runs in {options.data}: start one with termail-server world --data DIR"
        )
    caller = Caller(address, "the world")
    match options.action:
        case "list":
            found = caller.call("GET", "/world/faults")
            text = "\n".join(_line(fault) for fault in found) or "nothing is wrong"
        case "kinds":
            found = caller.call("GET", "/world/faults/kinds")
            text = "\n".join(_kind(kind) for kind in found)
        case "set":
            body = {"name": options.name, "target": options.target, "parameters": _parameters(options.parameter)}
            found = caller.call("POST", "/world/faults", body)
            text = f"set: {_line(found)}"
        case _:
            found, text = _cleared(caller, options.key)
    print(json.dumps(found) if options.json else text)
    return 0


def _cleared(caller: Caller, key: str) -> tuple[Any, str]:
    if not key:
        found = caller.call("DELETE", "/world/faults")
        return found, f"faults cleared: {found['cleared']}"
    found = caller.call("DELETE", f"/world/faults/{quote(key, safe='')}")
    if found is None:
        raise CannotRun(f"no fault {key} is set: see termail-server fault list")
    return found, f"cleared: {_line(found)}"


def _parameters(words: list[str]) -> dict[str, str]:
    pairs = [word.partition("=") for word in words]
    for name, separator, _ in pairs:
        if not separator:
            raise UsageError(f"a parameter is NAME=VALUE, not {name!r}: see termail-server fault kinds")
    return {name: value for name, _, value in pairs}


def _line(fault: dict[str, Any]) -> str:
    values = " ".join(f"{name}={value}" for name, value in fault["parameters"].items() if value != "")
    return f"{fault['key']:<44} {values}".rstrip()


def _kind(kind: dict[str, Any]) -> str:
    lines = [f"{kind['name']} {kind['target'].upper()}: {kind['help']}"]
    for name, parameter in kind["parameters"].items():
        choices = f" ({', '.join(filter(None, parameter['choices']))})" if parameter["choices"] else ""
        lines.append(f"    {name}={parameter['default']}  {parameter['help']}{choices}")
    return "\n".join(lines)
