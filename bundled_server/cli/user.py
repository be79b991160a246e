"""`termail-server user`: who has a mailbox here."""

import argparse
import getpass
import json
import sys
import time
from typing import Any

from bundled_server.cli.errors import CannotRun, UsageError
from bundled_server.cli.office import Office, office_of


def main(options: argparse.Namespace) -> int:
    office = office_of(options.data, may_be_new=options.action == "add")
    match options.action:
        case "list":
            names = office.users()
            print(json.dumps(names) if options.json else "\n".join(names) or "no users yet")
        case "add" | "password":
            exists = options.name.lower() in office.users()
            if exists and options.action == "add":
                raise CannotRun(f"{options.name} exists: use `user password {options.name}` for a new password")
            if not exists and options.action == "password":
                raise CannotRun(f"there is no user {options.name}: use `user add {options.name}`")
            office.put_user(options.name, _password(options))
            _done(options, f"{options.name} added" if options.action == "add" else "password changed")
        case "remove":
            if not office.remove_user(options.name):
                raise CannotRun(f"there is no user {options.name}")
            _done(options, f"{options.name} removed with all mail")
        case "show":
            answer = office.ask("user", "show", {"user": options.name})
            print(json.dumps(answer) if options.json else _show(answer))
        case "app-password":
            _app_password(options, office)
    return 0


def _password(options: argparse.Namespace) -> str:
    if options.password is not None:
        return str(options.password)
    if options.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise UsageError("no password: write --password-stdin and pipe it in, or run this in a terminal")
    first = getpass.getpass(f"Password for {options.name}: ")
    if first != getpass.getpass("Once more: "):
        raise UsageError("the two passwords differ")
    return first


def _app_password(options: argparse.Namespace, office: Office) -> None:
    if options.verb == "list":
        found = office.ask("user", "show", {"user": options.name})["app_passwords"]
        print(json.dumps(found) if options.json else "\n".join(map(_line, found)) or "no app passwords")
        return
    answer = office.ask("user", options.verb, {"user": options.name, "name": options.label})
    if options.json:
        print(json.dumps(answer))
    elif options.verb == "create":
        print(f"{answer['password']}\nThis is shown once: type it into {answer['name']} now.")
    else:
        print(f"{answer['revoked']} revoked: whoever has it is out from the next login on")


def _show(answer: dict[str, Any]) -> str:
    lines = [f"{answer['user']}: {answer['answers'] or 'nobody'} answers for the password"]
    if not answer["has_mailbox"]:
        lines.append("no mailbox yet: it is made at the first login, or with the first mail")
    return "\n".join([*lines, *(f"app password {_line(one)}" for one in answer["app_passwords"])])


def _line(app_password: dict[str, Any]) -> str:
    used = f"last used {_minute(app_password['used'])}" if app_password["used"] else "never used"
    return f"{app_password['name']}, made {_minute(app_password['created'])}, {used}"


def _minute(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def _done(options: argparse.Namespace, text: str) -> None:
    print(json.dumps({"done": True}) if options.json else text)
