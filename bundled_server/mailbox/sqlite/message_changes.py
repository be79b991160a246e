"""What the changes to messages do in the database."""

from bundled_server.mailbox.changes import (
    Added,
    AddMessage,
    ClaimRecent,
    Copied,
    CopyMessages,
    Expunge,
    FlagsStored,
    StoreFlags,
)
from bundled_server.mailbox.flag_modes import FLAG_MODES
from bundled_server.mailbox.index import FLAG_SETS, MessageRow, Reflag, Remove, flags_text, interned
from bundled_server.mailbox.sqlite.statements import execute_in, insert_rows, select_in
from bundled_server.mailbox.sqlite.workspace import MailboxState, Workspace


def add_message(work: Workspace, change: AddMessage) -> Added:
    mailbox = work.mailbox(change.mailbox_id)
    if change.delivery_key and not work.claim_key(change.delivery_key):
        return Added(mailbox.mailbox_id, mailbox.uid_validity, 0, mailbox.highest_modseq)
    content_id = work.content_id(change.content)
    row = MessageRow(
        mailbox.uid_next,
        mailbox.next_modseq(),
        content_id,
        len(change.content.data),
        change.internal_date,
        interned(change.flags),
        work.now(),
    )
    mailbox.uid_next += 1
    work.add_rows(mailbox, [row])
    return Added(mailbox.mailbox_id, mailbox.uid_validity, row.uid, row.modseq)


def copy_messages(work: Workspace, change: CopyMessages) -> Copied:
    source, target = work.mailbox(change.source_id), work.mailbox(change.target_id)
    work.flush()
    found = sorted(
        select_in(
            work.connection,
            "SELECT uid, content_id, size_octets, internal_date, flags FROM messages"
            " WHERE mailbox_id = ? AND uid IN ((*))",
            sorted(set(change.uids)),
            (source.mailbox_id,),
        )
    )
    if not found:
        return Copied(target.uid_validity, ())
    modseq, first, now = target.next_modseq(), target.uid_next, work.now()
    target.uid_next += len(found)
    rows = [
        MessageRow(first + offset, modseq, content_id, size, date, FLAG_SETS[flags], now)
        for offset, (_, content_id, size, date, flags) in enumerate(found)
    ]
    work.add_rows(target, rows)
    uids = tuple(row[0] for row in found)
    if change.remove:
        _remove(work, source, uids)
    return Copied(target.uid_validity, tuple(zip(uids, (row.uid for row in rows), strict=True)))


def store_flags(work: Workspace, change: StoreFlags) -> FlagsStored:
    mailbox = work.mailbox(change.mailbox_id)
    work.flush()
    refused: list[int] = []
    by_text: dict[str, list[int]] = {}
    sql = "SELECT uid, modseq, flags FROM messages WHERE mailbox_id = ? AND uid IN ((*))"
    become = FLAG_MODES[change.mode]
    rows = dict.fromkeys(select_in(work.connection, sql, sorted(set(change.uids)), (mailbox.mailbox_id,)))
    texts: dict[str, str] = {}
    for uid, modseq, before in rows:
        if change.unchanged_since is not None and modseq > change.unchanged_since:
            refused.append(uid)
            continue
        if before not in texts:
            texts[before] = flags_text(become(FLAG_SETS[before], change.flags))
        if texts[before] != before:
            by_text.setdefault(texts[before], []).append(uid)
    changed = tuple(sorted(uid for uids in by_text.values() for uid in uids))
    if changed:
        _write_flags(work, mailbox, by_text)
    return FlagsStored(mailbox.highest_modseq, changed, tuple(sorted(refused)))


def expunge(work: Workspace, change: Expunge) -> tuple[int, ...]:
    mailbox = work.mailbox(change.mailbox_id)
    work.flush()
    sql = "SELECT uid FROM messages WHERE mailbox_id = ? AND uid IN ((*))"
    wanted = sorted(set(change.uids))
    uids = tuple(sorted({uid for (uid,) in select_in(work.connection, sql, wanted, (mailbox.mailbox_id,))}))
    if uids:
        _remove(work, mailbox, uids)
    return uids


def claim_recent(work: Workspace, change: ClaimRecent) -> range:
    mailbox = work.mailbox(change.mailbox_id)
    claimed = range(mailbox.recent_from, mailbox.uid_next)
    if claimed:
        mailbox.recent_from = mailbox.uid_next
        work.changed(mailbox)
    return claimed


def _write_flags(work: Workspace, mailbox: MailboxState, by_text: dict[str, list[int]]) -> None:
    modseq = mailbox.next_modseq()
    flags = {}
    for text, uids in by_text.items():
        execute_in(
            work.connection,
            "UPDATE messages SET flags = ?, modseq = ? WHERE mailbox_id = ? AND uid IN ((*))",
            uids,
            (text, modseq, mailbox.mailbox_id),
        )
        flags.update(dict.fromkeys(uids, FLAG_SETS[text]))
    work.changed(mailbox, Reflag(modseq, flags))


def _remove(work: Workspace, mailbox: MailboxState, uids: tuple[int, ...]) -> None:
    """Take messages out; their uids are remembered with the modseq (RFC 7162 §3.2.5.1)."""
    work.flush()
    modseq, mailbox_id = mailbox.next_modseq(), mailbox.mailbox_id
    execute_in(
        work.connection,
        "INSERT INTO orphans (content_id, since) SELECT content_id, ? FROM messages"
        " WHERE mailbox_id = ? AND uid IN ((*)) ON CONFLICT DO NOTHING",
        uids,
        (work.now(), mailbox_id),
    )
    execute_in(work.connection, "DELETE FROM messages WHERE mailbox_id = ? AND uid IN ((*))", uids, (mailbox_id,))
    insert_rows(
        work.connection,
        "INSERT INTO expunged (mailbox_id, uid, modseq) VALUES (*)",
        [(mailbox_id, uid, modseq) for uid in uids],
    )
    work.changed(mailbox, Remove(modseq, uids))
