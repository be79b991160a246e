"""`termail account add`: from an address to an account that works, asking only for what nobody tells."""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

from termail.agent.discovery import Found, discover
from termail.cli.accounts import print_trials
from termail.cli.errors import UserError
from termail.cli.settings import config_path, settings_of
from termail.config import Settings, SettingsError, load
from termail.mime.sanitize import clean_line


def run(options: argparse.Namespace) -> int:
    """Find or ask for what is missing, write it down, test it; what fails is told, and the account stays to be
    mended."""
    folder = config_path(options)
    existing = settings_of(options, need_account=False)
    name, from_ = _who(options, existing)
    if name in existing.accounts:
        raise UserError(f"there is an account {name!r} already: edit {folder / 'config.toml'}", 2)
    from_ = from_ or _question("Your name and address (Ann <ann@example.org>)")
    found = Found() if options.retrieve else _look_up(from_, options)
    wanted = {
        "from": from_,
        "retrieve": options.retrieve
        or found.retrieve
        or _question("Where mail is read (imaps://ann@imap.example.org)"),
        "send": options.send
        or found.send
        or _question("Where mail is sent (smtp://ann@smtp.example.org:587, empty for none)", ""),
        "password_command": options.password_command,
        "token_command": options.token_command,
    }
    _append(folder, name, wanted)
    try:
        settings = load(folder)
    except SettingsError as error:
        raise UserError(f"written, but it cannot be used as it is: {error}", 2) from error
    return print_trials(settings, [name], folder, as_json=options.json)


def _who(options: argparse.Namespace, existing: Settings) -> tuple[str, str]:
    """(name of the account, From). An address alone is enough: its domain gives the name."""
    if "@" not in options.name:
        return options.name, options.from_
    address = options.name.rpartition("<")[2].rstrip("> ")
    label = "".join(
        char for char in address.rpartition("@")[2].partition(".")[0] if char.isalnum() or char in "-_"
    )
    name, number = label or "mail", 1
    while name in existing.accounts:
        number += 1
        name = f"{label}{number}"
    return name, options.from_ or options.name


def _look_up(from_: str, options: argparse.Namespace) -> Found:
    """What DNS and autoconfig say, when the user agrees; nothing else is sent anywhere."""
    address = from_.rpartition("<")[2].rstrip("> ")
    _say(f"Looking for the servers of {clean_line(address.rpartition('@')[2])} …")
    found = asyncio.run(discover(address))
    if not found.retrieve:
        _say("Nobody tells; the provider's help pages name the servers.")
        return found
    _say(f"According to {clean_line(found.source)}:")
    _say(f"  read  {clean_line(found.retrieve)}\n  send  {clean_line(found.send) or '(nothing found)'}")
    if found.wants_token and not options.token_command:
        _say("  This provider takes OAuth 2 tokens: give a command that prints one with --token-command.")
    answer = _question("Use these? [Y/n]", "y")
    return found if answer.strip().lower() in ("", "y", "yes") else Found()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _question(prompt: str, default: str | None = None) -> str:
    """Ask at the terminal. Raises UserError when nobody is there and there is no default."""
    if not sys.stdin.isatty():
        if default is None:
            raise UserError(f"not given and nobody to ask: {prompt} (see termail account add --help)", 2)
        return default
    print(f"{prompt}: ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline().strip()
    if not answer and default is None:
        raise UserError("nothing typed, nothing added", 2)
    return answer


def _append(folder: Path, name: str, wanted: dict[str, str]) -> None:
    """Add the account's table to config.toml, which only its owner may read."""
    if not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
        raise UserError(f"{name!r} cannot name an account: use letters, digits, - and _", 2)
    lines = [f"[accounts.{name}]", *(f"{key} = {json.dumps(value)}" for key, value in wanted.items() if value)]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(folder / "config.toml", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n" + "\n".join(lines) + "\n")
