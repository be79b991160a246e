"""The chain as port 25 meets it: refusals in words at every stage, sums and fields for what comes in."""

import asyncio
import smtplib

import msgspec
import pytest

from bundled_server.config import HostSettings
from bundled_server.filter_config import FilterSettings, Rate
from bundled_server.filters.verdict import Stage, Verdict, Word
from bundled_server.host.host import Host

HOLA = "Authentication-Results: mail.cities.org; spf=pass\r\nX-Spam-Flag: YES\r\nSubject: hola\r\n\r\nHola\r\n"


async def test_every_verdict_is_in_the_header_and_in_the_journal(settings: HostSettings, says, send, came) -> None:
    lists = says("dnsbl", Verdict(Word.SCORE, 3.0, "listed in bl.test"), at=(Stage.CONNECT,))
    spf = says("spf", Verdict(Word.SCORE, 1.5, "not from there", results="spf=fail smtp.mailfrom=x@far.test"))
    words = says("words", Verdict(Word.SCORE, 0.5, "a word", explanation=("casino",), header=b"X-Mine: 1\r\n"))
    async with Host(settings, filters=[lists, spf, words]) as host:
        end = await came(host, await send(host, HOLA))
    (message,) = end.inbox
    head = message.partition(b"\r\n\r\n")[0].decode()
    assert "spf=pass" not in head, "a verdict that claims to be ours is removed"
    assert "Authentication-Results: mail.cities.org;\r\n\tspf=fail smtp.mailfrom=x@far.test" in head
    assert head.count("X-Spam-Flag: YES") == 1
    assert "X-Spam-Status: Yes, score=5.0 required=4.0 tests=dnsbl=3.0,spf=1.5,words=0.5" in head
    assert "X-Spam-Verdict: mail.cities.org; dnsbl score +3.0 at connect: listed in bl.test" in head
    assert "X-Spam-Explanation: mail.cities.org; words; casino" in head
    assert head.index("Received: ") < head.index("X-Mine: 1") < head.index("Subject: hola")
    assert end.events == [
        "judged: dnsbl score +3.0 at connect: listed in bl.test",
        "judged: spf score +1.5 at data: not from there",
        "judged: words score +0.5 at data: a word",
        "concluded: tag +5.0: dnsbl +3.0, spf +1.5, words +0.5",
    ]
    (question,) = spf.asked
    assert (question.visit.address, question.visit.helo) == ("127.0.0.1", "client.far.test")
    assert (question.sender, question.recipients) == ("x@far.test", ("alice@cities.org",))
    assert question.queue_id.encode() in end.words


@pytest.mark.parametrize(
    ("stage", "word", "code"),
    [
        (Stage.CONNECT, Word.DEFER, 421),
        (Stage.CONNECT, Word.REJECT, 521),
        (Stage.HELO, Word.DEFER, 421),
        (Stage.HELO, Word.REJECT, 550),
        (Stage.MAIL, Word.DEFER, 451),
        (Stage.MAIL, Word.REJECT, 550),
        (Stage.RCPT, Word.DEFER, 451),
        (Stage.RCPT, Word.REJECT, 550),
        (Stage.DATA, Word.DEFER, 451),
        (Stage.DATA, Word.REJECT, 550),
    ],
)
async def test_every_stage_can_put_off_and_refuse(
    settings: HostSettings, stage: Stage, word: Word, code: int, says, send, came
) -> None:
    first = says("first", Verdict(word, reason="not you", text="go\r\naway"), at=(stage,))
    async with Host(settings, filters=[first]) as host:
        end = await came(host, await send(host, HOLA))
    assert end.code == code
    assert b"go" in end.words
    assert end.inbox == end.junk == []
    assert end.events[0] == f"judged: first {word.name.lower()} +0.0 at {stage}: not you"


async def test_a_scanner_that_breaks_never_accepts_and_a_look_up_that_breaks_never_refuses(
    settings: HostSettings, says, send
) -> None:
    looks_up = says("dnsbl", OSError("no route"))
    scans = says("clamd", OSError("no route"), must_answer=True)
    async with Host(settings, filters=[looks_up]) as host:
        assert (await send(host, HOLA))[0] == 250
    async with Host(settings, filters=[looks_up, scans]) as host:
        code, words = await send(host, HOLA)
    assert (code, words) == (451, b"4.7.1 clamd cannot answer, try again later")


async def test_what_was_said_of_one_message_does_not_count_for_the_next(
    settings: HostSettings, says, send, came
) -> None:
    client = says("client", Verdict(Word.SCORE, 1.0, "a bad client"), at=(Stage.CONNECT,))
    sender = says("sender", Verdict(Word.SCORE, 2.0, "a bad sender"), at=(Stage.MAIL,))
    async with Host(settings, filters=[client, sender]) as host:
        for _ in range(2):
            answer = await send(host, HOLA)
        end = await came(host, answer)
    assert [line for line in end.events if line.startswith("concluded")] == [
        "concluded: none +3.0: client +1.0, sender +2.0"
    ] * 2


async def test_so_many_points_are_refused(settings: HostSettings, says, send) -> None:
    async with Host(settings, filters=[says("a", Verdict(Word.SCORE, 15.0, "bad"))]) as host:
        code, words = await send(host, HOLA)
    assert (code, words) == (550, b"5.7.1 Message refused as spam: 15.0 points (a)")


