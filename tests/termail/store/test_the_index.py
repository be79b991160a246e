"""Listings, rows and threads of the local store."""

import random

import pytest

from termail.model.order import Order, SortKey
from termail.store.local_store import Arrived

BY_DATE = Order(SortKey.DATE)

# arrival order as (number, references…) → what the threaded index shows
TREES = {
    "a reply under its parent": ([(1,), (2, 1)], ["1", "└─>2"]),
    "two replies": ([(1,), (2, 1), (3, 1)], ["1", "├─>2", "└─>3"]),
    "a grandchild of the first reply": ([(1,), (2, 1), (3, 1), (4, 1, 2)], ["1", "├─>3", "└─>2", "  └─>4"]),
    "the stem of an open branch": ([(1,), (2, 1), (3, 1, 2), (4, 1)], ["1", "├─>2", "│ └─>3", "└─>4"]),
    "siblings by the last of their subthreads": (
        [(1,), (2, 1), (3, 1), (9, 1, 2)],
        ["1", "├─>3", "└─>2", "  └─>9"],
    ),
    "children before their parent": ([(3, 1, 2), (2, 1), (1,)], ["1", "└─>2", "  └─>3"]),
    "only in-reply-to, newest first": ([(3, 2), (2, 1), (1,)], ["1", "└─>2", "  └─>3"]),
    "a missing message between": ([(1,), (3, 1, 2)], ["1", "└─>3"]),
    "a missing parent of two": ([(2, 1), (3, 1)], ["2", "3"]),
    "a message that answers itself": ([(1, 1)], ["1"]),
    "a loop of two": ([(1, 2), (2, 1)], ["2", "└─>1"]),
    "a loop of three": ([(1, 2), (2, 3), (3, 1)], ["3", "└─>2", "  └─>1"]),
    "threads by their last message": ([(1,), (2,), (3, 1)], ["2", "1", "└─>3"]),
    "two threads joined by a third": ([(1,), (2,), (3, 1, 2)], ["1", "└─>2", "  └─>3"]),
}


@pytest.mark.parametrize("name", TREES)
def test_threads_are_drawn_as_mutt_draws_them(store, inbox, letters, name):
    arrivals, drawn = TREES[name]
    for number, *references in arrivals:
        store.add_messages(
            inbox, [letters.arrived(number, letters.letter(number, *references, subject=str(number)))]
        )
    ids = store.listing(inbox, Order())
    assert [
        thread.tree + row.subject for thread, row in zip(store.threads(ids), store.rows(ids), strict=True)
    ] == drawn


def test_ascii_glyphs(store, inbox, letters):
    for number, *references in [(1,), (2, 1), (3, 1, 2), (4, 1)]:
        store.add_messages(inbox, [letters.arrived(number, letters.letter(number, *references))])
    ids = store.listing(inbox, Order())
    assert [thread.tree for thread in store.threads(ids, ascii_only=True)] == ["", "|->", "| `->", "`->"]


def test_a_thread_does_not_depend_on_the_order_of_arrival(store, inbox, archive, letters):
    messages = [(1,), (2, 1), (3, 1, 2), (4, 1), (5, 1, 4), (6,), (7, 6), (8, 1, 2, 3)]
    expected = None
    for folder, seed in [(inbox, 1), (archive, 2)]:
        shuffled = random.Random(seed).sample(messages, len(messages))
        store.add_messages(folder, [letters.arrived(n, letters.letter(n, *refs)) for n, *refs in shuffled])
        ids = store.listing(folder, Order())
        drawn = [
            (row.subject, thread.tree) for row, thread in zip(store.rows(ids), store.threads(ids), strict=True)
        ]
        assert expected in (None, drawn)
        expected = drawn


def test_a_thread_reaches_across_folders_and_shows_what_is_in_this_one(store, inbox, archive, letters):
    (first,) = store.add_messages(archive, [letters.arrived(1, letters.letter(1))])
    (second, other) = store.add_messages(
        inbox, [letters.arrived(2, letters.letter(2, 1)), letters.arrived(3, letters.letter(3, 1, 2))]
    )
    assert [thread.depth for thread in store.threads(store.listing(inbox, Order()))] == [0, 1]
    assert len({row.thread_id for row in store.rows([first, second, other])}) == 1


def test_a_window_of_threads_is_the_same_as_that_part_of_all(store, inbox, letters):
    chooser = random.Random(7)
    arrivals = [
        (n, *([chooser.randrange(1, n)] if n > 1 and chooser.random() < 0.8 else [])) for n in range(1, 600)
    ]
    store.add_messages(inbox, [letters.arrived(n, letters.letter(n, *refs)) for n, *refs in arrivals])
    ids = store.listing(inbox, Order())
    everything = store.threads(ids)
    assert [thread.message_id for thread in everything] == list(ids)
    for start in (0, 1, 250, 580):
        assert store.threads(ids, start, start + 40) == everything[start : start + 40]
    assert store.threads(ids, 10, 10) == []


def test_a_very_deep_thread_is_listed_in_order(store, inbox, letters):
    numbers = list(range(1, 1500))
    store.add_messages(
        inbox,
        [
            letters.arrived(
                n,
                letters.letter(n % 1440, *([n - 1] if n > 1 else [])).replace(
                    f"<m{n % 1440}@x>\r\n".encode(), f"<m{n}@x>\r\n".encode(), 1
                ),
            )
            for n in numbers
        ],
    )
    assert sorted(store.listing(inbox, Order())) == sorted(store.listing(inbox, BY_DATE))
    assert len(store.threads(store.listing(inbox, Order()), 0, 50)) == 50


