"""The names of clients: reverse DNS that leads back, and HELO."""

import pytest

from bundled_server.filter_config import Names
from bundled_server.filters.names import NamesFilter
from bundled_server.filters.question import Question, Visit
from bundled_server.filters.verdict import Stage


@pytest.fixture
def link(names, resolver) -> NamesFilter:
    names.zones.put("mx.far.test", "A", "192.0.2.1")
    names.zones.put("1.2.0.192.in-addr.arpa", "PTR", "mx.far.test.")
    names.zones.put("2.2.0.192.in-addr.arpa", "PTR", "mx.far.test.")
    return NamesFilter(Names(exempt=("10.0.0.0/8",)), resolver, lambda name: name == "mx.here.test")


@pytest.mark.parametrize(
    ("address", "results", "score"),
    [
        ("192.0.2.1", "iprev=pass policy.iprev=192.0.2.1", 0.0),
        ("192.0.2.2", "iprev=fail policy.iprev=192.0.2.2", 0.5),
        ("192.0.2.3", "iprev=fail policy.iprev=192.0.2.3", 1.0),
    ],
)
async def test_reverse_names(link, ask, address: str, results: str, score: float) -> None:
    verdict = await ask(link, Stage.CONNECT, Question(Visit("s", address)))
    assert (verdict.results, verdict.score) == (results, score)


@pytest.mark.parametrize(
    ("helo", "score"),
    [
        ("mx.far.test", 0.0),
        ("[192.0.2.1]", 0.0),
        ("[IPv6:2001:db8::1]", 1.0),
        ("[192.0.2.9]", 1.0),
        ("192.0.2.1", 1.0),
        ("localhost", 1.0),
        ("two words", 1.0),
        ("mx.here.test", 3.0),
        ("nobody.test", 0.5),
        ("elsewhere.example", 0.0),  # outside of this name server's world
    ],
)
async def test_helo(link, ask, helo: str, score: float) -> None:
    verdict = await ask(link, Stage.HELO, Question(Visit("s", "192.0.2.1", helo)))
    assert (verdict.score if verdict else 0.0) == score
    assert await ask(link, Stage.HELO, Question(Visit("s", "10.1.1.1", helo))) is None
