"""`termail`: the client on the user's accounts, or on one Maildir or mbox (`-f PATH`)."""

import argparse
import os
import sys
from pathlib import Path

from termail.cli.errors import UserError
from termail.cli.settings import config_path, data_path, settings_of
from termail.screens.files import read_attachment
from termail.screens.new_letter import NewLetter


def run(options: argparse.Namespace) -> int:
    """Open the client → its exit code."""
    in_a_browser = "TEXTUAL_DRIVER" in os.environ  # textual-serve sets it for the client it starts
    if not (in_a_browser or (sys.stdout.isatty() and sys.stdin.isatty())):
        raise UserError("this is a full-screen program: run it in a terminal, or see `termail --help`", 2)
    config, data, folder = config_path(options), data_path(options), options.folder
    settings = settings_of(options, need_account=not _is_path(folder))
    if _is_path(folder):
        from termail.cli.opened_path import settings_for_path

        config, data = settings_for_path(Path(folder).expanduser(), settings, data)
        folder = None
    _make_private(data)
    letter = _letter(options)
    from termail.app import run as run_client

    return run_client(config, data, folder=folder, letter=letter)


def _letter(options: argparse.Namespace) -> NewLetter | None:
    """What -a, -s and --to begin."""
    if not (options.attach or options.subject or options.to):
        return None
    try:
        files = tuple(read_attachment(str(path)) for path in options.attach)
    except (OSError, ValueError) as error:
        raise UserError(f"cannot attach: {error}", 2) from error
    return NewLetter(options.to, options.subject, files)


def _is_path(folder: str | None) -> bool:
    """-f names a place on this machine when it looks like a path or exists."""
    return folder is not None and (folder.startswith(("/", "./", "../", "~")) or Path(folder).exists())


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise UserError(f"cannot keep mail in {folder}: {error.strerror}; choose another --data folder") from error
