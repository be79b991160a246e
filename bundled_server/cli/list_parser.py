"""The command line of `termail-server list`."""

import argparse

from bundled_server.cli.one_line_parser import OneLineParser, with_data

POSTING = ("open", "announce", "moderated")
REPLY_TO = ("sender", "list")


def add_list(commands: "argparse._SubParsersAction[OneLineParser]") -> None:
    actions = commands.add_parser(
        "list",
        help="mailing lists and their members",
        description="Mailing lists. People join by a letter to NAME-join, leave by one to NAME-leave, reach the "
        "owners at NAME-owner, and ask for help at NAME-request.",
    ).add_subparsers(dest="action", required=True, metavar="ACTION")
    with_data(actions.add_parser("list", help="all lists"))
    create = _named(actions, "create", "make a list")
    create.add_argument("--domain", metavar="D", help="a domain of this host (default: its first one)")
    _add_settings(create)
    _add_settings(_named(actions, "set", "change a list; what is not named stays"))
    _named(actions, "show", "the settings of a list")
    _named(actions, "delete", "remove a list with its members and its archive")
    _named(actions, "members", "who is on a list, and whose mail bounces")
    for verb, text in (
        ("join", "put addresses on a list without asking them"),
        ("leave", "take addresses off a list"),
        ("resume", "send again to members that were suspended for their bounces"),
    ):
        _named(actions, verb, text).add_argument("addresses", nargs="+", metavar="ADDRESS")
    moderate = _named(actions, "moderate", "letters that wait for the owners: show, pass on, refuse")
    moderate.add_argument("decision", nargs="?", choices=("approve", "reject"), help="without it: what waits")
    moderate.add_argument("marks", nargs="*", metavar="MARK", help="the letters, as shown")


def _named(actions: "argparse._SubParsersAction[OneLineParser]", verb: str, text: str) -> OneLineParser:
    parser = with_data(actions.add_parser(verb, help=text))
    parser.add_argument("name", metavar="NAME", help="the list: what stands before the @")
    return parser


def _add_settings(parser: OneLineParser) -> None:
    parser.add_argument("--owner", action="append", metavar="ADDRESS", help="who decides; may be repeated")
    parser.add_argument(
        "--posting",
        choices=POSTING,
        help="open: members write at once, others wait for an owner (default); announce: only owners write; "
        "moderated: everything waits for an owner",
    )
    parser.add_argument("--description", metavar="TEXT", help="one line")
    parser.add_argument("--subject-tag", metavar="TEXT", help="put [TEXT] before every subject")
    parser.add_argument("--reply-to", choices=REPLY_TO, help="where answers go (default: sender)")
    parser.add_argument(
        "--munge-from",
        action=argparse.BooleanOptionalAction,
        help="let mail come From the list, for writers whose domain has a strict DMARC policy",
    )
    parser.add_argument("--archive", action=argparse.BooleanOptionalAction, help="keep what was written (default)")
