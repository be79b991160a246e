"""Postponed messages: those of this machine, and those in the Drafts folder that other programs see too."""

import secrets
from dataclasses import dataclass

import msgspec

from termail.mime.draft import Draft, parse_draft, postpone
from termail.mime.sanitize import clean_line
from termail.model.actions import AppendTo, Expunge, SetFlags
from termail.model.order import Order, SortKey
from termail.screens.draft_store import decode_draft, encode_draft
from termail.screens.identity import address_of
from termail.screens.services import Services

SERVER_DRAFTS = 200
_NEWEST = Order(SortKey.DATE, reverse=True)


@dataclass(frozen=True, slots=True)
class DraftEntry:
    """`draft_id` of this machine, or `message_id` of a message in a Drafts folder."""

    account: str
    to: str
    subject: str
    draft_id: int = 0
    message_id: int = 0


def draft_entries(services: Services) -> list[DraftEntry]:
    """This machine's first, the latest saved first."""
    entries = []
    for draft_id, account, raw in services.store.drafts():
        draft = decode_draft(raw, account)
        entries.append(DraftEntry(account, clean_line(draft.to), clean_line(draft.subject), draft_id=draft_id))
    for account in services.account_names:
        folder = services.store.folder_with_role(account, "drafts")
        ids = (
            services.store.listing(folder.folder_id, _NEWEST, "!~D")[:SERVER_DRAFTS] if folder is not None else ()
        )
        entries += [
            DraftEntry(account, clean_line(row.to), clean_line(row.subject), message_id=row.message_id)
            for row in services.store.rows(ids)
        ]
    return entries


async def load_draft(services: Services, entry: DraftEntry) -> Draft:
    """Raises LookupError when it is gone."""
    if entry.message_id:
        return parse_draft(await services.body(entry.message_id), entry.account)
    for draft_id, account, raw in services.store.drafts():
        if draft_id == entry.draft_id:
            return decode_draft(raw, account)
    raise LookupError("This draft is gone.")


def keep_draft(services: Services, draft: Draft, draft_id: int, server_draft: int) -> str:
    """Postpone: into the Drafts folder, where the account has one and nothing in it is to be encrypted, else on
    this machine → where it is, in words."""
    folder = services.store.folder_with_role(draft.account, "drafts")
    if folder is None or draft.protection.encrypts or draft.send_at:
        services.store.save_draft(draft.account, encode_draft(draft), draft_id or None)
        return "on this machine"
    host = address_of(draft.from_).rpartition("@")[2] or "localhost"
    message_id = f"<draft.{secrets.token_hex(8)}@{host}>"
    raw = postpone(draft, date=services.clock(), message_id=message_id)
    services.store.perform(
        draft.account, AppendTo(folder.folder_id, raw, ("\\Draft", "\\Seen"), message_id), "keep a draft"
    )
    drop_draft(services, draft.account, draft_id, server_draft)
    return f"in {folder.name}"


def drop_draft(services: Services, account: str, draft_id: int, server_draft: int) -> None:
    """It was sent, kept elsewhere, or thrown away."""
    if draft_id:
        services.store.delete_draft(draft_id)
    folder = services.store.folder_with_role(account, "drafts")
    if server_draft and folder is not None:
        services.store.perform(account, SetFlags((server_draft,), ("\\Deleted",)), "draft done")
        services.store.perform(account, Expunge(folder.folder_id, (server_draft,)), "draft done")


def as_new(draft: Draft) -> Draft:
    """A message as the start of another one: nothing of its old place in a thread."""
    return msgspec.structs.replace(draft, in_reply_to="", references=(), bcc="", send_at=0.0)
