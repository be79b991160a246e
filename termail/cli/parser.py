"""The words of the command line; each command is imported only when it runs."""

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from termail import __version__

Run = Callable[[argparse.Namespace], int]


def _lazily(module: str, function: str) -> Run:
    def run(options: argparse.Namespace) -> int:
        return int(getattr(import_module(module), function)(options))

    return run


def build_parser() -> argparse.ArgumentParser:
    """`termail` and its commands."""
    parser = argparse.ArgumentParser(
        prog="termail",
        description="A terminal mail client with mutt's fingers. Without a command it opens your mail.",
        epilog="New here? `termail practice` starts two mail hosts on this machine and opens a mailbox on one.",
    )
    parser.add_argument("--version", action="version", version=f"termail {__version__}")
    parser.add_argument("-f", dest="folder", metavar="FOLDER|PATH", help="open this folder, Maildir or mbox")
    parser.add_argument(
        "-a",
        dest="attach",
        metavar="FILE",
        action="append",
        default=[],
        type=Path,
        help="write a new message with this file attached (again for more)",
    )
    parser.add_argument("-s", dest="subject", default="", help="its subject")
    parser.add_argument(
        "--to", default="", metavar="ADDRESS", help="write a new message, to these or a mailto: URL"
    )
    _folders(parser)
    parser.set_defaults(run=_lazily("termail.cli.client", "run"))
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    _practice(commands)
    _web(commands)
    _lesson(commands)
    _send(commands)
    _sendmail(commands)
    _sync(commands)
    _search(commands)
    _journey(commands)
    _console(commands)
    _accounts(commands)
    _sieve(commands)
    return parser


def _folders(parser: argparse.ArgumentParser, *, default: object = None) -> None:
    parser.add_argument(
        "--config",
        metavar="DIR",
        type=Path,
        default=default,
        help="settings folder (default: $TERMAIL_CONFIG_DIR)",
    )
    parser.add_argument(
        "--data", metavar="DIR", type=Path, default=default, help="where mail is kept (default: $TERMAIL_DATA_DIR)"
    )


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, text: str, run: Run
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    command.set_defaults(run=run)
    return command


