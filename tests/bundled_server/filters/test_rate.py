"""Limits for each client, in virtual time."""

from bundled_server.filter_config import Rate
from bundled_server.filters.question import Question, Visit
from bundled_server.filters.rate import RateFilter
from bundled_server.filters.verdict import Stage, Word


def client(session: str, address: str = "192.0.2.1") -> Question:
    return Question(Visit(session, address))


async def test_connections_at_once_by_address_and_by_64(ask) -> None:
    link = RateFilter(Rate(connections=2, connections_per_minute=0), lambda: 0.0)
    for address, neighbour in (("192.0.2.1", "192.0.2.1"), ("2001:db8::1", "2001:db8::ffff")):
        assert await ask(link, Stage.CONNECT, client("a", address)) is None
        assert await ask(link, Stage.CONNECT, client("b", neighbour)) is None
        third = client("c", address)
        assert (await ask(link, Stage.CONNECT, third)).text == "More than 2 connections at once, try again later"
        for session in ("a", "b", "c", "c"):
            link.left(client(session, address).visit)
        assert await ask(link, Stage.CONNECT, client("d", address)) is None
    assert await ask(link, Stage.CONNECT, client("e", "192.0.2.2")) is None


async def test_a_minute_fills_the_bucket_again(ask) -> None:
    now = [0.0]
    link = RateFilter(Rate(messages_per_minute=2), lambda: now[0])
    said = [await ask(link, Stage.MAIL, client("a")) for _ in range(3)]
    assert [one.word if one else None for one in said] == [None, None, Word.DEFER]
    now[0] = 30.0
    assert await ask(link, Stage.MAIL, client("a")) is None
    assert (await ask(link, Stage.MAIL, client("a"))).word is Word.DEFER
    now[0] = -1000.0
    assert (await ask(link, Stage.MAIL, client("a"))).word is Word.DEFER, "a clock that jumps back gives nothing"


async def test_exempt_networks_have_no_limits(ask) -> None:
    link = RateFilter(Rate(connections=1, messages_per_minute=1), lambda: 0.0)
    for session in "abc":
        assert await ask(link, Stage.CONNECT, client(session, "127.0.0.1")) is None
        assert await ask(link, Stage.MAIL, client(session, "127.0.0.1")) is None
