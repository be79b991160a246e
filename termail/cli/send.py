"""`termail send`: the text on standard input as a message, queued durably, then submitted."""

import argparse
import asyncio
import mimetypes
import sys
import time
from pathlib import Path

import msgspec

from termail.agent.once import send_once
from termail.agent.place import NotOurs
from termail.cli import answers
from termail.cli.asking import ask_at_the_terminal
from termail.cli.errors import UserError
from termail.cli.settings import chosen_account, config_path, data_path, settings_of
from termail.mime.draft import build
from termail.mime.mailto import draft_from_mailto
from termail.mime.outgoing import Attachment, Draft, DraftError
from termail.mime.sanitize import clean_line
from termail.model.outbox import OutboxItem, OutboxState


def run(options: argparse.Namespace) -> int:
    """Exit code 0 when the server took it, 75 (EX_TEMPFAIL) when it waits in the outbox, 1 when it was refused."""
    name, account = chosen_account(settings_of(options), options.account)
    if not account.send:
        raise UserError(f"account {name!r} has no `send` address in config.toml: add one to send mail", 2)
    start = Draft(account=name, from_=account.from_)
    if options.to[0].lower().startswith("mailto:"):
        start = draft_from_mailto(options.to.pop(0), account=name, from_=account.from_)
    draft = msgspec.structs.replace(
        start,
        to=", ".join(filter(None, (start.to, *options.to))),
        cc=", ".join(filter(None, (start.cc, *options.cc))),
        bcc=", ".join(filter(None, (start.bcc, *options.bcc))),
        subject=options.subject or start.subject,
        body=sys.stdin.read() or start.body,
        attachments=tuple(_attachment(path) for path in options.attach),
    )
    try:
        built = build(draft, date=time.time())
    except DraftError as error:
        raise UserError(str(error), 2) from error
    try:
        item = asyncio.run(
            send_once(
                config_path(options), data_path(options), name, built.sender, built.recipients, built.raw,
                ask_at_the_terminal,
            )
        )  # fmt: skip
    except (OSError, NotOurs) as error:
        raise UserError(str(error)) from error
    _report(item, as_json=options.json)
    return {OutboxState.SENT: 0, OutboxState.FAILED: 1}.get(item.state, 75)


def _attachment(path: Path) -> Attachment:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"cannot attach {path}: {error.strerror}", 2) from error
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Attachment(filename=path.name, content_type=kind, data=data)


def _report(item: OutboxItem, *, as_json: bool) -> None:
    """JSON on standard output when wished; else silence is success and the rest is said on standard error."""
    reason = clean_line(item.reason)
    if as_json:
        print(answers.as_json({"state": item.state.value, "reason": reason, "message_id": item.message_id_header}))
    elif item.state is OutboxState.FAILED:
        print(f"termail: not sent: {reason}", file=sys.stderr)
    elif item.state is not OutboxState.SENT:
        print(f"termail: {item.state.value}, kept in the outbox: {reason}", file=sys.stderr)
