"""The command line of termail-server, as argparse sees it."""

import argparse
from pathlib import Path

from bundled_server.cli.bayes_parser import add_bayes
from bundled_server.cli.filter_parser import add_filter
from bundled_server.cli.list_parser import add_list
from bundled_server.cli.one_line_parser import OneLineParser, with_data
from bundled_server.cli.sieve_parser import add_sieve

SERVICES = ("smtp", "submission", "submissions", "lmtp", "imap", "imaps", "pop3", "pop3s", "managesieve", "admin")
DEFAULT_PORTS = {"smtp": 2525, "submission": 2587, "imap": 2143, "pop3": 2110, "managesieve": 4190, "admin": 0}
EGRESS = ("none", "smarthost", "internet")


def make_parser() -> OneLineParser:
    parser = OneLineParser(
        prog="termail-server",
        description="A small mail server: MSA, MTA, MDA and MAA (IMAP, POP3) in one process.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_run(commands)
    _add_world(commands)
    _add_user(commands)
    _add_domain(commands)
    _add_queue(commands)
    add_bayes(commands)
    add_list(commands)
    add_filter(commands)
    add_sieve(commands)
    _add_journal(commands)
    _add_fault(commands)
    _add_transfer(commands)
    _add_care(commands)
    return parser


def _add_run(commands: "argparse._SubParsersAction[OneLineParser]") -> None:
    defaults = ", ".join(f"{name} {port}" for name, port in DEFAULT_PORTS.items() if port)
    run = commands.add_parser(
        "run",
        help="run one mail host",
        description="Run one mail host until SIGTERM or SIGINT. When every port accepts, one JSON line with the "
        "ports goes to stdout; the log goes to stderr.",
        epilog=f"Without any port option: {defaults} and a free admin port, on the loopback address. With one, "
        "only the services that are named. Port 0 picks a free one.",
    )
    run.add_argument("--config", type=Path, metavar="FILE", help="settings in TOML; options given here win")
    run.add_argument("--data", type=Path, metavar="DIR", help="the host's data folder, made when missing")
    run.add_argument("--domain", metavar="D", help="the domain whose mail this host takes")
    run.add_argument("--hostname", metavar="H", help="this host's own name (default: mail.DOMAIN)")
    run.add_argument(
        "--user",
        action="append",
        metavar="NAME:PASSWORD",
        help="a user to create when missing; may be repeated (visible in the process list: for practice)",
    )
    run.add_argument("--listen", metavar="ADDRESS", help="the address to listen on (default 127.0.0.1)")
    for service in SERVICES:
        run.add_argument(f"--{service}", metavar="PORT", help=f"port for {service}")
    run.add_argument("--tls-cert", type=Path, metavar="FILE", help="certificate chain in PEM (default: self-made)")
    run.add_argument("--tls-key", type=Path, metavar="FILE", help="its private key in PEM")
    run.add_argument(
        "--insecure-auth", action="store_true", help="take passwords without TLS from other machines too"
    )
    run.add_argument(
        "--egress",
        choices=EGRESS,
        help="where mail for other domains may go: nowhere (default), through --smarthost, or by MX",
    )
    run.add_argument("--smarthost", metavar="HOST:PORT", help="the server that takes all outgoing mail")
    run.add_argument("--journal-wire", action="store_true", help="write every line of dialogue into the journal")
    run.add_argument("--verbose", action="store_true", help="log more")


def _add_world(commands: "argparse._SubParsersAction[OneLineParser]") -> None:
    world = commands.add_parser(
        "world", help="run the practice world", description="Run two complete mail hosts that know each other."
    )
    world.add_argument(
        "--data", type=Path, metavar="DIR", help="the world's folder (default: a new temporary one)"
    )
    world.add_argument("--json", action="store_true", help="only the ready line on stdout")
    world.add_argument(
        "--host",
        action="append",
        metavar="DOMAIN:USER,…",
        help="a host of your own in place of the two of the lecture; may be repeated (implies --bare)",
    )
    world.add_argument("--bare", action="store_true", help="without sample mail: empty mailboxes, ready at once")
    world.add_argument(
        "--clock", type=float, default=1.0, metavar="FACTOR", help="run its time this many times as fast"
    )
    world.add_argument(
        "--chaos",
        type=int,
        default=0,
        metavar="MINUTES",
        help="send mail under random faults for so long (in its own time), print an account of it, and end",
    )
    world.add_argument("--seed", type=int, default=1, metavar="N", help="which chaos (default 1)")
    world.add_argument("--stop-with-stdin", action="store_true", help="stop when standard input ends")
    world.add_argument("--verbose", action="store_true", help="log more")


def _add_user(commands: "argparse._SubParsersAction[OneLineParser]") -> None:
    user = commands.add_parser("user", help="add, remove and list users").add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )
    with_data(user.add_parser("list", help="names of all users"))
    for name, text in (("add", "create a user"), ("password", "change a user's password")):
        command = with_data(user.add_parser(name, help=text))
        command.add_argument("name", metavar="NAME")
        source = command.add_mutually_exclusive_group()
        source.add_argument("--password", metavar="TEXT", help="the password (visible in the process list)")
        source.add_argument("--password-stdin", action="store_true", help="read the password from the first line")
    remove = with_data(user.add_parser("remove", help="remove a user with all mail"))
    remove.add_argument("name", metavar="NAME")
    show = with_data(user.add_parser("show", help="who answers for a user's password; the app passwords"))
    show.add_argument("name", metavar="NAME")
    _add_app_password(user)


