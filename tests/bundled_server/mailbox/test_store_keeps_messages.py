"""The contract of every store: messages, flags, copies, expunges, snapshots."""

import asyncio

import pytest

from bundled_server.mailbox.changes import (
    AddMessage,
    ClaimRecent,
    CopyMessages,
    CreateMailbox,
    DeleteMailbox,
    Expunge,
    FlagMode,
    StoreFlags,
)
from bundled_server.mailbox.content import Content, prepare
from bundled_server.mailbox.store import Mailbox, MailboxExists, NoSuchMailbox, Store, StoreError

SEEN = frozenset({"\\Seen"})
NONE: frozenset[str] = frozenset()


def letter(number: int) -> Content:
    return prepare(
        b"From: bob@other.test\nSubject: letter %d\nMessage-ID: <%d@other.test>\n\nhello\n" % (number, number)
    )


async def fill(store: Store, mailbox: Mailbox, count: int, first: int = 1) -> None:
    changes = [AddMessage(mailbox.mailbox_id, letter(n), NONE, float(n)) for n in range(first, first + count)]
    await store.commit(*changes)


async def test_a_message_comes_back_octet_for_octet_with_its_face(store: Store, inbox: Mailbox) -> None:
    content = letter(1)
    (added,) = await store.commit(AddMessage(inbox.mailbox_id, content, SEEN, 1234.5))
    index = await store.index(inbox.mailbox_id)
    assert (added.uid, added.uid_validity) == (1, inbox.uid_validity)
    assert (list(index.uids), list(index.sizes), list(index.dates)) == ([1], [len(content.data)], [1234.5])
    assert list(index.flags) == [SEEN]
    content_id = index.content_ids[0]
    assert await store.body(content_id) == content.data
    assert await store.headers([content_id]) == [content.data[: content.header_octets]]
    ((summary,),) = [batch async for batch in store.summaries([content_id])]
    assert (summary.envelope, summary.body_structure) == (content.envelope, content.body_structure)
    assert (summary.body, summary.header_octets, summary.size_octets) == (
        content.body,
        content.header_octets,
        len(content.data),
    )


async def test_a_large_message_comes_back_whole_and_is_kept_once(
    store: Store, inbox: Mailbox, trash: Mailbox
) -> None:
    lines = b"".join(b"%076d\r\n" % number for number in range(90_000))
    large, small = prepare(b"Subject: large\r\n\r\n" + lines), letter(1)
    await store.commit(
        AddMessage(inbox.mailbox_id, large, NONE, 1.0),
        AddMessage(inbox.mailbox_id, small, NONE, 1.0),
        AddMessage(trash.mailbox_id, large, NONE, 1.0),
    )
    first, second = (await store.index(inbox.mailbox_id)).content_ids
    assert list((await store.index(trash.mailbox_id)).content_ids) == [first]
    assert (await store.body(first), await store.body(second)) == (large.data, small.data)


async def test_summaries_and_headers_come_in_the_order_asked(store: Store, inbox: Mailbox) -> None:
    await fill(store, inbox, 1200)
    wanted = [*reversed((await store.index(inbox.mailbox_id)).content_ids)]
    wanted.append(wanted[0])
    got = [summary.content_id async for batch in store.summaries(wanted) for summary in batch]
    assert got == wanted
    assert b"letter 1200\r\n" in (await store.headers(wanted[:3]))[0]


async def test_the_same_content_is_kept_once(store: Store, inbox: Mailbox, trash: Mailbox) -> None:
    await store.commit(
        AddMessage(inbox.mailbox_id, letter(1), NONE, 1.0), AddMessage(trash.mailbox_id, letter(1), NONE, 1.0)
    )
    await store.commit(AddMessage(trash.mailbox_id, letter(1), NONE, 1.0))
    ids = {*(await store.index(inbox.mailbox_id)).content_ids, *(await store.index(trash.mailbox_id)).content_ids}
    assert len(ids) == 1


