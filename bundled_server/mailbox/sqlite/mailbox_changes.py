"""What the changes to users, mailboxes and subscriptions do in the database."""

from bundled_server.mailbox.changes import (
    CreateMailbox,
    DeleteMailbox,
    DeleteUser,
    PutUser,
    RenameMailbox,
    Subscribe,
)
from bundled_server.mailbox.names import STARTING_MAILBOXES, storable
from bundled_server.mailbox.sqlite.training_changes import forget_training
from bundled_server.mailbox.sqlite.workspace import Workspace
from bundled_server.mailbox.store import Mailbox, MailboxExists
from bundled_server.mailbox.training import ForgetTraining


def put_user(work: Workspace, change: PutUser) -> None:
    known = work.connection.execute("SELECT 1 FROM users WHERE name = ?", (change.name,)).fetchone()
    if known:
        work.execute("UPDATE users SET secret = ? WHERE name = ?", (change.secret, change.name))
        return
    work.execute("INSERT INTO users (name, secret) VALUES (?, ?)", (change.name, change.secret))
    for name, special_use in STARTING_MAILBOXES:
        if _find(work, change.name, name) is None:
            create_mailbox(work, CreateMailbox(change.name, name, special_use))
        subscribe(work, Subscribe(change.name, name, True))


def delete_user(work: Workspace, change: DeleteUser) -> None:
    ids = work.connection.execute("SELECT mailbox_id FROM mailboxes WHERE owner = ?", (change.name,)).fetchall()
    for (mailbox_id,) in ids:
        delete_mailbox(work, DeleteMailbox(mailbox_id))
    work.execute("DELETE FROM subscriptions WHERE owner = ?", (change.name,))
    work.execute("DELETE FROM records WHERE owner = ?", (change.name,))
    forget_training(work, ForgetTraining(change.name))
    work.execute("DELETE FROM users WHERE name = ?", (change.name,))


def create_mailbox(work: Workspace, change: CreateMailbox) -> Mailbox:
    name = storable(change.name)
    if _find(work, change.owner, name) is not None:
        raise MailboxExists("a mailbox of that name exists")
    mailbox_id, uid_validity = work.count("mailbox_id"), work.count("uid_validity")
    work.execute(
        "INSERT INTO mailboxes (mailbox_id, owner, name, special_use, uid_validity, uid_next, highest_modseq,"
        " recent_from) VALUES (?, ?, ?, ?, ?, 1, 1, 1)",
        (mailbox_id, change.owner, name, change.special_use, uid_validity),
    )
    return work.mailbox(mailbox_id).frozen()


def delete_mailbox(work: Workspace, change: DeleteMailbox) -> None:
    key = (work.mailbox(change.mailbox_id).mailbox_id,)
    work.execute(
        "INSERT INTO orphans (content_id, since) SELECT content_id, ? FROM messages WHERE mailbox_id = ?"
        " ON CONFLICT DO NOTHING",
        (work.now(), *key),
    )
    work.execute("DELETE FROM messages WHERE mailbox_id = ?", key)
    work.execute("DELETE FROM expunged WHERE mailbox_id = ?", key)
    work.execute("DELETE FROM mailboxes WHERE mailbox_id = ?", key)
    work.drop_mailbox(change.mailbox_id)


def rename_mailbox(work: Workspace, change: RenameMailbox) -> None:
    mailbox = work.mailbox(change.mailbox_id)
    name = storable(change.name)
    holder = _find(work, mailbox.owner, name)
    if holder is not None and holder != mailbox.mailbox_id:
        raise MailboxExists("a mailbox of that name exists")
    mailbox.name = name
    work.changed(mailbox)
    work.execute("UPDATE mailboxes SET name = ? WHERE mailbox_id = ?", (name, mailbox.mailbox_id))


def subscribe(work: Workspace, change: Subscribe) -> None:
    row = (change.owner, storable(change.name))
    if change.subscribed:
        work.execute("INSERT INTO subscriptions (owner, name) VALUES (?, ?) ON CONFLICT DO NOTHING", row)
    else:
        work.execute("DELETE FROM subscriptions WHERE owner = ? AND name = ?", row)


def _find(work: Workspace, owner: str, name: str) -> int | None:
    row = work.connection.execute(
        "SELECT mailbox_id FROM mailboxes WHERE owner = ? AND name = ?", (owner, name)
    ).fetchone()
    return None if row is None else int(row[0])
