"""Greylisting: triplets that come again, networks that become known, and who need not wait."""

import pytest

from bundled_server.filter_config import Greylist
from bundled_server.filters.greylist import GreylistFilter
from bundled_server.filters.question import Question, Visit
from bundled_server.filters.verdict import Stage, Word
from bundled_server.mailbox.memory_store import MemoryStore


class Bench:
    """A greylist with a clock of its own."""

    def __init__(self, **settings: float) -> None:
        self.now = 1_000_000.0
        self.store = MemoryStore(lambda: self.now)
        self.link = GreylistFilter(Greylist(**settings), self.store, lambda: self.now)

    async def come(
        self, *, address: str = "192.0.2.1", sender: str = "a@far.test", to: str = "b@here.test"
    ) -> str:
        verdict = await self.link.stages[Stage.RCPT](Question(Visit("s", address), sender, to))
        assert verdict is not None
        return verdict.text if verdict.word is Word.DEFER else "in"


@pytest.fixture
async def bench():
    bench = Bench(delay_seconds=300, retry_seconds=3600, known_seconds=86_400, allow_after=2)
    await bench.store.open()
    yield bench
    await bench.store.close()


async def test_a_triplet_comes_in_after_the_delay_and_is_known_then(bench: Bench) -> None:
    assert await bench.come() == "Greylisted, try again in 300 seconds"
    bench.now += 100
    assert await bench.come() == "Greylisted, try again in 200 seconds"
    bench.now += 200
    assert await bench.come(address="192.0.2.77") == "in", "the network of the client counts"
    assert await bench.come() == "in"
    assert await bench.come(sender="other@far.test") != "in"
    assert await bench.come(address="198.51.100.1") != "in"


async def test_who_comes_again_too_late_begins_anew_and_what_was_known_is_forgotten(bench: Bench) -> None:
    await bench.come()
    bench.now += 300 + 3600
    assert await bench.come() != "in"
    bench.now += 300
    assert await bench.come() == "in"
    bench.now += 86_400
    assert await bench.come() != "in"


async def test_a_network_that_came_again_twice_is_known_for_all_it_sends(bench: Bench) -> None:
    for sender in ("a@far.test", "b@far.test"):
        await bench.come(sender=sender)
    bench.now += 300
    for sender in ("a@far.test", "b@far.test"):
        assert await bench.come(sender=sender) == "in"
    assert await bench.come(sender="c@elsewhere.test") == "in"


async def test_spf_and_allow_lists_spare_the_wait(bench: Bench) -> None:
    question = Question(Visit("s", "192.0.2.1"), "a@far.test", "b@here.test")
    question.findings.spf, question.findings.spf_domain = "pass", "far.test"
    verdict = await bench.link.stages[Stage.RCPT](question)
    assert verdict.reason == "not asked to wait: SPF vouches for far.test"
    question.findings.spf = "none"
    question.findings.allowed.add("b@here.test")
    assert (await bench.link.stages[Stage.RCPT](question)).word is Word.PASS


async def test_a_rehearsal_leaves_nothing_behind(bench: Bench) -> None:
    question = Question(Visit("s", "192.0.2.1"), "a@far.test", "b@here.test", is_rehearsal=True)
    assert (await bench.link.stages[Stage.RCPT](question)).word is Word.DEFER
    assert await bench.store.records("greylist", "") == {}