async def test_a_delivery_key_delivers_once(store: Store, inbox: Mailbox) -> None:
    change = AddMessage(inbox.mailbox_id, letter(1), NONE, 1.0, "Q1/alice@cities.org")
    (first,) = await store.commit(change)
    (again,) = await store.commit(change)
    (other,) = await store.commit(AddMessage(inbox.mailbox_id, letter(1), NONE, 1.0, "Q1/root@cities.org"))
    assert (first.uid, again.uid, other.uid) == (1, 0, 2)


async def test_a_snapshot_stays_the_same_object_until_something_changes(store: Store, inbox: Mailbox) -> None:
    await fill(store, inbox, 3)
    before = await store.index(inbox.mailbox_id)
    assert await store.index(inbox.mailbox_id) is before
    await store.commit(StoreFlags(inbox.mailbox_id, (2,), FlagMode.ADD, SEEN))
    after = await store.index(inbox.mailbox_id)
    assert (before.flags[1], after.flags[1]) == (NONE, SEEN)
    assert after.modseqs[1] == after.highest_modseq > before.highest_modseq


@pytest.mark.parametrize("count", [5, 100])
async def test_snapshots_follow_every_kind_of_change(
    store: Store, inbox: Mailbox, trash: Mailbox, count: int
) -> None:
    await fill(store, inbox, count)
    await store.index(inbox.mailbox_id)
    await store.index(trash.mailbox_id)
    gone = tuple(range(1, count, 2))
    await store.commit(
        StoreFlags(inbox.mailbox_id, (1, 2), FlagMode.REPLACE, frozenset({"\\Deleted", "$Label1"})),
        CopyMessages(inbox.mailbox_id, gone, trash.mailbox_id, remove=True),
        AddMessage(inbox.mailbox_id, letter(0), SEEN, 9.0),
        Expunge(inbox.mailbox_id, (2, 2, 77_777)),
    )
    index = await store.index(inbox.mailbox_id)
    left = [uid for uid in range(1, count + 1) if uid not in (*gone, 2)]
    assert list(index.uids) == [*left, count + 1]
    assert list(index.dates) == [*map(float, left), 9.0]
    assert index.flags[-1] == SEEN
    assert len(index.uids) == len(index.modseqs) == len(index.content_ids) == len(index.sizes) == len(index.flags)
    moved = await store.index(trash.mailbox_id)
    assert moved.flags[0] == {"\\Deleted", "$Label1"}
    assert list(moved.dates) == [float(uid) for uid in gone]


async def test_flags_tell_what_changed_and_what_was_protected(store: Store, inbox: Mailbox) -> None:
    await fill(store, inbox, 3)
    before = (await store.index(inbox.mailbox_id)).highest_modseq
    (added,) = await store.commit(StoreFlags(inbox.mailbox_id, (1, 2, 9), FlagMode.ADD, SEEN))
    assert (added.changed, added.refused, added.modseq) == ((1, 2), (), before + 1)
    (again,) = await store.commit(StoreFlags(inbox.mailbox_id, (1, 2), FlagMode.ADD, SEEN))
    assert (again.changed, again.modseq) == ((), before + 1)
    change = StoreFlags(inbox.mailbox_id, (2, 3), FlagMode.REMOVE, SEEN, unchanged_since=before)
    assert (await store.commit(change))[0].refused == (2,)
    (removed,) = await store.commit(StoreFlags(inbox.mailbox_id, (2, 3), FlagMode.REMOVE, SEEN))
    assert removed.changed == (2,)


