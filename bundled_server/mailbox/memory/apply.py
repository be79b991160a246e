"""What each change does to the tables in memory."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final

from bundled_server.mailbox.changes import (
    Added,
    AddMessage,
    ClaimRecent,
    Copied,
    CopyMessages,
    CreateMailbox,
    DeleteMailbox,
    DeleteUser,
    Enqueue,
    Expunge,
    FlagsStored,
    PutUser,
    QueueItem,
    RemoveFromQueue,
    RenameMailbox,
    StoreFlags,
    Subscribe,
    UpdateQueue,
)
from bundled_server.mailbox.flag_modes import FLAG_MODES
from bundled_server.mailbox.index import MessageRow, interned
from bundled_server.mailbox.memory.tables import Kept, Tables
from bundled_server.mailbox.memory.training_tables import expire_tokens, forget_training, train_tokens
from bundled_server.mailbox.names import STARTING_MAILBOXES, storable
from bundled_server.mailbox.queue_items import new_item, updated_item
from bundled_server.mailbox.records import DeleteRecords, PutRecords, living
from bundled_server.mailbox.store import Mailbox, MailboxExists, StoreError, User
from bundled_server.mailbox.training import ExpireTokens, ForgetTraining, TrainTokens

# messages


def _add_message(tables: Tables, change: AddMessage) -> Added:
    mailbox = tables.mailbox(change.mailbox_id)
    if change.delivery_key:
        if change.delivery_key in tables.delivery_keys:
            return Added(mailbox.mailbox_id, mailbox.uid_validity, 0, mailbox.highest_modseq)
        tables.put(tables.delivery_keys, change.delivery_key, None)
    row = MessageRow(
        mailbox.uid_next,
        mailbox.highest_modseq + 1,
        tables.content_id(change.content),
        len(change.content.data),
        change.internal_date,
        interned(change.flags),
        tables.now(),
    )
    _append(tables, mailbox, [row])
    return Added(mailbox.mailbox_id, mailbox.uid_validity, row.uid, row.modseq)


def _append(tables: Tables, mailbox: Mailbox, rows: list[MessageRow]) -> None:
    for row in rows:
        tables.put(tables.messages[mailbox.mailbox_id], row.uid, Kept(row, row.modseq))
    _advance(tables, mailbox.mailbox_id, rows[-1].modseq, uid_next=rows[-1].uid + 1)


def _advance(tables: Tables, mailbox_id: int, modseq: int, uid_next: int | None = None) -> None:
    mailbox = tables.mailboxes[mailbox_id]
    now = replace(mailbox, highest_modseq=modseq, uid_next=uid_next or mailbox.uid_next)
    tables.put(tables.mailboxes, mailbox_id, now)
    tables.touched[mailbox_id] = None


def _present(tables: Tables, mailbox_id: int, uids: Iterable[int]) -> list[int]:
    messages = tables.messages[mailbox_id]
    return sorted(uid for uid in set(uids) if uid in messages)


def _copy_messages(tables: Tables, change: CopyMessages) -> Copied:
    source, target = tables.mailbox(change.source_id), tables.mailbox(change.target_id)
    uids = _present(tables, source.mailbox_id, change.uids)
    if not uids:
        return Copied(target.uid_validity, ())
    kept = tables.messages[source.mailbox_id]
    rows = [
        kept[uid].row._replace(
            uid=target.uid_next + offset, modseq=target.highest_modseq + 1, save_date=tables.now()
        )
        for offset, uid in enumerate(uids)
    ]
    _append(tables, target, rows)
    if change.remove:
        _remove(tables, source.mailbox_id, uids)
    return Copied(target.uid_validity, tuple(zip(uids, (row.uid for row in rows), strict=True)))


def _store_flags(tables: Tables, change: StoreFlags) -> FlagsStored:
    mailbox = tables.mailbox(change.mailbox_id)
    messages = tables.messages[mailbox.mailbox_id]
    modseq = mailbox.highest_modseq + 1
    changed, refused = [], []
    for uid in _present(tables, mailbox.mailbox_id, change.uids):
        kept = messages[uid]
        if change.unchanged_since is not None and kept.row.modseq > change.unchanged_since:
            refused.append(uid)
            continue
        flags = interned(FLAG_MODES[change.mode](kept.row.flags, change.flags))
        if flags != kept.row.flags:
            changed.append(uid)
            tables.put(messages, uid, Kept(kept.row._replace(flags=flags, modseq=modseq), kept.added_modseq))
    if changed:
        _advance(tables, mailbox.mailbox_id, modseq)
    now = tables.mailboxes[mailbox.mailbox_id].highest_modseq
    return FlagsStored(now, tuple(changed), tuple(refused))


def _expunge(tables: Tables, change: Expunge) -> tuple[int, ...]:
    mailbox = tables.mailbox(change.mailbox_id)
    uids = _present(tables, mailbox.mailbox_id, change.uids)
    if uids:
        _remove(tables, mailbox.mailbox_id, uids)
    return tuple(uids)


def _remove(tables: Tables, mailbox_id: int, uids: list[int]) -> None:
    modseq = tables.mailboxes[mailbox_id].highest_modseq + 1
    for uid in uids:
        tables.drop(tables.messages[mailbox_id], uid)
        tables.put(tables.expunged[mailbox_id], uid, modseq)
    _advance(tables, mailbox_id, modseq)


def _claim_recent(tables: Tables, change: ClaimRecent) -> range:
    mailbox = tables.mailbox(change.mailbox_id)
    tables.put(tables.mailboxes, mailbox.mailbox_id, replace(mailbox, recent_from=mailbox.uid_next))
    return range(mailbox.recent_from, mailbox.uid_next)


# users and mailboxes


def _put_user(tables: Tables, change: PutUser) -> None:
    is_new = change.name not in tables.users
    tables.put(tables.users, change.name, User(change.name, change.secret))
    if is_new:
        for name, special_use in STARTING_MAILBOXES:
            if tables.find_mailbox(change.name, name) is None:
                _create_mailbox(tables, CreateMailbox(change.name, name, special_use))
            _subscribe(tables, Subscribe(change.name, name, True))


def _delete_user(tables: Tables, change: DeleteUser) -> None:
    for mailbox in [m for m in tables.mailboxes.values() if m.owner == change.name]:
        _delete_mailbox(tables, DeleteMailbox(mailbox.mailbox_id))
    for key in [key for key in tables.subscriptions if key[0] == change.name]:
        tables.drop(tables.subscriptions, key)
    for place in [place for place in tables.records if place[1] == change.name]:
        tables.drop(tables.records, place)
    forget_training(tables, ForgetTraining(change.name))
    tables.drop(tables.users, change.name)


def _create_mailbox(tables: Tables, change: CreateMailbox) -> Mailbox:
    name = storable(change.name)
    if tables.find_mailbox(change.owner, name) is not None:
        raise MailboxExists("a mailbox of that name exists")
    mailbox_id = tables.count("mailbox_id")
    mailbox = Mailbox(mailbox_id, change.owner, name, change.special_use, tables.count("uid_validity"), 1, 1, 1)
    tables.put(tables.mailboxes, mailbox_id, mailbox)
    tables.put(tables.messages, mailbox_id, {})
    tables.put(tables.expunged, mailbox_id, {})
    return mailbox


def _delete_mailbox(tables: Tables, change: DeleteMailbox) -> None:
    mailbox_id = tables.mailbox(change.mailbox_id).mailbox_id
    for table in (tables.mailboxes, tables.messages, tables.expunged):
        tables.drop(table, mailbox_id)
    tables.touched[mailbox_id] = None


def _rename_mailbox(tables: Tables, change: RenameMailbox) -> None:
    mailbox = tables.mailbox(change.mailbox_id)
    name = storable(change.name)
    holder = tables.find_mailbox(mailbox.owner, name)
    if holder is not None and holder.mailbox_id != mailbox.mailbox_id:
        raise MailboxExists("a mailbox of that name exists")
    tables.put(tables.mailboxes, mailbox.mailbox_id, replace(mailbox, name=name))


def _subscribe(tables: Tables, change: Subscribe) -> None:
    key = (change.owner, storable(change.name))
    if change.subscribed:
        tables.put(tables.subscriptions, key, None)
    else:
        tables.drop(tables.subscriptions, key)


# queue


def _enqueue(tables: Tables, change: Enqueue) -> QueueItem:
    if change.queue_id in tables.queue:
        raise StoreError("the queue has an item of that id")
    item = new_item(change, tables.content_id(change.content))
    tables.put(tables.queue, item.queue_id, item)
    return item


def _update_queue(tables: Tables, change: UpdateQueue) -> None:
    item = tables.queue.get(change.queue_id)
    if item is not None:
        tables.put(tables.queue, item.queue_id, updated_item(item, change))


def _remove_from_queue(tables: Tables, change: RemoveFromQueue) -> None:
    tables.drop(tables.queue, change.queue_id)
    for key in [key for key in tables.delivery_keys if key.startswith(change.queue_id + "/")]:
        tables.drop(tables.delivery_keys, key)


# records


def _put_records(tables: Tables, change: PutRecords) -> tuple[str, ...]:
    """The whole dictionary is put anew, so that `undo` can take it back."""
    place = (change.kind, change.owner)
    kept = living(tables.records.get(place, {}).values(), tables.now())
    new = {r.key: r for r in change.records if not (change.only_new and r.key in kept)}
    tables.put(tables.records, place, kept | new)
    return tuple(new)


def _delete_records(tables: Tables, change: DeleteRecords) -> None:
    place = (change.kind, change.owner)
    gone = set(change.keys) if change.keys is not None else set(tables.records.get(place, {}))
    left = {key: record for key, record in tables.records.get(place, {}).items() if key not in gone}
    tables.put(tables.records, place, left)


APPLY: Final[dict[type, Callable[[Tables, Any], Any]]] = {
    AddMessage: _add_message,
    CopyMessages: _copy_messages,
    StoreFlags: _store_flags,
    Expunge: _expunge,
    ClaimRecent: _claim_recent,
    CreateMailbox: _create_mailbox,
    DeleteMailbox: _delete_mailbox,
    RenameMailbox: _rename_mailbox,
    Subscribe: _subscribe,
    PutUser: _put_user,
    DeleteUser: _delete_user,
    Enqueue: _enqueue,
    UpdateQueue: _update_queue,
    RemoveFromQueue: _remove_from_queue,
    PutRecords: _put_records,
    DeleteRecords: _delete_records,
    TrainTokens: train_tokens,
    ExpireTokens: expire_tokens,
    ForgetTraining: forget_training,
}
