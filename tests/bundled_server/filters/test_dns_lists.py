"""DNS lists asked over real UDP: listings, codes, masks, IPv6, and lists that do not answer."""

import asyncio

import dns.message
import dns.rrset
import pytest

from bundled_server.dns.resolver import DnsResolver
from bundled_server.dns.zone_server import ZoneServer
from bundled_server.filter_config import DnsLists, Zone
from bundled_server.filters.dns_lists import DnsListFilter
from bundled_server.filters.question import Question, Visit
from bundled_server.filters.verdict import Stage, Word


def lists(resolver: DnsResolver, *zones: Zone, now: list[float] | None = None, **more: float) -> DnsListFilter:
    clock = now or [0.0]
    return DnsListFilter("dnsbl", DnsLists(zones=zones, **more), resolver, lambda: clock[0])


def client(address: str) -> Question:
    return Question(Visit("s1", address))


async def test_the_weights_of_all_zones_add_up_and_each_list_says_why(names, resolver, ask) -> None:
    names.zones.put("2.2.0.192.bl.lists", "A", "127.0.0.2")
    names.zones.put("2.2.0.192.bl.lists", "TXT", "sends spam")
    names.zones.put("2.2.0.192.wl.lists", "A", "127.0.5.1")
    link = lists(
        resolver, Zone(zone="bl.lists", weight=4.0), Zone(zone="wl.lists", weight=-1.5), Zone(zone="test")
    )
    verdict = await ask(link, Stage.CONNECT, client("192.0.2.2"))
    assert (verdict.word, verdict.score) == (Word.SCORE, 2.5)
    assert verdict.reason == "listed in bl.lists (127.0.0.2); listed in wl.lists (127.0.5.1)"
    assert verdict.explanation == ("bl.lists: sends spam",)
    assert await ask(link, Stage.CONNECT, client("192.0.2.3")) is None


@pytest.mark.parametrize(
    ("answer", "zone", "listed"),
    [
        ("127.0.0.2", Zone(zone="bl.lists"), True),
        ("127.255.255.254", Zone(zone="bl.lists"), False),  # "your resolver is blocked"
        ("203.0.113.9", Zone(zone="bl.lists"), False),  # a parked domain
        ("127.0.0.10", Zone(zone="bl.lists", codes=("127.0.0.2", "127.0.0.8/30")), True),
        ("127.0.0.4", Zone(zone="bl.lists", codes=("127.0.0.2", "127.0.0.8/30")), False),
        ("127.0.0.6", Zone(zone="bl.lists", mask=2), True),
        ("127.0.0.5", Zone(zone="bl.lists", mask=2), False),
    ],
)
async def test_return_codes(names, resolver, ask, answer: str, zone: Zone, listed: bool) -> None:
    names.zones.put("2.2.0.192.bl.lists", "A", answer)
    verdict = await ask(lists(resolver, zone), Stage.CONNECT, client("192.0.2.2"))
    assert (verdict is not None) is listed


async def test_an_ipv6_client_is_spelt_by_nibbles(names, resolver, ask) -> None:
    nibbles = "2.0.0.0." + "0.0.0.0." * 5 + "8.b.d.0.1.0.0.2"
    names.zones.put(f"{nibbles}.bl.lists", "A", "127.0.0.2")
    link = lists(resolver, Zone(zone="bl.lists"))
    assert (await ask(link, Stage.CONNECT, client("2001:db8::2"))).score == 3.0
    assert await ask(link, Stage.CONNECT, client("2001:db8::3")) is None
    assert await ask(link, Stage.CONNECT, client("::ffff:192.0.2.3")) is None


async def test_a_zone_that_does_not_answer_is_no_listing_and_rests(names: ZoneServer, ask) -> None:
    silent = await asyncio.get_running_loop().create_datagram_endpoint(
        asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
    )
    place = silent[0].get_extra_info("sockname")
    now = [0.0]
    link = lists(DnsResolver([place]), Zone(zone="bl.lists"), now=now, timeout_seconds=0.5, rest_seconds=60.0)
    try:
        verdict = await ask(link, Stage.CONNECT, client("192.0.2.2"))
        assert (verdict.word, verdict.score) == (Word.PASS, 0.0)
        assert verdict.reason == "no answer from bl.lists, which does not count"
        link._resolver = DnsResolver([names.address])  # it answers again, and nobody asks before its rest is over
        names.zones.put("2.2.0.192.bl.lists", "A", "127.0.0.2")
        assert (await ask(link, Stage.CONNECT, client("192.0.2.2"))).score == 0.0
        now[0] = 61.0
        assert (await ask(link, Stage.CONNECT, client("192.0.2.2"))).score == 3.0
    finally:
        silent[0].close()


