"""The parser that complains in one line, and the options that every command on a host has."""

import argparse
from pathlib import Path
from typing import NoReturn


class OneLineParser(argparse.ArgumentParser):
    """Complains in one line that says where help is."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def with_data(parser: OneLineParser) -> OneLineParser:
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the host's data folder")
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    return parser