async def test_a_filter_is_switched_off_and_on_while_the_host_runs(settings: HostSettings, says, send) -> None:
    async with Host(settings, filters=[says("never", Verdict(Word.REJECT, reason="no"))]) as host:
        assert (await send(host, HOLA))[0] == 550
        assert host.filters.switch("never", on=False)
        assert (await send(host, HOLA))[0] == 250
        assert host.filters.switch("never", on=True)
        assert (await send(host, HOLA))[0] == 550


async def test_what_a_message_or_a_name_server_says_cannot_become_a_field(settings, says, send, came) -> None:
    evil = "bad\r\nX-Injected: 1\x1b]0;x\x07\u202e é"
    one = says(
        "dnsbl", Verdict(Word.SCORE, 1.0, evil, explanation=(evil,), results=f"spf=none smtp.mailfrom={evil}")
    )
    async with Host(settings, filters=[one]) as host:
        (message,) = (await came(host, await send(host, HOLA))).inbox
        events = [event.text for event in host.journal.recent() if event.kind == "judged"]
    head = message.partition(b"\r\n\r\n")[0]
    assert b"\r\nX-Injected" not in head and b"\x1b" not in head and head.isascii()
    assert head.count(b"X-Injected: 1") == 3
    assert all(event.isprintable() for event in events)


async def test_a_refusal_in_anybodys_words_is_one_line_that_fits(settings, says, send) -> None:
    never = says("scanner", Verdict(Word.REJECT, text="no\r\n250 2.0.0 yes " + "x" * 1000))
    async with Host(settings, filters=[never]) as host:
        code, words = await send(host, HOLA)
    assert (code, words[:25]) == (550, b"5.7.1 no 250 2.0.0 yes xx")
    assert len(words) < 500


async def test_a_recipient_who_is_put_off_does_not_hold_up_the_message_for_the_others(
    settings: HostSettings, says, came
) -> None:
    class NotBob(says):
        async def _judge(self, question):
            return await super()._judge(question) if question.recipient.startswith("bob") else None

    settings = msgspec.structs.replace(settings, users=(("alice", "123456"), ("bob", "123456")))
    link = NotBob("greylist", Verdict(Word.DEFER, 5.0, "come again"), at=(Stage.RCPT,))

    def talk(port: int) -> list[int]:
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.ehlo()
            client.mail("x@far.test")
            codes = [client.rcpt(f"{name}@cities.org")[0] for name in ("bob", "alice", "bob")]
            return [*codes, client.data(HOLA)[0]]

    async with Host(settings, filters=[link]) as host:
        codes = await asyncio.to_thread(talk, host.bound_ports["smtp"])
        end = await came(host, (0, b""))
    assert codes == [451, 250, 451, 250]
    assert b"X-Spam-Score: 0.0" in end.inbox[0]
    assert end.events[0] == "judged: greylist defer +5.0 at rcpt: come again"


async def test_a_client_that_greets_for_ever_fills_nothing(settings: HostSettings, says) -> None:
    link = says("names", Verdict(Word.SCORE, 1.0, "bad name"), at=(Stage.HELO,))

    def talk(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as client:
            for number in range(50):
                client.ehlo(f"name{number}.test")

    async with Host(settings, filters=[link]) as host:
        await asyncio.to_thread(talk, host.bound_ports["smtp"])
        async with asyncio.timeout(60):
            while not (told := [one for one in host.journal.recent() if one.kind == "judged"]):
                await asyncio.sleep(0)
    assert len(link.asked) == 50
    assert len(told) == 1


async def test_the_postmaster_hears_whom_filters_refuse_at_the_recipient_or_for_points(
    settings: HostSettings, says, came
) -> None:
    links = [
        says("lists", Verdict(Word.REJECT, reason="denied"), at=(Stage.RCPT,)),
        says("words", Verdict(Word.SCORE, 99.0, "bad")),
    ]

    def talk(port: int) -> list[int]:
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.ehlo()
            client.mail("x@far.test")
            codes = [client.rcpt(f"{name}@cities.org")[0] for name in ("alice", "Postmaster")]
            return [*codes, client.data(HOLA)[0]]

    async with Host(settings, filters=links) as host:
        assert await asyncio.to_thread(talk, host.bound_ports["smtp"]) == [550, 250, 250]
        end = await came(host, (0, b""))
    assert len(end.junk) == 1, "alice is the postmaster of a host without root"


async def test_a_client_has_so_many_connections_and_no_more(settings: HostSettings) -> None:
    filters = FilterSettings(rate=Rate(connections=2, connections_per_minute=0, exempt=()))
    settings = msgspec.structs.replace(settings, filters=filters)

    async def greeting(port: int) -> tuple[bytes, asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        return await reader.readline(), reader, writer

    async with Host(settings) as host:
        port = host.bound_ports["smtp"]
        first, second, third = [await greeting(port) for _ in range(3)]
        assert [said[0][:3] for said in (first, second, third)] == [b"220", b"220", b"421"]
        assert b"More than 2 connections at once" in third[0]
        assert await third[1].read() == b"", "it was sent away"
        first[2].close()
        async with asyncio.timeout(60):
            while (again := await greeting(port))[0][:3] != b"220":
                again[2].close()
        for said in (second, third, again):
            said[2].close()


async def test_without_filters_nothing_is_asked_and_nothing_is_added(settings: HostSettings, send, came) -> None:
    async with Host(settings) as host:
        (message,) = (await came(host, await send(host, HOLA))).inbox
        assert host.filters.describe() == []
    assert b"X-Spam" not in message and b"Authentication-Results" not in message
