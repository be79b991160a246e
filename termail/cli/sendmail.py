"""`termail sendmail`: the command other programs (git send-email, cron) know, in front of our outbox."""

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from termail.agent.once import send_once
from termail.agent.place import NotOurs
from termail.cli.asking import ask_at_the_terminal
from termail.cli.errors import UserError
from termail.cli.settings import config_path, data_path, settings_of
from termail.config import Account, Settings
from termail.mime.addresses import parse_addresses
from termail.mime.headers import first_value, header_end, scan_headers
from termail.mime.outgoing import DraftError
from termail.mime.piped import read_piped
from termail.mime.sanitize import clean_line
from termail.model.outbox import OutboxState

EX_USAGE: Final = 64
EX_UNAVAILABLE: Final = 69
EX_CONFIG: Final = 78
_WITH_VALUE: Final = "fFrBNRVOhXLCpb"


@dataclass(slots=True)
class Wishes:
    """What the words said; options of the classic that mean nothing here are taken and forgotten."""

    from_header: bool = False
    dot_is_text: bool = False
    sender: str = ""
    recipients: list[str] = field(default_factory=list)


def run(options: argparse.Namespace) -> int:
    """Exit code 0 when the message is sent or safe in the outbox; the codes of sysexits.h otherwise."""
    try:
        wishes = read_words(options.words)
        text = _message(sys.stdin.buffer, wishes.dot_is_text)
        settings = settings_of(options)
        name, account = account_for(settings, wishes.sender, text)
        built = read_piped(
            text,
            wishes.sender or account.address,
            account.from_,
            wishes.recipients,
            from_header=wishes.from_header,
            date=time.time(),
        )
        item = asyncio.run(
            send_once(
                config_path(options), data_path(options), name, built.sender, built.recipients, built.raw,
                ask_at_the_terminal,
            )
        )  # fmt: skip
    except DraftError as error:
        raise UserError(str(error), EX_USAGE) from error
    except (OSError, NotOurs) as error:
        raise UserError(str(error), 75) from error
    if item.state is OutboxState.FAILED:
        raise UserError(f"not sent: {clean_line(item.reason)}", EX_UNAVAILABLE)
    return 0


def read_words(words: Sequence[str]) -> Wishes:
    """Raises UserError for what cannot be done here."""
    wishes = Wishes()
    for letter, value in _split(words):
        match letter:
            case "":
                wishes.recipients += [address for _, address in parse_addresses(value.encode()) if address]
            case "t":
                wishes.from_header = True
            case "i":
                wishes.dot_is_text = True
            case "o":
                wishes.dot_is_text = wishes.dot_is_text or value == "i"
            case "f" | "r":
                wishes.sender = next((address for _, address in parse_addresses(value.encode())), "")
            case "b" if value != "m":
                raise UserError(f"-b{value} is for a mail server; this only sends (-bm)", EX_USAGE)
            case "q":
                raise UserError("the queue is the agent's: `termail sync` sends what waits", EX_USAGE)
            case _:
                pass
    return wishes


def _split(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(option letter, value), the letter "" for a recipient."""
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if word == "--":
            yield from (("", rest) for rest in waiting)
            return
        if not word.startswith("-") or word == "-":
            yield "", word
            continue
        letter, value = word[1], word[2:]
        if letter in _WITH_VALUE and not value:
            if not waiting:
                raise UserError(f"-{letter} needs a value", EX_USAGE)
            value = waiting.pop(0)
        yield letter, value
        if letter in "tinvUG" and value:  # several letters in one word, such as -ti
            waiting.insert(0, f"-{value}")


def _message(lines: "Iterator[bytes]", dot_is_text: bool) -> bytes:
    gathered = []
    for line in lines:
        if not dot_is_text and line.rstrip(b"\r\n") == b".":
            break
        gathered.append(line)
    return b"".join(gathered)


def account_for(settings: Settings, sender: str, text: bytes) -> tuple[str, Account]:
    """The account whose address is -f or From, else the first that sends."""
    header = scan_headers(text[: header_end(text)[0]])
    authors = [address for _, address in parse_addresses(first_value(header, "from"))]
    sending = {name: account for name, account in settings.accounts.items() if account.send}
    for wanted in filter(None, (sender, *authors)):
        for name, account in sending.items():
            if wanted.lower() in (entry.lower() for entry in (account.address, *account.alternates)):
                return name, account
    if not sending:
        raise UserError("no account has a `send` address in config.toml", EX_CONFIG)
    return next(iter(sending.items()))
