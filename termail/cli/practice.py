"""`termail practice`: the practice world, and a client with its mailbox open; without a terminal, the tour."""

import argparse
import contextlib
import shlex
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from termail.classroom.practice_accounts import PEOPLE, write_settings
from termail.classroom.practice_world import PracticeWorld, WorldDidNotStart
from termail.cli.errors import UserError


def run(options: argparse.Namespace) -> int:
    """Start the world, run the client (or the tour) in it, stop the world."""
    if options.user not in PEOPLE:
        raise UserError(f"no {options.user!r} in the practice world: try {', '.join(PEOPLE)}", 2)
    if options.web:
        return _serve_to_a_browser(options)
    try:
        with _folder(options.data) as folder, PracticeWorld(folder / "world") as world:
            if options.json or options.tour or not sys.stdout.isatty():
                from termail.classroom.tour import print_tour

                return print_tour(world, folder / "tour", as_json=options.json)
            config = write_settings(world, options.user, folder / "config")
            from termail.app import run as run_client

            return run_client(config, folder / f"client-{options.user}", folder=None)
    except WorldDidNotStart as error:
        raise UserError(str(error)) from error


@contextlib.contextmanager
def _folder(wished: Path | None) -> Iterator[Path]:
    """The folder of this world: the one asked for, which stays, or a fresh one, which goes at the end."""
    if wished is not None:
        try:
            wished.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise UserError(f"cannot use {wished}: {error.strerror}; choose another --data folder") from error
        yield wished.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="termail-practice-", ignore_cleanup_errors=True) as fresh:
        yield Path(fresh)


def _serve_to_a_browser(options: argparse.Namespace) -> int:
    """The lecture's step 12: the same client, served by HTTP to a browser on this machine."""
    try:
        from textual_serve.server import Server
    except ImportError as error:
        raise UserError("--web needs one more package: pip install 'termail[web]'", 2) from error
    command = [sys.executable, "-m", "termail", "practice", "--user", options.user]
    if options.data is not None:
        command += ["--data", str(options.data)]
    Server(shlex.join(command), host="127.0.0.1", port=8025, title="termail practice").serve()
    return 0
