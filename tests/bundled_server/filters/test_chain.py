"""The chain alone: waves, deadlines, trust, switches."""

import asyncio

import pytest

from bundled_server.filters.chain import Chain, NoSuchFilter
from bundled_server.filters.filter import Wave
from bundled_server.filters.question import Question, Visit
from bundled_server.filters.verdict import Stage, Verdict, Word


def question() -> Question:
    return Question(Visit("s1", "192.0.2.1"))


async def test_the_filters_of_a_wave_are_asked_together_and_the_next_wave_after_them(says) -> None:
    go = asyncio.Event()
    first, second = says("a", Verdict(reason="1"), waits_for=go), says("b", Verdict(reason="2"), waits_for=go)
    last = says("c", Verdict(reason="3"), wave=Wave.CONCLUSIONS)
    asking = asyncio.create_task(Chain([last, first, second]).ask(Stage.DATA, question()))
    while not (first.asked and second.asked):
        await asyncio.sleep(0)
    assert not last.asked
    go.set()
    assert [said.name for said in await asking] == ["a", "b", "c"]


async def test_who_ends_it_spares_the_waves_behind(says) -> None:
    never = says("a", Verdict(Word.REJECT, reason="no"), wave=Wave.LISTS)
    last = says("b")
    assert [said.name for said in await Chain([last, never]).ask(Stage.DATA, question())] == ["a"]
    assert not last.asked


async def test_all_look_ups_of_a_stage_share_one_deadline(says) -> None:
    slow = [says(f"slow{number}", waits_for=asyncio.Event()) for number in range(3)]
    slow.append(says("slower", waits_for=asyncio.Event(), wave=Wave.CONCLUSIONS, must_answer=True))
    said = await asyncio.wait_for(Chain(slow, 0.05).ask(Stage.DATA, question()), 5)
    assert [one.verdict.word for one in said] == [Word.PASS] * 3 + [Word.DEFER]
    assert {one.verdict.reason for one in said[:3]} == {"no answer in time: it does not count"}


async def test_who_vouches_overrules_doubts_but_no_virus_scanner(says) -> None:
    vouches = says("lists", Verdict(vouches=True, reason="a friend"), wave=Wave.LISTS)
    doubts = says("dnsbl", Verdict(Word.REJECT, 5.0, "listed"))
    scans = says("virus", Verdict(Word.REJECT, reason="EICAR"), must_answer=True)
    said = await Chain([vouches, doubts, scans]).ask(Stage.DATA, question())
    assert [(one.verdict.word, one.verdict.score) for one in said] == [
        (Word.PASS, 0.0),
        (Word.PASS, 0.0),
        (Word.REJECT, 0.0),
    ]
    assert said[1].verdict.reason == "listed (overruled by lists)"


async def test_switches(says) -> None:
    one = says("one", Verdict(reason="1"))
    chain = Chain([one])
    assert chain.has(Stage.DATA) and not chain.has(Stage.CONNECT)
    assert chain.switch("one", on=False) and not chain.switch("one", on=False)
    assert not chain.has(Stage.DATA)
    assert await chain.ask(Stage.DATA, question()) == []
    assert [row["on"] for row in chain.describe()] == [False]
    with pytest.raises(NoSuchFilter, match="there are: one"):
        chain.switch("two", on=True)


async def test_trust_in_one_message_does_not_become_trust_in_the_client(says) -> None:
    vouches = says("lists", Verdict(vouches=True, reason="a friend"), at=(Stage.MAIL,), wave=Wave.LISTS)
    greets = says("names", Verdict(Word.SCORE, 1.0, "bad"), at=(Stage.HELO,))
    chain, asked = Chain([vouches, greets]), question()
    await chain.ask(Stage.MAIL, asked)
    assert asked.findings.vouched_by == "lists"
    (said,) = await chain.ask(Stage.HELO, asked)
    assert said.verdict.score == 1.0
    asked.visit.begin_mail()
    assert asked.findings.vouched_by == ""
