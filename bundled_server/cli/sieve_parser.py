"""The command line of `termail-server sieve`."""

import argparse
from pathlib import Path

from bundled_server.cli.one_line_parser import OneLineParser, with_data


def add_sieve(commands: "argparse._SubParsersAction[OneLineParser]") -> None:
    sieve = commands.add_parser(
        "sieve",
        help="check and trace Sieve scripts, and look after those of users",
        description="Sieve scripts say what happens to mail at delivery. check and trace need no host.",
    ).add_subparsers(dest="action", required=True, metavar="ACTION")
    check = sieve.add_parser("check", help="whether a script is correct, and if not, in which line")
    _add_script(check)
    _add_trace(sieve)
    _of_user(sieve.add_parser("list", help="a user's scripts; * is the active one"))
    _with_name(_of_user(sieve.add_parser("get", help="print a script")))
    put = _with_name(_of_user(sieve.add_parser("put", help="store a script after checking it")))
    put.add_argument("script", type=Path, metavar="FILE", help="the script, - for standard input")
    put.add_argument("--activate", action="store_true", help="run it from now on")
    activate = _of_user(sieve.add_parser("activate", help="run a script from now on, or none"))
    activate.add_argument("name", nargs="?", default="", metavar="NAME", help="without a name none is run")
    _with_name(_of_user(sieve.add_parser("delete", help="remove a script that is not active")))


def _add_trace(sieve: "argparse._SubParsersAction[OneLineParser]") -> None:
    trace = sieve.add_parser(
        "trace",
        help="explain line by line what a script does to a message",
        description="Run a script on a message, deliver nothing, and tell which tests held, what they compared, "
        "which branches were taken, and what would be done.",
        epilog="Exit code 0 also when the script fails on this message; 1 when it is not correct.",
    )
    _add_script(trace)
    trace.add_argument("message", type=Path, metavar="MESSAGE", help="a message in a file, - for standard input")
    trace.add_argument("--from", dest="sender", metavar="ADDRESS", help="envelope sender (default: Return-Path)")
    trace.add_argument("--to", dest="recipient", metavar="ADDRESS", help="envelope recipient (default: To)")
    trace.add_argument(
        "--mailbox", action="append", default=[], metavar="NAME", help="a mailbox that exists; may be repeated"
    )
    trace.add_argument("--scripts", type=Path, metavar="DIR", help="NAME.sieve files for include")


def _add_script(parser: OneLineParser) -> None:
    parser.add_argument("script", type=Path, metavar="SCRIPT", help="the script, - for standard input")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def _of_user(parser: OneLineParser) -> OneLineParser:
    parser.add_argument("user", metavar="USER", help="whose scripts")
    return with_data(parser)


def _with_name(parser: OneLineParser) -> OneLineParser:
    parser.add_argument("name", metavar="NAME", help="the script's name")
    return parser
