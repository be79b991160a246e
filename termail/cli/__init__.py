"""The `termail` command: the client, practice, and what a script asks of them."""

import sys
from collections.abc import Sequence

from termail.cli.parser import build_parser

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the answer is the exit code: 0 done, 1 it failed, 2 it was asked wrongly."""
    options = build_parser().parse_args(arguments)
    from termail.cli.errors import UserError

    try:
        return int(options.run(options))
    except UserError as error:
        from termail.mime.sanitize import clean_line

        print(f"termail: {clean_line(str(error))}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return EXIT_FAILED