ORDERS = {
    Order(SortKey.DATE): [1, 2, 3],
    Order(SortKey.DATE, reverse=True): [3, 2, 1],
    Order(SortKey.FROM): [3, 1, 2],
    Order(SortKey.SUBJECT): [2, 3, 1],
    Order(SortKey.TO): [2, 1, 3],
    Order(SortKey.RECEIVED): [3, 1, 2],
    Order(SortKey.UNSORTED): [3, 1, 2],
    Order(SortKey.SIZE): [2, 3, 1],
    Order(SortKey.THREADS): [1, 2, 3],
    Order(SortKey.THREADS, reverse=True): [3, 2, 1],
    Order(SortKey.THREADS, second=SortKey.SUBJECT): [2, 3, 1],
}


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_every_sort_key(store, inbox, letters, order):
    mail = {
        1: (20, letters.letter(1, sender="Carl <c@x>", subject="zebra", to="mia@x", body="x" * 300)),
        2: (30, letters.letter(2, sender="zoe@x", subject="Re: AW: apple", to="Bea <b@x>")),
        3: (10, letters.letter(3, sender="Ann <a@x>", subject="Re: banana", to="Zed <z@x>", body="x" * 100)),
    }
    arrivals = [letters.arrived(uid, raw, whole=True) for uid, raw in mail.values()]
    ids = dict(zip(mail, store.add_messages(inbox, arrivals), strict=True))
    assert list(store.listing(inbox, order)) == [ids[number] for number in ORDERS[order]]


def test_rows_come_in_the_order_asked_without_those_that_are_gone(store, inbox, letters):
    first, second = letters.bring(store, inbox, 1, 2)
    assert [row.message_id for row in store.rows([second, 999, first, second])] == [second, first, second]
    assert store.rows([]) == []


def test_a_row_tells_what_the_index_shows(store, inbox, letters):
    raw = letters.letter(
        1, sender="=?utf-8?q?Zo=C3=AB?= <zoe@x>", to="alice@cities.org, Ben <b@x>", extra="List-Id: Gardens <g.x>"
    )
    (message,) = store.add_messages(inbox, [letters.arrived(5, raw, "\\Flagged", "work", "\\Recent")])
    (row,) = store.rows([message])
    assert (row.sender_name, row.sender_address, row.to) == ("Zoë", "zoe@x", "alice@cities.org, Ben")
    assert (row.uid, row.list_id, row.to_me, row.keywords) == (5, "g.x", "T", frozenset({"work"}))
    assert (row.is_flagged, row.is_read, row.is_old, row.has_body) == (True, False, False, False)
    assert store.header(message).startswith(b"From: =?utf-8")
    assert store.raw(message) is None


@pytest.mark.parametrize(
    ("sender", "to", "extra", "char"),
    [
        ("b@x", "alice@cities.org", "", "+"),
        ("b@x", "ALICE@cities.org, c@x", "", "T"),
        ("b@x", "c@x", "Cc: alice@cities.org", "C"),
        ("Alice <alice@cities.org>", "b@x", "", "F"),
        ("b@x", "garden@lists.x", "List-Id: <garden.lists.x>", "L"),
        ("b@x", "c@x", "", ""),
    ],
)
def test_to_chars(store, inbox, letters, sender, to, extra, char):
    raw = letters.letter(1, sender=sender, to=to, extra=extra)
    assert store.rows(store.add_messages(inbox, [letters.arrived(1, raw)]))[0].to_me == char


def test_another_identity_changes_the_messages_that_are_there(store, inbox, letters):
    (message,) = letters.bring(store, inbox, 1)
    store.set_identity("work", ["Bob@Other.test"])
    assert store.rows([message])[0].to_me == "F"


def test_messages_left_unread_become_old(store, inbox, letters):
    unread, read = letters.bring(store, inbox, 1), letters.bring(store, inbox, 2, flags=("\\Seen",))
    store.mark_old(inbox)
    assert [row.is_old for row in store.rows([*unread, *read])] == [True, False]


def test_text_no_database_can_hold_is_mended(store, inbox, letters):
    raw = letters.letter(1, subject="=?utf-7?q?+2AA-?= =?utf-16?b?2AA=?=", sender="\x00<\x00@\x00>")
    (message,) = store.add_messages(inbox, [letters.arrived(1, raw)])
    assert len(store.rows([message])) == 1


@pytest.mark.parametrize(
    "header", [b"", b"\r\n", b"\x00\xff\xfe", b"no colon here", b"Subject: " + b"x" * 300_000]
)
def test_any_header_is_taken(store, inbox, header):
    (message,) = store.add_messages(
        inbox, [Arrived(uid=1, flags=frozenset(), internal_date=0.0, size_octets=0, header=header)]
    )
    assert len(store.rows([message])) == 1


@pytest.mark.parametrize("seed", range(12))
def test_whatever_messages_refer_to_threads_are_trees(store, inbox, letters, seed):
    chooser = random.Random(seed)
    count = 60
    arrivals = [
        (n, *chooser.choices(range(count), k=chooser.randrange(4))) for n in chooser.sample(range(count), 40)
    ]
    store.add_messages(inbox, [letters.arrived(n + 1, letters.letter(n, *refs)) for n, *refs in arrivals])
    nodes = {row[0]: row[1:] for row in store._database.query("SELECT node_id, thread_id, parent_id FROM nodes")}
    for thread, parent in nodes.values():
        assert not parent or nodes[parent][0] == thread
    for node in nodes:
        steps = 0
        while node := nodes[node][1]:
            steps += 1
            assert steps < len(nodes), "a loop"
    for node, thread, parent in store._database.query("SELECT node_id, thread_id, parent_id FROM messages"):
        assert nodes[node] == (thread, parent)
    ids = store.listing(inbox, Order())
    assert sorted(ids) == sorted(store.listing(inbox, BY_DATE))
    assert len(store.threads(ids)) == len(ids)
