"""The command line of `termail-server bayes`."""

import argparse
from pathlib import Path

from bundled_server.cli.one_line_parser import OneLineParser, with_data

KINDS = ("spam", "ham")
KEEP_DAYS = 365.0
RARE_MESSAGES = 2


def add_bayes(commands: "argparse._SubParsersAction[OneLineParser]") -> None:
    bayes = commands.add_parser(
        "bayes",
        help="the spam classifier that users train",
        description="The spam classifier that users train: by moving mail into and out of Junk, by $Junk and "
        "$NotJunk, and here.",
    ).add_subparsers(dest="action", required=True, metavar="ACTION")
    train = _of_user(
        bayes.add_parser(
            "train",
            help="learn that mail is spam, or ham",
            epilog="A message trained twice counts once; trained as the other kind it moves.",
        )
    )
    train.add_argument("kind", choices=KINDS, help="what it is")
    train.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="messages: files, folders of them, Maildirs, mboxes"
    )
    explain = _of_user(bayes.add_parser("explain", help="why a message is judged as it is"))
    explain.add_argument("path", type=Path, metavar="FILE", help="a message")
    _of_user(bayes.add_parser("stats", help="how much was learned"))
    expire = _of_user(bayes.add_parser("expire", help="forget rare words that were not trained for long"))
    expire.add_argument(
        "--days", type=float, default=KEEP_DAYS, metavar="N", help="not trained for so long (default %(default)g)"
    )
    expire.add_argument(
        "--rare",
        type=int,
        default=RARE_MESSAGES,
        metavar="N",
        help="and in at most so many messages (default %(default)d)",
    )
    evaluate = bayes.add_parser(
        "evaluate",
        help="measure the classifier on a corpus; needs no host",
        description="Train on the older half of a corpus (a folder with a folder 'spam' and a folder 'ham', one "
        "message to a file), judge the younger half, and count.",
    )
    evaluate.add_argument("corpus", type=Path, metavar="CORPUS")
    evaluate.add_argument("--json", action="store_true", help="answer in JSON")


def _of_user(parser: OneLineParser) -> OneLineParser:
    parser.add_argument(
        "--user", default="", metavar="NAME", help="whose training (default: what counts for everybody)"
    )
    return with_data(parser)
