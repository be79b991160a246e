"""The command termail-server: runs a mail host or the practice world, and administers them."""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

from bundled_server.cli.errors import CannotRun, UsageError
from bundled_server.cli.parser import make_parser

COMMANDS: Mapping[str, str] = {
    "run": "bundled_server.cli.run",
    "world": "bundled_server.world.command",
    "user": "bundled_server.cli.user",
    "domain": "bundled_server.cli.domain",
    "queue": "bundled_server.cli.queue",
    "bayes": "bundled_server.cli.bayes",
    "list": "bundled_server.cli.mailing_list",
    "filter": "bundled_server.cli.filter",
    "sieve": "bundled_server.cli.sieve",
    "fault": "bundled_server.cli.fault",
    "journal": "bundled_server.cli.journal",
    "import": "bundled_server.cli.transfer",
    "export": "bundled_server.cli.transfer",
    "backup": "bundled_server.cli.care",
    "check": "bundled_server.cli.care",
}
"""The module whose `main(options)` does it; imported only when it is asked for."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command → exit code: 0 done, 1 it could not be done, 2 it was asked for in the wrong way."""
    parser = make_parser()
    options = parser.parse_args(arguments)
    try:
        command: Callable[[object], int] = import_module(COMMANDS[options.command]).main
        return command(options)
    except UsageError as fault:
        print(f"termail-server: {fault}", file=sys.stderr)
        return 2
    except CannotRun as fault:
        print(f"termail-server: {fault}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output left: nothing more to say
        return 1
    except KeyboardInterrupt:
        return 130