async def test_copies_pair_uids_in_source_order(store: Store, inbox: Mailbox, trash: Mailbox) -> None:
    await fill(store, inbox, 4)
    await fill(store, trash, 2, first=50)
    (copied,) = await store.commit(CopyMessages(inbox.mailbox_id, (4, 1, 99), trash.mailbox_id))
    assert copied.pairs == ((1, 3), (4, 4))
    assert copied.uid_validity == trash.uid_validity
    (onto_itself,) = await store.commit(CopyMessages(inbox.mailbox_id, (2,), inbox.mailbox_id, remove=True))
    assert onto_itself.pairs == ((2, 5),)
    assert list((await store.index(inbox.mailbox_id)).uids) == [1, 3, 4, 5]


async def test_ten_thousand_messages_change_at_once(store: Store, inbox: Mailbox, trash: Mailbox) -> None:
    await fill(store, inbox, 10_000)
    uids = tuple((await store.index(inbox.mailbox_id)).uids)
    (stored,) = await store.commit(StoreFlags(inbox.mailbox_id, uids, FlagMode.ADD, SEEN))
    (copied,) = await store.commit(CopyMessages(inbox.mailbox_id, uids, trash.mailbox_id, remove=True))
    (gone,) = await store.commit(Expunge(trash.mailbox_id, uids))
    assert stored.changed == uids == gone == tuple(target for _, target in copied.pairs)


async def test_delta_tells_added_changed_and_expunged(store: Store, inbox: Mailbox) -> None:
    await fill(store, inbox, 4)
    since = (await store.index(inbox.mailbox_id)).highest_modseq
    await store.commit(StoreFlags(inbox.mailbox_id, (2,), FlagMode.ADD, SEEN))
    await fill(store, inbox, 1, first=9)
    await store.commit(StoreFlags(inbox.mailbox_id, (5,), FlagMode.ADD, SEEN))
    await store.commit(Expunge(inbox.mailbox_id, (3,)))
    delta = await store.delta(inbox.mailbox_id, since)
    assert (delta.added, delta.changed, delta.expunged) == ((5,), (2,), (3,))
    assert (await store.delta(inbox.mailbox_id, delta.highest_modseq)).expunged == ()


async def test_uids_are_not_used_again_after_an_expunge(store: Store, inbox: Mailbox) -> None:
    await fill(store, inbox, 2)
    assert await store.commit(Expunge(inbox.mailbox_id, (2,))) == ((2,),)
    (added,) = await store.commit(AddMessage(inbox.mailbox_id, letter(3), NONE, 1.0))
    assert added.uid == 3


async def test_recent_is_claimed_once(store: Store, inbox: Mailbox) -> None:
    await fill(store, inbox, 2)
    assert (await store.status(inbox.mailbox_id)).recent == 2
    assert await store.commit(ClaimRecent(inbox.mailbox_id)) == (range(1, 3),)
    assert await store.commit(ClaimRecent(inbox.mailbox_id)) == (range(0),)
    assert (await store.status(inbox.mailbox_id)).recent == 0
    await fill(store, inbox, 1, first=7)
    assert await store.commit(ClaimRecent(inbox.mailbox_id)) == (range(3, 4),)


async def test_status_counts(store: Store, inbox: Mailbox) -> None:
    await fill(store, inbox, 3)
    await store.commit(StoreFlags(inbox.mailbox_id, (1,), FlagMode.ADD, frozenset({"\\Seen", "\\Deleted"})))
    status = await store.status(inbox.mailbox_id)
    assert (status.messages, status.unseen, status.deleted, status.uid_next) == (3, 2, 1, 4)
    assert status.size_octets == sum((await store.index(inbox.mailbox_id)).sizes)


