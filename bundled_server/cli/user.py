"""`termail-server user`: who has a mailbox here."""

import argparse
import getpass
import json
import sys

from bundled_server.cli.errors import CannotRun, UsageError
from bundled_server.cli.office import office_of


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


def _done(options: argparse.Namespace, text: str) -> None:
    print(json.dumps({"done": True}) if options.json else text)
