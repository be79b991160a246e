"""The view of one client stays true to what it was told, whatever others do and whenever it may be told."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from bundled_server.maa.imap.patterns import matches
from bundled_server.maa.imap.selected import SelectedMailbox, compare
from bundled_server.mailbox.changes import AddMessage, CreateMailbox, Expunge, FlagMode, StoreFlags
from bundled_server.mailbox.content import prepare
from bundled_server.mailbox.memory_store import MemoryStore
from bundled_server.protocols.imap.sequences import SequenceSet

CONTENT = prepare(b"Subject: x\r\n\r\nx\r\n")


class Client:
    """Believes the responses, and nothing else."""

    def __init__(self, uids):
        self.uids = list(uids)
        self.flags = {}

    def hears(self, octets):
        for line in octets.decode().splitlines():
            words = line.split()
            if words[2] == "EXPUNGE":
                del self.uids[int(words[1]) - 1]
            elif words[2] == "EXISTS":
                self.uids += [None] * (int(words[1]) - len(self.uids))
            elif words[2] == "FETCH":
                uid = int(words[4])
                assert self.uids[int(words[1]) - 1] in (uid, None)
                self.flags[uid] = line.split("FLAGS ")[1]


steps = st.lists(
    st.tuples(st.sampled_from(["add", "flag", "expunge", "report", "report without expunge"]), st.integers(1, 30)),
    max_size=30,
)


@given(steps)
@settings(max_examples=150, deadline=None)
def test_a_client_that_believes_the_responses_knows_the_mailbox(steps):
    asyncio.run(check(steps))


async def check(steps):
    store = MemoryStore()
    await store.open()
    (mailbox,) = await store.commit(CreateMailbox("alice", "INBOX"))
    key = mailbox.mailbox_id
    await store.commit(*(AddMessage(key, CONTENT, frozenset(), 0.0) for _ in range(5)))
    index = await store.index(key)
    view = SelectedMailbox(store, mailbox, index, index, True, [])
    client = Client(index.uids)
    for what, number in steps:
        view.is_stale = True
        if what == "add":
            await store.commit(AddMessage(key, CONTENT, frozenset(), 0.0))
        elif what == "flag":
            await store.commit(StoreFlags(key, (number,), FlagMode.ADD, frozenset((f"$f{number}",))))
        elif what == "expunge":
            await store.commit(Expunge(key, (number, number + 7)))
        else:
            client.hears(await view.updates(expunges=what == "report"))
            assert len(client.uids) == view.count
            assert all(uid in (None, known) for uid, known in zip(client.uids, view.known.uids, strict=True))
    view.is_stale = True
    client.hears(await view.updates(expunges=True))
    now = await store.index(key)
    assert len(client.uids) == len(now.uids)
    for uid, flags in zip(now.uids, now.flags, strict=True):
        if flags and uid <= 5:
            assert client.flags[uid] == f"({next(iter(flags))}))"


async def test_large_snapshots_are_compared_in_stretches():
    store = MemoryStore()
    await store.open()
    (mailbox,) = await store.commit(CreateMailbox("alice", "INBOX"))
    key = mailbox.mailbox_id
    await store.commit(*(AddMessage(key, CONTENT, frozenset(), 0.0) for _ in range(1000)))
    before = await store.index(key)
    await store.commit(Expunge(key, (1, 256, 257, 999)))
    await store.commit(StoreFlags(key, (2, 500, 1000), FlagMode.ADD, frozenset(("\\Seen",))))
    await store.commit(AddMessage(key, CONTENT, frozenset(), 0.0))
    after = await store.index(key)
    news = compare(before, after)
    assert news.expunged == (0, 255, 256, 998)
    assert [after.uids[position] for position in news.changed] == [2, 500, 1000]
    assert news.added == 1
    assert compare(after, after).added == 0


async def test_uid_sets_name_known_messages_only():
    store = MemoryStore()
    await store.open()
    (mailbox,) = await store.commit(CreateMailbox("alice", "INBOX"))
    index = await store.index(mailbox.mailbox_id)
    view = SelectedMailbox(store, mailbox, index, index, True, [])
    await store.commit(AddMessage(mailbox.mailbox_id, CONTENT, frozenset(), 0.0))
    view.is_stale = True
    await view.refresh()
    assert view.ranges(SequenceSet(((1, 0),)), by_uid=True) == []


PATTERNS = [
    ("*", "a/b/c", True),
    ("%", "a/b", False),
    ("%", "a", True),
    ("a/%", "a/b", True),
    ("a/%", "a/b/c", False),
    ("a%c", "abc", True),
    ("*c", "a/b/c", True),
    ("%/%", "a/b", True),
    ("%/%", "a/b/c", False),
    ("", "", True),
    ("a*", "b", False),
]


def test_patterns_match_names():
    for pattern, name, wanted in PATTERNS:
        assert matches(pattern, name) is wanted, (pattern, name)


def test_a_pattern_of_many_stars_costs_little():
    assert not matches("*a" * 400 + "b", "a" * 1000)
    assert not matches("%*" * 400 + "b", "a" * 1000)