async def test_enough_points_turn_the_client_away_and_a_white_list_may_vouch(names, resolver, ask) -> None:
    names.zones.put("2.2.0.192.bl.lists", "A", "127.0.0.2")
    link = lists(resolver, Zone(zone="bl.lists"), rejects=3.0)
    assert (await ask(link, Stage.CONNECT, client("192.0.2.2"))).word is Word.REJECT
    white = lists(resolver, Zone(zone="bl.lists", weight=-2.0), vouches=True)
    assert (await ask(white, Stage.CONNECT, client("192.0.2.2"))).vouches


@pytest.mark.parametrize(
    "records",
    [
        [("2.2.0.192.bl.lists", "CNAME", "2.2.0.192.bl.lists.")],
        [("2.2.0.192.bl.lists", "CNAME", "a.bl.lists."), ("a.bl.lists", "CNAME", "2.2.0.192.bl.lists.")],
        [(f"{number}.chain.bl.lists", "CNAME", f"{number + 1}.chain.bl.lists.") for number in range(40)]
        + [("2.2.0.192.bl.lists", "CNAME", "0.chain.bl.lists.")],
    ],
)
async def test_aliases_that_go_in_circles_are_no_listing(names, resolver, ask, records) -> None:
    for name, kind, value in records:
        names.zones.put(name, kind, value)
    verdict = await ask(lists(resolver, Zone(zone="bl.lists")), Stage.CONNECT, client("192.0.2.2"))
    assert verdict is None or verdict.score == 0.0


async def test_an_answer_that_was_cut_is_asked_for_again_by_tcp(names, resolver, ask) -> None:
    names.zones.put(
        "2.2.0.192.bl.lists", "A", *(f"127.0.{number // 250}.{number % 250 + 2}" for number in range(300))
    )
    verdict = await ask(lists(resolver, Zone(zone="bl.lists")), Stage.CONNECT, client("192.0.2.2"))
    assert verdict.score == 3.0


class Forger(asyncio.DatagramProtocol):
    """Answers another question than was asked, under another number than was given."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        for change in ("id", "question", "garbage"):
            answer = dns.message.make_response(query)
            answer.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "A", "127.0.0.2"))
            if change == "id":
                answer.id = (query.id + 1) % 65_536
            elif change == "question":
                answer.question = [dns.rrset.from_text("other.test.", 60, "IN", "A")]
            wire = b"\xff" * 40 if change == "garbage" else answer.to_wire()
            self._transport.sendto(wire, addr)  # type: ignore[attr-defined]


async def test_forged_answers_are_no_listing(ask) -> None:
    forger, _ = await asyncio.get_running_loop().create_datagram_endpoint(Forger, local_addr=("127.0.0.1", 0))
    try:
        place = forger.get_extra_info("sockname")
        link = lists(DnsResolver([place], timeout_seconds=0.3), Zone(zone="bl.lists"), timeout_seconds=0.5)
        verdict = await ask(link, Stage.CONNECT, client("192.0.2.2"))
    finally:
        forger.close()
    assert (verdict.score, verdict.reason) == (0.0, "no answer from bl.lists, which does not count")


async def test_a_list_that_keeps_its_reasons_to_itself_lists_all_the_same(ask) -> None:
    class NoWords:
        """Addresses come at once, texts never."""

        async def addresses(self, name: str) -> list[str]:
            return ["127.0.0.2"]

        async def txt(self, name: str) -> list[str]:
            await asyncio.Event().wait()
            return []

    link = lists(NoWords(), Zone(zone="bl.lists", weight=4.0), timeout_seconds=0.01)  # type: ignore[arg-type]
    for _ in range(2):  # and it does not rest
        verdict = await ask(link, Stage.CONNECT, client("192.0.2.2"))
        assert (verdict.score, verdict.reason) == (4.0, "listed in bl.lists (127.0.0.2)")
