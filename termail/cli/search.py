"""`termail search QUERY`: what the local store answers, one line a hit, or JSON for a script."""

import argparse
import time

from termail.cli.answers import as_json
from termail.cli.errors import UserError
from termail.cli.settings import data_path
from termail.mime.sanitize import clean_line
from termail.model.patterns import PatternError
from termail.model.row import Row
from termail.store.local_store import LocalStore


def run(options: argparse.Namespace) -> int:
    """Exit code 0 when something was found, 1 when nothing was, as grep does."""
    path = data_path(options) / "mail.sqlite3"
    if not path.exists():
        raise UserError(f"no mail is held in {path.parent} yet: run `termail sync` first")
    store = LocalStore(path)
    try:
        rows = store.rows(store.search(options.query, options.limit))
        folders = {folder.folder_id: folder for folder in store.folders()}
    except PatternError as error:
        raise UserError(str(error), 2) from error
    finally:
        store.close()
    names = {folder_id: clean_line(f"{folder.account}/{folder.name}") for folder_id, folder in folders.items()}
    if options.json:
        print(as_json([_hit(row, names) for row in rows]))
    else:
        for row in rows:
            print(_line(row, names))
    return 0 if rows else 1


def _hit(row: Row, folders: dict[int, str]) -> dict[str, object]:
    return {
        "folder": folders.get(row.folder_id, ""),
        "from": {"name": clean_line(row.sender_name), "address": clean_line(row.sender_address)},
        "subject": clean_line(row.subject),
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(row.date)),
        "message_id": clean_line(row.message_id_header),
        "size_octets": row.size_octets,
        "unread": not row.is_read,
        "flagged": row.is_flagged,
        "attachment": row.has_attachment,
    }


def _line(row: Row, folders: dict[int, str]) -> str:
    date = time.strftime("%Y-%m-%d", time.localtime(row.date))
    sender = clean_line(row.sender_name or row.sender_address)
    return f"{date}  {folders.get(row.folder_id, ''):<20.20}  {sender:<22.22}  {clean_line(row.subject)}"
