"""The command line of `termail-server filter`."""

import argparse
from pathlib import Path

from bundled_server.cli.one_line_parser import OneLineParser, with_data

TEST_CLIENT, TEST_HELO = "192.0.2.1", "client.example"


def add_filter(commands: "argparse._SubParsersAction[OneLineParser]") -> None:
    actions = commands.add_parser(
        "filter",
        help="the anti-spam and anti-virus chain, allow and deny lists",
        description="The chain that mail passes at port 25: what is in it, what it says of a message, whom it "
        "trusts.",
    ).add_subparsers(dest="action", required=True, metavar="ACTION")
    _of_user(with_data(actions.add_parser("list", help="the filters, and the allow and deny lists")))
    for name, text in (
        ("on", "switch a filter on while the host runs"),
        ("off", "switch a filter off until then"),
    ):
        switch = with_data(actions.add_parser(name, help=text))
        switch.add_argument("name", metavar="NAME", help="as `filter list` shows it")
    for name, text in (
        ("allow", "trust a sender or a network"),
        ("deny", "refuse a sender or a network"),
        ("forget", "take a pattern off its list"),
    ):
        entry = _of_user(with_data(actions.add_parser(name, help=text)))
        entry.add_argument("pattern", metavar="PATTERN", help="ann@example.org, example.org or 192.0.2.0/24")
    _add_test(actions.add_parser("test", help="what the chain would say of a message, stage by stage"))


def _add_test(test: OneLineParser) -> None:
    test.add_argument("file", type=Path, metavar="FILE", help="a message")
    source = test.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, metavar="DIR", help="the chain of the host that runs here")
    source.add_argument("--config", type=Path, metavar="FILE", help="the chain that these settings would make")
    test.add_argument(
        "--client", default=TEST_CLIENT, metavar="ADDRESS", help="whence it comes (default %(default)s)"
    )
    test.add_argument("--helo", default=TEST_HELO, metavar="NAME", help="how that host calls itself")
    test.add_argument(
        "--from", dest="sender", metavar="ADDRESS", help="the envelope's sender (default: as in From)"
    )
    test.add_argument("--to", action="append", default=[], metavar="ADDRESS", help="a recipient; may be repeated")
    test.add_argument("--json", action="store_true", help="answer in JSON")


def _of_user(parser: OneLineParser) -> OneLineParser:
    parser.add_argument("--user", default="", metavar="NAME", help="whose list (default: everybody's)")
    return parser