def _add_app_password(user: "argparse._SubParsersAction[OneLineParser]") -> None:
    verbs = user.add_parser(
        "app-password",
        help="passwords for one program each",
        description="A password for one program (a phone, a script), which can be taken back alone. It works over "
        "IMAP, POP3 and submission. While a host has any, it offers no SCRAM: that proves one password alone.",
    ).add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, text in (("create", "make one and show it, once"), ("revoke", "take one back")):
        command = with_data(verbs.add_parser(verb, help=text))
        command.add_argument("name", metavar="NAME", help="the user")
        command.add_argument("label", metavar="LABEL", help="what it is called, such as phone")
    with_data(verbs.add_parser("list", help="names, and when each was used")).add_argument("name", metavar="NAME")


def _add_domain(commands: "argparse._SubParsersAction[OneLineParser]") -> None:
    domain = commands.add_parser("domain", help="the domains whose mail this host takes").add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )
    with_data(domain.add_parser("list", help="all of them: own, added, aliases"))
    for name, text in (("add", "take mail for one more domain"), ("remove", "take no more mail for a domain")):
        with_data(domain.add_parser(name, help=text)).add_argument("domain", metavar="DOMAIN")
    alias = with_data(domain.add_parser("alias", help="let a domain stand for another one of this host"))
    alias.add_argument("domain", metavar="DOMAIN")
    alias.add_argument("target", metavar="TARGET")


def _add_queue(commands: "argparse._SubParsersAction[OneLineParser]") -> None:
    queue = commands.add_parser("queue", help="look after waiting mail").add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )
    with_data(queue.add_parser("list", help="what waits, and why"))
    flush = with_data(queue.add_parser("flush", help="try now what waits"))
    flush.add_argument("domain", nargs="?", default="", metavar="DOMAIN", help="only for recipients there")
    for name, text in (
        ("show", "one message of the queue"),
        ("hold", "keep a message from being tried"),
        ("release", "let a held message go on"),
        ("requeue", "treat a message as if it had just arrived"),
        ("delete", "forget a message, telling nobody"),
    ):
        with_data(queue.add_parser(name, help=text)).add_argument("queue_id", metavar="QUEUE-ID")


def _add_journal(commands: "argparse._SubParsersAction[OneLineParser]") -> None:
    journal = with_data(commands.add_parser("journal", help="what happened to each message, agent by agent"))
    journal.add_argument("--follow", action="store_true", help="go on with what happens from now on")
    journal.add_argument("--message-id", default="", metavar="ID", help="only this message, with its queue ids")
    journal.add_argument("--queue-id", default="", metavar="ID", help="only this queue id")
    journal.add_argument(
        "--agent", default="", metavar="NAME", help="only this agent: MSA, MTA, MQ, MDA, MAA, DNS"
    )


def _add_fault(commands: "argparse._SubParsersAction[OneLineParser]") -> None:
    fault = commands.add_parser("fault", help="make things go wrong in a running practice world").add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )
    _with_world(fault.add_parser("list", help="what is wrong now"))
    _with_world(fault.add_parser("kinds", help="what can go wrong, with whom, and its parameters"))
    one = _with_world(fault.add_parser("set", help="make something go wrong"))
    one.add_argument("name", metavar="FAULT", help="such as host-down or smtp-reply: see `fault kinds`")
    one.add_argument("target", metavar="TARGET", help="a host, domain, address or peer, as the fault wants it")
    one.add_argument("parameter", nargs="*", metavar="NAME=VALUE", help="such as stage=rcpt code=451 seconds=2")
    clear = _with_world(fault.add_parser("clear", help="put it right again"))
    clear.add_argument("key", nargs="?", default="", metavar="KEY", help="as `fault list` has it (default: all)")


def _with_world(parser: OneLineParser) -> OneLineParser:
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the world's folder")
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    return parser


def _add_transfer(commands: "argparse._SubParsersAction[OneLineParser]") -> None:
    for name, text, what in (
        (
            "import",
            "bring mail from Maildir or mbox",
            "the Maildir, mbox or folder of mboxes",
        ),
        ("export", "write mail as Maildir or mbox", "where to write: a Maildir folder, or NAME.mbox"),
    ):
        command = with_data(commands.add_parser(name, help=text))
        command.add_argument("path", type=Path, metavar="PATH", help=what)
        command.add_argument("--user", required=True, metavar="NAME", help="whose mailbox")
        command.add_argument("--mailbox", metavar="NAME", help="one mailbox (default: all that are there)")
        command.add_argument("--format", choices=("maildir", "mbox"), help="default: by what PATH looks like")


def _add_care(commands: "argparse._SubParsersAction[OneLineParser]") -> None:
    backup = with_data(
        commands.add_parser(
            "backup",
            help="copy a host's data while it runs",
            description="Copy the database as of one moment, the keys and the settings into a new folder, beside "
            "a running host. The folder appears when all is there; `run --data` on it starts a host from it.",
        )
    )
    backup.add_argument("target", type=Path, metavar="FOLDER", help="a folder that does not exist yet")
    with_data(
        commands.add_parser(
            "check",
            help="look whether all mail is there and sound",
            description="Check the database, that every body is there with the octets that came, that no number "
            "can be given twice, and that nothing is left over; beside a running host, too. Exit code 1: faults.",
        )
    )
