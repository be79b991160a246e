"""`termail journey MESSAGE-ID`: one message's way, as text, JSON or an SVG picture."""

import argparse
import asyncio
import sys

from termail.classroom.answers import as_pretty_json
from termail.classroom.journey.source import held_message, read_journey
from termail.classroom.journey.svg import as_svg
from termail.classroom.journey.text import as_text
from termail.cli.errors import UserError
from termail.cli.settings import data_path, settings_of
from termail.model.patterns import PatternError
from termail.store.local_store import LocalStore


def run(options: argparse.Namespace) -> int:
    """Exit code 1 when nothing is known of the message."""
    path = data_path(options) / "mail.sqlite3"
    settings = settings_of(options, need_account=False)
    if not path.exists():
        raise UserError(f"no mail is held in {path.parent} yet: run `termail sync` first")
    store = LocalStore(path)
    try:
        raw = held_message(store, options.message_id)
        journey = asyncio.run(
            read_journey(options.message_id, world=settings.practice.world, store=store, raw=raw)
        )
    except PatternError as error:
        raise UserError(str(error), 2) from error
    finally:
        store.close()
    if not journey.moments:
        raise UserError(
            f"nothing is known of {options.message_id}: it is neither held here nor in a journal; "
            "`termail search` lists what is held, with --json its Message-ID"
        )
    if options.json:
        sys.stdout.buffer.write(as_pretty_json(journey))
    elif options.svg:
        print(as_svg(journey))
    else:
        print("\n".join(as_text(journey)))
    return 0
