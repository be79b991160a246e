"""`termail account list|test|password` and `termail doctor`: accounts as their owner sees and mends them."""

import argparse
import asyncio
import os
from pathlib import Path

from termail.agent.account_test import Step
from termail.agent.account_test import test_account as try_account
from termail.cli import answers
from termail.cli.asking import ask_at_the_terminal
from termail.cli.errors import UserError
from termail.cli.settings import chosen_account, config_path, data_path, settings_of
from termail.config import Settings
from termail.mime.sanitize import clean_line
from termail.secrets.errors import NoPassword
from termail.secrets.keeping import keep_password
from termail.secrets.passwords import Passwords
from termail.secrets.vault import WrongPassphrase

MARKS = {True: "ok  ", False: "FAIL"}


def run_list(options: argparse.Namespace) -> int:
    """One line for each account; a script gets an empty list where there is none."""
    settings = settings_of(options, need_account=not options.json)
    described = [
        {"name": name, "from": account.from_, "retrieve": account.retrieve, "send": account.send}
        for name, account in settings.accounts.items()
    ]
    if options.json:
        print(answers.as_json(described))
    else:
        for entry in described:
            print(f"{entry['name']:<12} {entry['from']}  {entry['retrieve']}  {entry['send']}".rstrip())
    return 0


def run_test(options: argparse.Namespace) -> int:
    """Exit code 0 when every step of every account asked for went well."""
    settings = settings_of(options)
    if options.name and options.name not in settings.accounts:
        raise UserError(f"no account {options.name!r}: there are {', '.join(settings.accounts)}", 2)
    names = [options.name] if options.name else list(settings.accounts)
    return print_trials(settings, names, config_path(options), as_json=options.json)


def run_password(options: argparse.Namespace) -> int:
    """Keep a password where every later start finds it."""
    name, account = chosen_account(settings_of(options), options.name)
    if account.password_command:
        raise UserError(f"{name} has a password_command, which is asked instead: take it out first", 2)
    try:
        where = asyncio.run(keep_password(name, account, config_path(options), ask_at_the_terminal))
    except (NoPassword, WrongPassphrase) as error:
        raise UserError(str(error), 2) from error
    except OSError as error:
        raise UserError(f"cannot be written: {error.strerror}") from error
    print(f"kept in {where}")
    return 0


def run_doctor(options: argparse.Namespace) -> int:
    """The settings, the folders, then every account."""
    settings = settings_of(options, need_account=False)
    findings = [
        _folder_step("settings folder", config_path(options)),
        _folder_step("mail folder", data_path(options)),
    ]
    if not settings.accounts:
        advice = "`termail account add NAME` makes one; `termail practice` needs none"
        findings.append(Step(name="accounts", ok=False, text="there is none in the settings", advice=advice))
    code = print_trials(
        settings,
        list(settings.accounts),
        config_path(options),
        as_json=options.json,
        before={"this machine": findings},
    )
    return code if all(step.ok for step in findings) else 1


def print_trials(
    settings: Settings,
    names: list[str],
    folder: Path,
    *,
    as_json: bool,
    before: dict[str, list[Step]] | None = None,
) -> int:
    """Try the accounts and tell how it went → exit code."""
    results = dict(before or {}) | asyncio.run(_try_all(settings, names, Passwords(folder, ask_at_the_terminal)))
    if as_json:
        print(answers.as_json(results))
    else:
        for name, steps in results.items():
            print(f"{name}:")
            for step in steps:
                print(f"  {MARKS[step.ok]} {clean_line(step.name)}: {clean_line(step.text)}")
                if step.advice:
                    print(f"       {clean_line(step.advice)}")
    return 0 if all(step.ok for steps in results.values() for step in steps) else 1


async def _try_all(settings: Settings, names: list[str], passwords: Passwords) -> dict[str, list[Step]]:
    return {name: await try_account(settings, name, passwords) for name in names}


def _folder_step(name: str, path: Path) -> Step:
    """Whether `path` can be used and is nobody else's business."""
    if not path.exists():
        return Step(name=name, ok=True, text=f"{path} will be made when it is needed")
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        return Step(
            name=name, ok=False, text=f"{path} cannot be written", advice=f"make {path} yours: chmod u+rwx"
        )
    if path.stat().st_mode & 0o077:
        return Step(name=name, ok=False, text=f"{path} is open to others", advice=f"chmod 700 {path}")
    return Step(name=name, ok=True, text=str(path))
