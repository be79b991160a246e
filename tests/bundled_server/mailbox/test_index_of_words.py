"""The index of words tells which messages hold a text as reading each of them would, on disk and in memory."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bundled_server.mailbox.changes import AddMessage, Expunge, PutUser
from bundled_server.mailbox.content import prepare
from bundled_server.mailbox.decoded import body_text
from bundled_server.mailbox.folding import folded
from bundled_server.mailbox.search.document import Document, TextField, question_of, read_document, words_of
from bundled_server.mailbox.search.segment import FULL, TOGETHER, Gathering, due_for_merging, merged
from bundled_server.mailbox.search.thread_keys import ThreadKeys, number_of, read_thread_keys
from bundled_server.mailbox.search.vocabulary import documents_with
from bundled_server.mailbox.sqlite_store import SqliteStore

TEXTS = st.lists(st.text(alphabet="abAB_ß é-.\n文字", max_size=24), min_size=1, max_size=12)
WANTED = st.text(alphabet="ab_ßs é-.文", min_size=1, max_size=5)


def gathered(texts, first=1):
    gathering = Gathering()
    for number, text in enumerate(texts, first):
        words = (words_of(folded(text)), *[frozenset()] * (len(TextField) - 1))
        gathering.add(Document(number, words, ThreadKeys(message_id=number, references=(number, 7))))
    return finished(gathering.segment())


def finished(steps):
    *pauses, result = steps
    assert all(pause is None for pause in pauses)
    return result


def found_in(segment, wanted):
    question = question_of(wanted)
    if question is None:
        return None, False
    body = segment.vocabularies[TextField.BODY]
    sets = [
        documents_with(body.words, body.starts, lambda a, b: body.postings[a:b], pattern, len(segment.content_ids))
        for pattern in question.patterns
    ]
    return {segment.content_ids[number] for number in set.intersection(*sets)}, question.is_exact


def check(segment, texts, wanted):
    truth = {number for number, text in enumerate(texts, 1) if folded(wanted) in folded(text)}
    found, is_exact = found_in(segment, folded(wanted))
    if found is not None:
        assert found == truth if is_exact else found >= truth


@given(TEXTS, WANTED)
@settings(max_examples=400, deadline=None)
def test_no_message_that_holds_the_text_is_missed(texts, wanted):
    check(gathered(texts), texts, wanted)


@given(TEXTS, TEXTS, WANTED, st.integers(1, 3))
@settings(max_examples=150, deadline=None)
def test_segments_joined_are_the_segment_of_all(first, second, wanted, leaves_out):
    texts = first + second
    living = [number for number in range(1, len(texts) + 1) if number % 3 != leaves_out % 3]
    one = finished(merged([gathered(first), gathered(second, len(first) + 1)], set(living)))
    assert list(one.content_ids) == living
    found, _ = found_in(one, folded(wanted))
    wholly, _ = found_in(gathered(texts), folded(wanted))
    assert found == (wholly if wholly is None else wholly & set(living))


@pytest.mark.parametrize(
    ("wanted", "patterns", "is_exact"),
    [
        ("needle", (b"needle",), True),
        ("two words", (b"two\n", b"\nwords"), False),
        ("a.b@c", (b"a\n", b"\nb\n", b"\nc"), False),
        (" needle", (b"\nneedle",), False),
        ("été", ("été".encode(),), True),
    ],
)
def test_what_is_looked_for(wanted, patterns, is_exact):
    question = question_of(wanted)
    assert (question.patterns, question.is_exact) == (patterns, is_exact)


def test_punctuation_alone_narrows_nothing():
    assert question_of("--- ") is None
    assert question_of("") is None


def test_segments_are_joined_when_there_are_enough_of_a_size():
    assert due_for_merging([FULL, *[20] * (TOGETHER - 1)]) is None
    assert due_for_merging([FULL, *[20] * TOGETHER]) == slice(1, 1 + TOGETHER)
    assert due_for_merging([300] * TOGETHER) == slice(0, TOGETHER)
    assert due_for_merging([FULL] * 100) is None
    sizes: list[int] = []
    for _ in range(20_000):  # one message at a time
        sizes.append(1)
        while (due := due_for_merging(sizes)) is not None:
            sizes[due] = [sum(sizes[due])]
    assert len(sizes) < 60


def letter(number, text="hello"):
    head = f"From: Zoë <z{number}@x.test>\r\nTo: a@b.test\r\nSubject: =?utf-8?q?Caf=C3=A9_{number}?=\r\n"
    return prepare(f"{head}Message-ID: <{number}@x>\r\nReferences: <0@x>\r\n\r\n{text} {number}\r\n".encode())


async def fill(store, inbox, *numbers, text="hello"):
    await store.commit(*(AddMessage(inbox.mailbox_id, letter(n, text), frozenset(), 1.0) for n in numbers))
    return list((await store.index(inbox.mailbox_id)).content_ids)[-len(numbers) :]


async def possible(store, field, wanted, ids):
    told = await store.find_text(field, folded(wanted))
    return {one for one in ids if one in told.holds or one in told.may_hold or one > told.indexed_to}


async def test_a_store_tells_who_holds_a_text(store, inbox):
    ids = await fill(store, inbox, *range(100, 120))
    await store.catch_up()
    told = await store.find_text(TextField.BODY, "107")
    assert (told.holds, told.may_hold) == ({ids[7]}, set())
    assert told.indexed_to >= ids[-1]
    assert await possible(store, TextField.SUBJECT, "CAFÉ", ids) == set(ids)
    assert await possible(store, TextField.FROM, "z103@x.test", ids) == {ids[3]}
    assert await possible(store, TextField.HEADER, "subject: café 105", ids) >= {ids[5]}
    assert await possible(store, TextField.BODY, "nowhere", ids) == set()
    assert await possible(store, TextField.CC, "b", ids) == set()
    assert await possible(store, TextField.BODY, "...", ids) == set(ids)


async def test_what_is_not_indexed_yet_must_be_read(store, inbox):
    first = await fill(store, inbox, 1)
    await store.catch_up()
    second = await fill(store, inbox, 2)
    assert await possible(store, TextField.BODY, "hello 2", second) == set(second)
    assert first[0] not in await possible(store, TextField.BODY, "nowhere", first)


async def test_thread_keys_of_every_message_indexed_or_not(store, inbox):
    ids = await fill(store, inbox, 1, 2)
    await store.catch_up()
    ids += await fill(store, inbox, 3)
    keys = await store.thread_keys([*ids, 10_000])
    assert set(keys) == set(ids)
    assert [keys[one].message_id for one in ids] == [number_of(b"%d@x" % n) for n in (1, 2, 3)]
    assert all(keys[one].references == (number_of(b"0@x"),) for one in ids)


async def test_segments_on_disk_are_joined_and_forget_what_is_gone(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("bundled_server.mailbox.search.segment.TOGETHER", 3)
    store = SqliteStore(tmp_path / "host.sqlite3", keep_orphans_seconds=-1.0)
    await store.open()
    await store.commit(PutUser("alice", "x"))
    inbox = await store.mailbox("alice", "INBOX")
    ids = await fill(store, inbox, 1, 2)
    await store.catch_up()
    await store.commit(Expunge(inbox.mailbox_id, (1,)))
    await store.close()  # forgets the content
    await store.open()
    for number in (3, 4):
        ids += await fill(store, inbox, number)
        await store.catch_up()
    told = await store.find_text(TextField.BODY, "hello")
    assert told.holds == set(ids[1:])
    assert set(await store.thread_keys(ids)) == set(ids[1:])
    await store.close()


def test_the_words_of_a_message_are_those_that_are_searched():
    nested = (
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html; charset=iso-8859-1\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n<b>caf=E9</b>\r\n--x\r\n"
        b"Content-Type: application/pdf\r\n\r\nsecret\r\n--x--\r\n"
    )
    document = read_document(1, nested)
    assert document.words[TextField.BODY] == words_of(folded(body_text(nested))) == {"b", "café"}


def test_a_message_of_endless_words_is_left_to_reading():
    body = " ".join(f"{number:x}" for number in range(70_000)).encode()
    assert read_document(1, b"Subject: x\r\n\r\n" + body).words is None


def test_thread_keys_of_a_header():
    keys = read_thread_keys(b"Message-ID: <a@b>\r\nIn-Reply-To: <c@d> x <e@f>\r\nSubject: Re: x\r\n\r\n")
    assert (keys.message_id, keys.references) == (number_of(b"a@b"), (number_of(b"c@d"),))
    assert (keys.subject, keys.is_reply, keys.sent) == (number_of(b"x"), True, None)
    header = b'message-id :\r\n <"a b"@c>\r\nReferences: <1@x>\r\n\t<2@x> junk\r\nIn-Reply-To: <3@x>\r\n\r\n'
    keys = read_thread_keys(header)
    assert (keys.message_id, keys.references) == (number_of(b"a b@c"), (number_of(b"1@x"), number_of(b"2@x")))
    assert read_thread_keys(b"Subject:\r\n\r\n") == ThreadKeys()
