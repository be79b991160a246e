"""The chain of filters as port 25 meets it: headers added, refusals in words, broken scanners never accept."""

import asyncio
import smtplib
from pathlib import Path

import pytest

from bundled_server.config import HostSettings, Ports
from bundled_server.filters.chain import Candidate, Opinion, Word
from bundled_server.host.host import Host


class Judge:
    """Says what the subject asks for; counts."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.asked: list[Candidate] = []

    async def judge(self, candidate: Candidate) -> Opinion:
        self.asked.append(candidate)
        for word in (b"later", b"never", b"odd", b"crash"):
            if b"Subject: " + word in candidate.content:
                return self._opinion(word)
        return Opinion(header=f"X-{self.name}: seen\r\n".encode())

    def _opinion(self, word: bytes) -> Opinion:
        if word == b"crash":
            raise ZeroDivisionError
        return {
            b"later": Opinion(Word.TRY_LATER, status="4.7.0", text="greylisted"),
            b"never": Opinion(Word.REFUSE),
            b"odd": Opinion(Word.REFUSE, status="4.0.0", text="two\r\nlines"),
        }[word]


async def send(folder: Path, judges: list[Judge], subject: str) -> tuple[int, bytes, list[bytes]]:
    """The reply to the data, and what is in the mailbox then."""
    settings = HostSettings(
        hostname="mail.cities.org",
        domain="cities.org",
        data=folder / "host",
        ports=Ports(smtp=0),
        users=(("alice", "123456"),),
    )
    text = f"Authentication-Results: mail.cities.org; spf=pass\r\nSubject: {subject}\r\n\r\nHola\r\n"

    def talk(port: int) -> tuple[int, bytes]:
        with smtplib.SMTP("127.0.0.1", port, "client.far.test") as client:
            client.ehlo()
            client.mail("x@far.test")
            client.rcpt("alice@cities.org")
            return client.data(text)

    async with Host(settings, filters=judges) as host:
        code, words = await asyncio.to_thread(talk, host.bound_ports["smtp"])
        async with asyncio.timeout(10):
            while await host.store.queue_items():
                await asyncio.sleep(0)
        mailbox = await host.store.mailbox("alice", "INBOX")
        assert mailbox is not None
        index = await host.store.index(mailbox.mailbox_id)
        return code, words, [await host.store.body(content_id) for content_id in index.content_ids]


async def test_each_filter_is_asked_and_puts_its_lines_on_top(tmp_path: Path) -> None:
    judges = [Judge("First"), Judge("Second")]
    code, words, (message,) = await send(tmp_path, judges, "hola")
    assert code == 250
    head = message.partition(b"\r\n\r\n")[0]
    assert head.index(b"Received: ") < head.index(b"X-Second: seen") < head.index(b"X-First: seen")
    assert b"spf=pass" not in head, "a verdict that claims to be ours is removed, filters or not"
    (candidate,) = judges[0].asked
    assert (candidate.client_address, candidate.client_name) == ("127.0.0.1", "client.far.test")
    assert candidate.envelope.sender == "x@far.test"
    assert candidate.queue_id.encode() in words


@pytest.mark.parametrize(
    ("subject", "code", "words"),
    [
        ("later", 451, b"4.7.0 greylisted"),
        ("never", 550, b"5.7.1 Message refused by the rules of this host"),
        ("odd", 550, b"5.7.1 two"),
        ("crash", 451, b"4.7.1 First cannot answer, try again later"),
    ],
)
async def test_the_hardest_word_is_the_reply_and_nothing_is_kept(
    tmp_path: Path, subject: str, code: int, words: bytes
) -> None:
    judges = [Judge("First"), Judge("Second")]
    answered, said, messages = await send(tmp_path, judges, subject)
    assert answered == code
    assert words in said
    assert messages == []
    assert judges[1].asked == []
