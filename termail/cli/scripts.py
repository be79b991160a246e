"""`termail sieve`: the scripts with which an account's server sorts mail, over ManageSieve."""

import argparse
import asyncio
import sys
from pathlib import Path

from termail.agent.messages import AskScripts, ScriptsAnswered
from termail.agent.scripts import run_errand
from termail.cli import answers
from termail.cli.asking import ask_at_the_terminal
from termail.cli.errors import UserError
from termail.cli.settings import chosen_account, config_path, settings_of
from termail.mime.sanitize import clean_line
from termail.mra.managesieve.errors import ScriptsError
from termail.net.trust import CannotTrust
from termail.secrets.errors import NoPassword
from termail.secrets.passwords import Passwords

LONGEST_SCRIPT_OCTETS = 4_000_000


def run(options: argparse.Namespace) -> int:
    """One verb; exit code 1 when the server says no."""
    text = _text_of(Path(options.file)) if options.verb in ("put", "check") else getattr(options, "new_name", "")
    answer = _ask(options, options.verb, getattr(options, "name", ""), text)
    if options.verb == "put" and options.activate:
        answer = _ask(options, "activate", options.name, "")
    if options.verb == "get" and not options.json:
        sys.stdout.write(_printable_lines(answer.text))
        return 0
    if options.json:
        print(answers.as_json(_table(options.verb, answer)))
    else:
        print(_words(options, answer))
    return 0


def _ask(options: argparse.Namespace, verb: str, name: str, text: str) -> ScriptsAnswered:
    account_name, account = chosen_account(settings_of(options), options.account)
    wish = AskScripts(request=1, account=account_name, verb=verb, name=name, text=text)
    passwords = Passwords(config_path(options), ask_at_the_terminal)
    try:
        return asyncio.run(run_errand(wish, account, passwords))
    except (ScriptsError, NoPassword, CannotTrust) as error:
        raise UserError(" ".join(str(error).split())) from error


def _text_of(path: Path) -> str:
    try:
        octets = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error
    if len(octets) > LONGEST_SCRIPT_OCTETS:
        raise UserError(f"{path} is too large for a script")
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8") from error


def _table(verb: str, answer: ScriptsAnswered) -> dict[str, object]:
    table: dict[str, object] = {"scripts": answer.names, "active": answer.active}
    return table | ({"text": answer.text} if verb == "get" else {})


def _words(options: argparse.Namespace, answer: ScriptsAnswered) -> str:
    match options.verb:
        case "list":
            lines = [f"{'*' if name == answer.active else ' '} {clean_line(name)}" for name in answer.names]
            return "\n".join(lines) or "no scripts yet: `termail sieve put NAME FILE` stores one"
        case "check":
            return f"{options.file} is correct"
        case "put":
            return f"{options.name} stored{' and active' if options.activate else ''}"
        case "activate":
            return f"{options.name} is active" if options.name else "no script is active"
        case "rename":
            return f"{options.name} is called {options.new_name} now"
    return f"{options.name} deleted"


def _printable_lines(text: str) -> str:
    """What a server sends cannot act on the terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text)