def _practice(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    practice = _command(
        commands,
        "practice",
        "start the practice world (two mail hosts, no network) and open a mailbox in it",
        _lazily("termail.cli.practice", "run"),
    )
    practice.add_argument(
        "--user", default="alice", help="alice, juan or root of cities.org, or bob of other.test"
    )
    practice.add_argument("--data", type=Path, metavar="DIR", help="keep this world here (default: a fresh one)")
    practice.add_argument("--web", action="store_true", help="serve the client to a browser on this machine")
    practice.add_argument(
        "--port", type=int, default=8025, metavar="PORT", help="the port of --web (default: 8025)"
    )
    practice.add_argument(
        "--lesson",
        metavar="NAME",
        nargs="?",
        const="",
        help="begin this lesson (its name or number); without a name, choose one",
    )
    practice.add_argument("--language", choices=("en", "es"), help="the language of lessons (default: by $LANG)")
    practice.add_argument("--json", action="store_true", help="print the tour as JSON (implies --tour)")
    practice.add_argument("--tour", action="store_true", help="print the tour as text, as without a terminal")


def _lesson(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    lesson = _command(
        commands, "lesson", "lessons in the practice world", _lazily("termail.cli.lesson", "run_list")
    )
    _lesson_options(lesson, default=None)
    verbs = lesson.add_subparsers(title="what to do", metavar="list|show|check|run")
    for name, text, function in (
        ("list", "list the lessons", "run_list"),
        ("show", "print the text of one", "run_show"),
        ("check", "look for mistakes in lesson files, all of them without a name", "run_check"),
        ("run", "play a lesson's own solution from end to end, with transcript and checks", "run_play"),
    ):
        verb = _command(verbs, name, text, _lazily("termail.cli.lesson", function))
        if name != "list":
            verb.add_argument("name", nargs="?", default="", metavar="NAME", help="its name or number")
        _lesson_options(verb, default=argparse.SUPPRESS)


def _lesson_options(parser: argparse.ArgumentParser, *, default: object) -> None:
    is_first = default is None
    parser.add_argument(
        "--lang", choices=("en", "es"), default="en" if is_first else default, help="English or Spanish"
    )
    parser.add_argument(
        "--folder", type=Path, metavar="DIR", default=default, help="a folder with lessons of your own"
    )
    parser.add_argument("--file", type=Path, metavar="FILE", default=default, help="one lesson file of your own")
    parser.add_argument(
        "--json", action="store_true", default=False if is_first else default, help="print the result as JSON"
    )


def _web(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    site = _command(
        commands,
        "web",
        "web mail: the same client in a browser, for the users of one mail host",
        _lazily("termail.cli.webmail", "run"),
    )
    site.add_argument(
        "--imap", required=True, metavar="URL", help="imaps://HOST[:PORT]: judges logins, holds the mail"
    )
    site.add_argument(
        "--smtp", default="", metavar="URL", help="smtp://HOST[:PORT] or smtps://…: where mail is submitted"
    )
    site.add_argument("--domain", default="", help="completes a login name to an address (default: the IMAP host)")
    site.add_argument(
        "--ca", default="", metavar="FILE", help="a PEM file trusted for the mail host beside the system's"
    )
    site.add_argument("--listen", default="127.0.0.1", metavar="ADDRESS", help="default: this machine alone")
    site.add_argument("--port", type=int, default=8025, metavar="PORT", help="default: 8025")
    site.add_argument(
        "--host", action="append", default=[], metavar="NAME", help="a name browsers use for this site"
    )
    site.add_argument("--tls-cert", default="", metavar="FILE", help="certificate (PEM), needed off loopback")
    site.add_argument("--tls-key", default=None, metavar="FILE", help="its key, when it is not in the same file")
    site.add_argument("--idle-minutes", type=float, default=30.0, metavar="N", help="log out after N minutes (30)")
    site.add_argument("--sessions", type=int, default=50, metavar="N", help="logins at once, at most (50)")
    site.add_argument("--title", default="termail", help="what the pages are called")
    _folders(site, default=argparse.SUPPRESS)


def _send(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    send = _command(commands, "send", "send the text on standard input", _lazily("termail.cli.send", "run"))
    send.add_argument("-s", dest="subject", default="", help="subject")
    send.add_argument(
        "-a", dest="attach", metavar="FILE", action="append", default=[], type=Path, help="attach a file"
    )
    send.add_argument("-c", dest="cc", metavar="CC", action="append", default=[], help="a copy to this address")
    send.add_argument("-b", dest="bcc", metavar="BCC", action="append", default=[], help="a blind copy")
    send.add_argument("--account", help="the account to send from (default: the first)")
    send.add_argument("--json", action="store_true", help="print the outcome as JSON")
    send.add_argument("to", metavar="TO", nargs="+", help="addresses, or a mailto: URL")
    _folders(send, default=argparse.SUPPRESS)


def _sendmail(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    sendmail = commands.add_parser(
        "sendmail",
        prefix_chars="\0",  # its options are those of the classic, which argparse cannot read
        help="send a whole message from standard input, as other programs call sendmail (-t -i -f)",
        add_help=False,
    )
    sendmail.set_defaults(run=_lazily("termail.cli.sendmail", "run"))
    sendmail.add_argument("words", nargs="*")


def _sync(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    sync = _command(
        commands,
        "sync",
        "fetch new mail, replay pending operations, send the outbox",
        _lazily("termail.cli.sync", "run"),
    )
    sync.add_argument("--json", action="store_true", help="print what was done as JSON")
    _folders(sync, default=argparse.SUPPRESS)


def _search(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    search = _command(
        commands, "search", "search the mail that is held here", _lazily("termail.cli.search", "run")
    )
    search.add_argument("query", metavar="QUERY", help="a mutt pattern (~f ann) or words (from:ann is:unread)")
    search.add_argument("--limit", type=int, default=100, metavar="N", help="at most N hits (default 100)")
    search.add_argument("--json", action="store_true", help="print the hits as JSON")
    _folders(search, default=argparse.SUPPRESS)


def _journey(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    journey = _command(
        commands,
        "journey",
        "show one message's way through all agents, from the practice world's journal or from its header",
        _lazily("termail.cli.journey", "run"),
    )
    journey.add_argument("message_id", metavar="MESSAGE-ID", help="the message's Message-ID, with or without <>")
    form = journey.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the journey as JSON")
    form.add_argument("--svg", action="store_true", help="print the journey as an SVG picture")
    _folders(journey, default=argparse.SUPPRESS)


def _console(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    console = _command(
        commands,
        "console",
        "talk SMTP, POP3 or IMAP by hand, with what may come next, completion and explanations",
        _lazily("termail.cli.console", "run"),
    )
    console.add_argument(
        "place",
        metavar="PLACE",
        nargs="?",
        default="smtp",
        help="smtp, submission, imap, pop3 of a practice world (started when there is none), or HOST:PORT",
    )
    _folders(console, default=argparse.SUPPRESS)


def _accounts(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    account = _command(
        commands,
        "account",
        "list, add or test accounts, keep passwords",
        _lazily("termail.cli.accounts", "run_list"),
    )
    _folders(account, default=argparse.SUPPRESS)
    verbs = account.add_subparsers(title="what to do", metavar="list|add|password|test")
    listing = _command(verbs, "list", "list the accounts", _lazily("termail.cli.accounts", "run_list"))
    adding = _command(
        verbs,
        "add",
        "add an account: find its servers (SRV, autoconfig), ask what nobody tells, test every step",
        _lazily("termail.cli.adding", "run"),
    )
    adding.add_argument("name", metavar="NAME|ADDRESS", help="a short name, such as work, or your address")
    adding.add_argument("--from", dest="from_", default="", metavar="ADDRESS", help="'Ann <ann@example.org>'")
    adding.add_argument("--retrieve", default="", metavar="URL", help="imaps://ann@mail.example.org")
    adding.add_argument("--send", default="", metavar="URL", help="smtp://ann@mail.example.org:587")
    adding.add_argument("--password-command", default="", metavar="COMMAND", help="prints the password")
    adding.add_argument("--token-command", default="", metavar="COMMAND", help="prints an OAuth 2 access token")
    keeping = _command(
        verbs,
        "password",
        "ask for an account's password and keep it in the keyring, else in the encrypted file",
        _lazily("termail.cli.accounts", "run_password"),
    )
    keeping.add_argument("name", help="the account")
    _folders(keeping, default=argparse.SUPPRESS)
    testing = _command(verbs, "test", "try every step of an account", _lazily("termail.cli.accounts", "run_test"))
    testing.add_argument("name", nargs="?", help="the account (default: all)")
    for verb in (listing, adding, testing):
        _folders(verb, default=argparse.SUPPRESS)
        verb.add_argument("--json", action="store_true", help="print the result as JSON")
    account.set_defaults(json=False)
    doctor = _command(
        commands,
        "doctor",
        "look for what is wrong and say what to do",
        _lazily("termail.cli.accounts", "run_doctor"),
    )
    doctor.add_argument("--json", action="store_true", help="print the findings as JSON")
    _folders(doctor, default=argparse.SUPPRESS)


def _sieve(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    run = _lazily("termail.cli.scripts", "run")
    sieve = _command(commands, "sieve", "the scripts with which the server sorts an account's mail", run)
    sieve.set_defaults(verb="list", account=None, json=False)
    _folders(sieve, default=argparse.SUPPRESS)
    verbs = sieve.add_subparsers(title="what to do", metavar="list|get|put|check|activate|delete|rename")
    for name, text in (
        ("list", "list the scripts; * is the active one"),
        ("get", "print a script"),
        ("put", "store a script; the server checks it first"),
        ("check", "let the server check a script, and store nothing"),
        ("activate", "let a script sort the mail from now on, or none"),
        ("delete", "delete a script that is not active"),
        ("rename", "give a script another name"),
    ):
        verb = _command(verbs, name, text, run)
        verb.set_defaults(verb=name)
        if name == "activate":
            verb.add_argument("name", nargs="?", default="", metavar="NAME", help="without a name none is active")
        elif name not in ("list", "check"):
            verb.add_argument("name", metavar="NAME", help="the script's name")
        if name in ("put", "check"):
            verb.add_argument("file", metavar="FILE", help="the script, - for standard input")
        if name == "put":
            verb.add_argument("--activate", action="store_true", help="make it the active one")
        if name == "rename":
            verb.add_argument("new_name", metavar="NEW-NAME")
        verb.add_argument("--account", metavar="NAME", help="whose scripts (default: the first account's)")
        verb.add_argument("--json", action="store_true", help="print the result as JSON")
        _folders(verb, default=argparse.SUPPRESS)
