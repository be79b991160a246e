"""The classifier in a running host: it learns from a user over IMAP and speaks at DATA, for that user alone."""

import asyncio
import imaplib
import smtplib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bundled_server.config import HostSettings, Ports
from bundled_server.filter_config import BayesSettings, FilterSettings
from bundled_server.filters.bayes.bayes import Bayes
from bundled_server.filters.bayes.school import EXPIRE_EVERY, LEARNED_AT_CLOSE, School
from bundled_server.host.host import Host
from bundled_server.mailbox.changes import AddMessage, CreateMailbox
from bundled_server.mailbox.content import prepare
from bundled_server.mailbox.memory_store import MemoryStore
from bundled_server.mailbox.training import LEAST_MESSAGES, Kind, Training


def letter(subject: str, body: str, sender: str = "bob@other.test") -> bytes:
    return f"From: {sender}\r\nTo: alice@cities.org\r\nSubject: {subject}\r\n\r\n{body}\r\n".encode()


def spam(number: int) -> bytes:
    return letter(f"cheap offer {number}", f"Buy cheap pills now, lottery winner {number}", "shop@spam.test")


def ham(number: int) -> bytes:
    return letter(f"lunch {number}", f"Shall we meet for lunch about chapter {number}?")


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    settings = HostSettings(
        hostname="mx.cities.org",
        domain="cities.org",
        data=tmp_path,
        ports=Ports(smtp=0, imap=0),
        users=(("alice", "123456"), ("bob", "123456")),
        filters=FilterSettings(bayes=BayesSettings()),
    )
    async with Host(settings) as running:
        yield running


async def put(host: Host, owner: str, mailbox: str, *messages: bytes) -> None:
    target = await host.store.mailbox(owner, mailbox)
    assert target is not None
    await host.store.commit(*(AddMessage(target.mailbox_id, prepare(m), frozenset(), 0.0) for m in messages))


def sort_by_hand(port: int) -> None:
    """Alice moves everything with "offer" into Junk, and says of the rest that it is none."""
    with imaplib.IMAP4("127.0.0.1", port) as client:
        client.login("alice", "123456")
        client.select("INBOX")
        client.uid("STORE", "1:*", "+FLAGS", "($NotJunk)")
        numbers = client.uid("SEARCH", "SUBJECT", "offer")[1][0].replace(b" ", b",").decode()
        client.uid("MOVE", numbers, "Junk")


def send(port: int, message: bytes, *recipients: str) -> None:
    with smtplib.SMTP("127.0.0.1", port, "client.test") as client:
        client.sendmail("someone@other.test", recipients, message)


async def newest(host: Host, owner: str) -> tuple[str, bytes]:
    """The mailbox and octets of the message that came last."""
    found = []
    for mailbox in await host.store.mailboxes(owner):
        index = await host.store.index(mailbox.mailbox_id)
        found += [(date, mailbox.name, one) for date, one in zip(index.dates, index.content_ids, strict=True)]
    _, name, content_id = max(found)
    return name, await host.store.body(content_id)


async def test_a_user_teaches_it_and_it_speaks_for_that_user_alone(host: Host) -> None:
    numbers = range(LEAST_MESSAGES + 2)
    await put(host, "alice", "INBOX", *map(spam, numbers), *map(ham, numbers))
    await asyncio.to_thread(sort_by_hand, host.bound_ports["imap"])
    await host.school.rest()
    assert await host.store.training("alice") == Training(LEAST_MESSAGES + 2, LEAST_MESSAGES + 2)
    port = host.bound_ports["smtp"]
    await asyncio.to_thread(send, port, spam(99), "alice@cities.org")
    assert b"bayes" in (await newest(host, "alice"))[1].partition(b"\r\n\r\n")[0]
    lines = [event.text for event in host.journal.recent() if event.kind == "judged"]
    assert len(lines) == 1
    assert lines[0].startswith("bayes score +")
    assert "spam" in lines[0]
    await asyncio.to_thread(send, port, ham(99), "alice@cities.org")
    assert [e.text for e in host.journal.recent() if e.kind == "judged"][1].startswith("bayes pass -")
    # bob never trained anything: nothing is said of his mail, nor of a message that is for both
    for recipients in (["bob@cities.org"], ["alice@cities.org", "bob@cities.org"]):
        await asyncio.to_thread(send, port, spam(100), *recipients)
    texts = [event.text for event in host.journal.recent() if event.kind == "judged"]
    assert len(texts) == 2


async def test_rare_words_go_while_lessons_come() -> None:
    now = 1_000.0
    store = MemoryStore(lambda: now)
    await store.open()
    bayes = Bayes(store)
    await bayes.train("alice", letter("ancient", "word"), Kind.SPAM)
    now = 10_000.0
    school = School(store, bayes, lambda: now, keep_seconds=5_000.0, rare=1)
    school.open()
    (inbox,) = await store.commit(CreateMailbox("alice", "INBOX"))
    mailbox_id = inbox.mailbox_id
    adding = (AddMessage(mailbox_id, prepare(ham(number)), frozenset(), 0.0) for number in range(EXPIRE_EVERY))
    await store.commit(*adding)
    school.take("alice", Kind.HAM, list((await store.index(mailbox_id)).content_ids))
    await school.close()
    tokens = await store.trained_tokens("alice")
    assert "subject:ancient" not in tokens
    assert tokens["subject:lunch"].ham == EXPIRE_EVERY
    await store.close()


async def test_a_host_that_stops_learns_the_last_few_and_not_a_mountain(caplog: pytest.LogCaptureFixture) -> None:
    store = MemoryStore()
    await store.open()
    (box,) = await store.commit(CreateMailbox("alice", "INBOX"))
    await store.commit(AddMessage(box.mailbox_id, prepare(ham(1)), frozenset(), 0.0))
    ids = list((await store.index(box.mailbox_id)).content_ids)
    school = School(store, Bayes(store), lambda: 0.0, keep_seconds=1e9, rare=0)
    school.open()
    school.take("alice", Kind.HAM, ids * (LEARNED_AT_CLOSE + 20))
    await school.close()
    assert "20 messages are not learned: the host stops" in caplog.text
    assert await store.training("alice") == Training(0, 1)
    await store.close()
