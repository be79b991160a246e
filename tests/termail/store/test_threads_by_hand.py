"""Threads broken and linked by the user, conversations across folders, scores, subscriptions."""

from typing import Any

import pytest

from termail.model.actions import Rethread, Subscribe
from termail.model.order import Order, SortKey
from termail.store.local_store import LocalStore, RemoteFolder

THREADS = Order(SortKey.THREADS)


@pytest.fixture
def inbox(store: LocalStore) -> int:
    return store.put_folders("work", [RemoteFolder(name="INBOX"), RemoteFolder(name="Sent", role="sent")])[
        0
    ].folder_id


@pytest.fixture
def thread(store: LocalStore, inbox: int, letters: Any) -> list[int]:
    """1 ← 2 ← 3, and 4 alone."""
    raws = [letters.letter(1), letters.letter(2, 1), letters.letter(3, 1, 2), letters.letter(4)]
    return store.add_messages(inbox, [letters.arrived(uid, raw) for uid, raw in enumerate(raws, 1)])


def depths(store: LocalStore, folder_id: int) -> dict[int, int]:
    ids = store.listing(folder_id, THREADS)
    return {placed.message_id: placed.depth for placed in store.threads(ids)}


def test_a_broken_thread_is_two(store: LocalStore, inbox: int, thread: list[int]) -> None:
    one, two, three, four = thread
    store.perform("work", Rethread((two,)))
    assert depths(store, inbox) == {one: 0, two: 0, three: 1, four: 0}
    rows = {row.message_id: row.thread_id for row in store.rows(thread)}
    assert rows[two] == rows[three] != rows[one]


def test_linked_messages_answer_the_one_they_were_linked_to(
    store: LocalStore, inbox: int, thread: list[int]
) -> None:
    one, two, three, four = thread
    store.perform("work", Rethread((one, four), four))
    assert depths(store, inbox) == {four: 0, one: 1, two: 2, three: 3}


def test_a_link_that_makes_a_circle_is_not_made(store: LocalStore, inbox: int, thread: list[int]) -> None:
    before = depths(store, inbox)
    store.perform("work", Rethread((thread[0],), thread[2]))
    assert depths(store, inbox) == before


def test_what_the_user_did_to_threads_is_undone(store: LocalStore, inbox: int, thread: list[int]) -> None:
    before = depths(store, inbox)
    store.perform("work", Rethread((thread[1],)))
    store.perform("work", Rethread((thread[1],), thread[3]))
    assert store.pending_count() == 0, "no server hears of threads"
    store.undo()
    store.undo()
    assert depths(store, inbox) == before


def test_the_user_s_word_stands_above_references_that_come_again(
    store: LocalStore, inbox: int, thread: list[int], letters: Any
) -> None:
    store.perform("work", Rethread((thread[1],)))
    (copy,) = store.add_messages(inbox, [letters.arrived(9, letters.letter(2, 1))])
    (answer,) = store.add_messages(inbox, [letters.arrived(10, letters.letter(5, 1, 2))])
    found = depths(store, inbox)
    assert found[copy] == 0
    assert found[answer] == 1


def test_a_conversation_holds_what_was_sent_and_no_copy_twice(store: LocalStore, inbox: int, letters: Any) -> None:
    sent = store.folder_named("work", "Sent")
    assert sent is not None
    first, copied = store.add_messages(inbox, [letters.arrived(n, letters.letter(n)) for n in (1, 6)])
    answer, _ = store.add_messages(
        sent.folder_id, [letters.arrived(1, letters.letter(2, 1)), letters.arrived(2, letters.letter(6))]
    )
    (last,) = store.add_messages(inbox, [letters.arrived(3, letters.letter(3, 1, 2))])
    assert list(store.listing(inbox, Order(SortKey.CONVERSATIONS))) == [first, answer, last, copied]
    assert list(store.listing(inbox, Order(SortKey.CONVERSATIONS), "~s 'letter 3'")) == [first, answer, last]
    assert list(store.listing(inbox, THREADS)) == [first, last, copied]


def test_messages_are_sorted_and_found_by_their_score(store: LocalStore, inbox: int, letters: Any) -> None:
    raws = [letters.letter(1, subject="offer"), letters.letter(2, subject="exam"), letters.letter(3)]
    offer, exam, plain = store.add_messages(inbox, [letters.arrived(n, raw) for n, raw in enumerate(raws, 1)])
    store.set_scores({"~s exam": 10, "~s offer": -5, "~A": 3})
    assert list(store.listing(inbox, Order(SortKey.SCORE))) == [offer, plain, exam]
    assert list(store.listing(inbox, Order(SortKey.DATE), "~n 13")) == [exam]
    assert list(store.listing(inbox, Order(SortKey.DATE), "~n <1")) == [offer], "a score is never below zero"


def test_spam_scores_labels_and_expiry(store: LocalStore, inbox: int, letters: Any) -> None:
    headers = (
        "X-Spam-Score: 7.5",
        "X-Spam-Status: No, score=-1.2 required=5",
        "Expires: Thu, 11 Aug 2005 09:00 +0000",
    )
    arrived = [
        letters.arrived(n, letters.letter(n, extra=extra), f"label{4 - n}") for n, extra in enumerate(headers, 1)
    ]
    spam, ham, expired = store.add_messages(inbox, arrived)
    assert list(store.listing(inbox, Order(SortKey.SPAM))) == [ham, expired, spam]
    assert list(store.listing(inbox, Order(SortKey.LABEL))) == [expired, ham, spam]
    assert list(store.listing(inbox, Order(SortKey.DATE), "~E")) == [expired]


def test_collapsed_and_superseded_messages_are_found(
    store: LocalStore, inbox: int, thread: list[int], letters: Any
) -> None:
    store.add_messages(inbox, [letters.arrived(9, letters.letter(7, extra="Supersedes: <m4@x>"))])
    by_date = Order(SortKey.DATE)
    assert list(store.listing(inbox, by_date, "~v", collapsed=[thread[0]])) == thread[:3]
    assert list(store.listing(inbox, by_date, "~S")) == [thread[3]]


def test_a_virtual_folder_holds_what_its_search_finds_anywhere(
    store: LocalStore, inbox: int, letters: Any
) -> None:
    sent = store.folder_named("work", "Sent")
    assert sent is not None
    (here,) = store.add_messages(inbox, [letters.arrived(1, letters.letter(1, subject="exam"))])
    (there,) = store.add_messages(sent.folder_id, [letters.arrived(1, letters.letter(2, subject="exam"))])
    (home,) = store.put_folders("home", [RemoteFolder(name="INBOX")])
    (other,) = store.add_messages(home.folder_id, [letters.arrived(1, letters.letter(3, subject="exam"))])
    by_date = Order(SortKey.DATE)
    assert list(store.search_listing("~s exam", "", by_date)) == [here, there, other]
    assert list(store.search_listing("~s exam", "work", by_date)) == [here, there]
    assert list(store.search_listing("~s exam", "", by_date, "~m 2-")) == [there, other]
    assert list(store.search_listing("in:inbox", "", by_date)) == [here, other]


def test_a_subscription_is_an_operation_like_others(store: LocalStore, inbox: int) -> None:
    store.perform("work", Subscribe(inbox, False))
    listed = [RemoteFolder(name="INBOX"), RemoteFolder(name="Sent", role="sent", subscribed=False)]
    folders = {folder.name: folder.subscribed for folder in store.put_folders("work", listed)}
    assert not folders["INBOX"], "what the user changed is not overwritten before it is told"
    assert not folders["Sent"]
    store.undo()
    assert store.put_folders("work", listed)[0].subscribed