async def test_a_failing_commit_changes_nothing_and_harms_nobody(store: Store, inbox: Mailbox) -> None:
    heard: list[int] = []
    store.watch(inbox.mailbox_id, heard.append)
    assert len((await store.index(inbox.mailbox_id)).uids) == 0
    bad = store.commit(
        AddMessage(inbox.mailbox_id, letter(1), NONE, 1.0),
        CreateMailbox("alice", "New"),
        CreateMailbox("alice", "Trash"),
    )
    good = [store.commit(AddMessage(inbox.mailbox_id, letter(n), NONE, 1.0)) for n in (2, 3)]
    answers = await asyncio.gather(good[0], bad, good[1], return_exceptions=True)
    assert isinstance(answers[1], MailboxExists)
    assert [answers[0][0].uid, answers[2][0].uid] == [1, 2]  # type: ignore[index]
    assert await store.mailbox("alice", "New") is None
    assert list((await store.index(inbox.mailbox_id)).uids) == [1, 2]
    assert heard


async def test_a_caller_with_a_defect_gets_its_own_error(store: Store, inbox: Mailbox) -> None:
    bad = store.commit(AddMessage(inbox.mailbox_id, letter(1), NONE, 1.0), "no change")  # type: ignore[arg-type]
    good = store.commit(AddMessage(inbox.mailbox_id, letter(2), NONE, 1.0))
    answers = await asyncio.gather(bad, good, return_exceptions=True)
    assert isinstance(answers[0], KeyError)
    assert answers[1][0].uid == 1  # type: ignore[index]


async def test_watchers_hear_of_a_commit_before_it_returns(store: Store, inbox: Mailbox, trash: Mailbox) -> None:
    heard: list[int] = []
    stop = store.watch(inbox.mailbox_id, heard.append)

    def broken(mailbox_id: int) -> None:
        raise RuntimeError("a watcher with a defect")

    store.watch(inbox.mailbox_id, broken)
    await fill(store, inbox, 1)
    assert heard == [inbox.mailbox_id]
    await fill(store, trash, 1)
    assert heard == [inbox.mailbox_id]
    stop()
    stop()
    await fill(store, inbox, 1)
    assert heard == [inbox.mailbox_id]


async def test_a_deleted_mailbox_is_gone_for_everyone(store: Store, inbox: Mailbox) -> None:
    await fill(store, inbox, 1)
    await store.index(inbox.mailbox_id)
    await store.commit(DeleteMailbox(inbox.mailbox_id))
    for question in (store.index, store.status):
        with pytest.raises(NoSuchMailbox):
            await question(inbox.mailbox_id)
    for change in (
        AddMessage(inbox.mailbox_id, letter(1), NONE, 1.0),
        Expunge(inbox.mailbox_id, (1,)),
        DeleteMailbox(inbox.mailbox_id),
    ):
        with pytest.raises(NoSuchMailbox):
            await store.commit(change)


async def test_contents_nobody_has_are_told_apart(store: Store) -> None:
    with pytest.raises(StoreError):
        await store.body(12345)
    assert await store.headers([12345]) == [b""]
    assert [batch async for batch in store.summaries([12345])] == [[]]


async def test_an_empty_commit_is_nothing(store: Store) -> None:
    assert await store.commit() == ()


async def test_each_mailbox_knows_when_a_message_came_into_it(
    store: Store, inbox: Mailbox, trash: Mailbox
) -> None:
    await fill(store, inbox, 2)
    await store.commit(CopyMessages(inbox.mailbox_id, (1, 2), trash.mailbox_id))
    first, copied = await store.index(inbox.mailbox_id), await store.index(trash.mailbox_id)
    assert list(first.dates) == list(copied.dates) == [1.0, 2.0]
    assert 1.0 < first.save_dates[0] <= copied.save_dates[0]
    await store.commit(Expunge(inbox.mailbox_id, (1,)))
    assert list((await store.index(inbox.mailbox_id)).save_dates) == [first.save_dates[1]]


async def test_bodies_come_in_the_order_asked(store: Store, inbox: Mailbox) -> None:
    await fill(store, inbox, 3)
    first, second, third = (await store.index(inbox.mailbox_id)).content_ids
    wanted = [letter(3).data, None, letter(1).data, letter(3).data]
    assert await store.bodies([third, 9999, first, third]) == wanted
    assert second and await store.bodies([]) == []
