"""The contract of every store: users, mailboxes, subscriptions."""

import pytest

from bundled_server.mailbox.changes import (
    CreateMailbox,
    DeleteMailbox,
    DeleteUser,
    PutUser,
    RenameMailbox,
    Subscribe,
)
from bundled_server.mailbox.store import Mailbox, MailboxExists, NoSuchMailbox, Store, StoreError, User


async def test_a_new_user_starts_with_the_usual_mailboxes(store: Store) -> None:
    found = {mailbox.name: mailbox.special_use for mailbox in await store.mailboxes("alice")}
    assert found == {
        "INBOX": "",
        "Drafts": "\\Drafts",
        "Sent": "\\Sent",
        "Junk": "\\Junk",
        "Trash": "\\Trash",
        "Archive": "\\Archive",
    }
    assert await store.subscriptions("alice") == sorted(found)


async def test_changing_a_user_brings_no_mailbox_back(store: Store, trash: Mailbox) -> None:
    await store.commit(DeleteMailbox(trash.mailbox_id), PutUser("alice", "new"))
    assert await store.user("alice") == User("alice", "new")
    assert await store.mailbox("alice", "Trash") is None


async def test_inbox_is_one_in_any_case_and_other_names_are_exact(store: Store, inbox: Mailbox) -> None:
    assert await store.mailbox("alice", "iNbOx") == inbox
    assert await store.mailbox("alice", "TRASH") is None
    with pytest.raises(MailboxExists):
        await store.commit(CreateMailbox("alice", "inbox"))


async def test_a_mailbox_made_again_has_a_higher_uid_validity(store: Store) -> None:
    (first,) = await store.commit(CreateMailbox("alice", "Árbol/Ñandú"))
    await store.commit(DeleteMailbox(first.mailbox_id))
    (second,) = await store.commit(CreateMailbox("alice", "Árbol/Ñandú"))
    assert second.uid_validity > first.uid_validity
    assert second.mailbox_id != first.mailbox_id
    assert await store.mailbox("alice", "Árbol/Ñandú") == second


async def test_a_rename_keeps_everything_but_the_name(store: Store, inbox: Mailbox, trash: Mailbox) -> None:
    await store.commit(RenameMailbox(trash.mailbox_id, "Bin"))
    renamed = await store.mailbox("alice", "Bin")
    assert renamed is not None
    assert (renamed.mailbox_id, renamed.uid_validity) == (trash.mailbox_id, trash.uid_validity)
    await store.commit(RenameMailbox(trash.mailbox_id, "Bin"))
    with pytest.raises(MailboxExists):
        await store.commit(RenameMailbox(trash.mailbox_id, "inbox"))
    await store.commit(DeleteMailbox(trash.mailbox_id))
    with pytest.raises(NoSuchMailbox):
        await store.commit(RenameMailbox(trash.mailbox_id, "Any"))


async def test_subscriptions_are_names_whether_or_not_they_exist(store: Store) -> None:
    await store.commit(Subscribe("alice", "not there", True), Subscribe("alice", "not there", True))
    await store.commit(Subscribe("alice", "Junk", False), Subscribe("alice", "Junk", False))
    names = await store.subscriptions("alice")
    assert names.count("not there") == 1
    assert "Junk" not in names


async def test_a_deleted_user_leaves_nothing(store: Store, inbox: Mailbox) -> None:
    await store.commit(PutUser("bob", "x"))
    await store.commit(DeleteUser("alice"))
    assert [user.name for user in await store.users()] == ["bob"]
    assert await store.mailboxes("alice") == []
    assert await store.subscriptions("alice") == []
    with pytest.raises(NoSuchMailbox):
        await store.index(inbox.mailbox_id)


async def test_names_that_no_database_can_hold_are_refused(store: Store) -> None:
    with pytest.raises(StoreError):
        await store.commit(CreateMailbox("alice", "lone \udc80 surrogate"))
    assert await store.mailbox("alice", "lone \udc80 surrogate") is None
    assert await store.user("\udc80") is None
