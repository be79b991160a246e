"""Routing by MX: one table of worlds and ways."""

import pytest

from bundled_server.courier import Verdict
from bundled_server.dns.resolver import NoSuchDomain, NotOurWorld, ResolutionFailed
from bundled_server.journal import Journal
from bundled_server.mta.routing import Hop, Router, Unroutable

MX: dict[str, list[tuple[int, str]] | Exception] = {
    "cities.org": [(10, "brasilia.cities.org"), (20, "backup.cities.org")],
    "null.test": [(0, ".")],
    "self.test": [(10, "us.test"), (20, "backup.cities.org")],
    "after.test": [(5, "brasilia.cities.org"), (10, "us.test"), (20, "backup.cities.org")],
    "plain.test": [],
    "noaddress.test": [(10, "gone.test")],
    "half.test": [(10, "gone.test"), (20, "brasilia.cities.org")],
    "slow.test": ResolutionFailed("timed out"),
    "slowhost.test": [(10, "slowhost")],
    "away.test": [(10, "mx.example.com")],
    "public.test": [(10, "public")],
    "gmail.com": NotOurWorld("gmail.com"),
}
ADDRESSES: dict[str, list[str] | Exception] = {
    "brasilia.cities.org": ["127.0.0.1", "::1"],
    "backup.cities.org": ["127.0.0.2"],
    "plain.test": ["127.0.0.3"],
    "gone.test": NoSuchDomain("gone.test"),
    "slowhost": ResolutionFailed("timed out"),
    "mx.example.com": ["192.0.2.1"],
    "public": ["127.0.0.9"],
    "smart.test": ["192.0.2.9"],
}
PORTS = {"brasilia.cities.org": 2501, "backup.cities.org": 2502, "plain.test": 2503, "mx.example.com": 2504}
BRASILIA = (Hop("brasilia.cities.org", "127.0.0.1", 2501), Hop("brasilia.cities.org", "::1", 2501))
BACKUP = (Hop("backup.cities.org", "127.0.0.2", 2502),)


class Table:
    """A resolver that reads the tables above."""

    async def mx(self, domain: str) -> list[tuple[int, str]]:
        return self._look(MX, domain)

    async def addresses(self, host: str) -> list[str]:
        return self._look(ADDRESSES, host)

    async def txt(self, name: str) -> list[str]:
        return []

    async def ptr(self, address: str) -> list[str]:
        return []

    def _look(self, table, name):
        answer = table.get(name, NoSuchDomain(name))
        if isinstance(answer, Exception):
            raise answer
        return answer


def router(egress: str = "none", smarthost: str = "", journal: Journal | None = None) -> Router:
    return Router(
        resolver=Table(),
        hostname="us.test",
        egress=egress,
        smarthost=smarthost,
        port_of=PORTS.get if egress == "none" else lambda hostname: 25,
        journal=journal,
    )


@pytest.mark.parametrize(
    ("domain", "route"),
    [
        ("cities.org", BRASILIA + BACKUP),
        ("after.test", BRASILIA),
        ("plain.test", (Hop("plain.test", "127.0.0.3", 2503),)),
        ("half.test", BRASILIA),
        ("null.test", (Verdict.REFUSED, "5.1.10", "null MX")),
        ("self.test", (Verdict.REFUSED, "5.4.6", "loops back")),
        ("noaddress.test", (Verdict.REFUSED, "5.4.4", "no mail host")),
        ("nowhere.test", (Verdict.REFUSED, "5.1.2", "not found")),
        ("slow.test", (Verdict.DEFERRED, "4.4.3", "timed out")),
        ("slowhost.test", (Verdict.DEFERRED, "4.4.3", "timed out")),
        ("gmail.com", (Verdict.REFUSED, "5.7.1", "this practice world does not send mail outside itself")),
        ("away.test", (Verdict.REFUSED, "5.7.1", "this practice world does not send mail outside itself")),
        ("public.test", (Verdict.REFUSED, "5.7.1", "this practice world does not send mail outside itself")),
        ("[127.0.0.1]", (Verdict.REFUSED, "5.7.1", "this practice world does not send mail outside itself")),
        ("[192.0.2.1]", (Verdict.REFUSED, "5.7.1", "this practice world does not send mail outside itself")),
        ("[nonsense]", (Verdict.REFUSED, "5.1.3", "no address")),
    ],
)
async def test_ways_in_a_practice_world(domain: str, route: object) -> None:
    found = await router().route(domain)
    if isinstance(found, Unroutable):
        assert isinstance(route, tuple)
        verdict, status, words = route
        assert (found.verdict, found.status) == (verdict, status)
        assert words in found.text
    else:
        assert found == route


async def test_on_the_internet_loopback_is_refused_and_the_port_is_25() -> None:
    found = await router("internet").route("cities.org")
    assert isinstance(found, Unroutable) and found.status == "5.4.6"
    assert await router("internet").route("away.test") == (Hop("mx.example.com", "192.0.2.1", 25),)


async def test_a_smarthost_takes_everything() -> None:
    assert await router("smarthost", "smart.test:587").route("gmail.com") == (Hop("smart.test", "192.0.2.9", 587),)
    assert await router("smarthost", "[::1]:587").route("gmail.com") == (Hop("::1", "::1", 587),)
    missing = await router("smarthost").route("gmail.com")
    assert isinstance(missing, Unroutable) and missing.verdict is Verdict.DEFERRED


async def test_question_and_answer_are_steps_7_and_8() -> None:
    journal = Journal("us.test", lambda: 0.0)
    await router(journal=journal).route("cities.org")
    assert [(event.step, event.text) for event in journal.recent()] == [
        (7, "cities.org MX?"),
        (8, "cities.org MX 10 brasilia.cities.org, 20 backup.cities.org"),
        (7, "brasilia.cities.org A?"),
        (8, "brasilia.cities.org A 127.0.0.1, ::1"),
        (7, "backup.cities.org A?"),
        (8, "backup.cities.org A 127.0.0.2"),
    ]


@pytest.mark.parametrize(
    ("domain", "port"),
    [("x.test", 1), ("a.x.test", 2), ("b.a.x.test", 3), ("y.test", 9), ("cities.org", 9)],
)
async def test_the_transport_map_finds_the_longest_match(domain: str, port: int) -> None:
    transports = {
        "x.test": "127.0.0.1:1",
        ".x.test": "brasilia.cities.org:2",
        ".a.x.test": "[::1]:3",
        "*": "::1:9",
    }
    made = Router(resolver=Table(), hostname="us.test", transports=transports, port_of=PORTS.get)
    found = await made.route(domain)
    assert isinstance(found, tuple) and {hop.port for hop in found} == {port}


async def test_a_practice_world_stays_closed_whatever_the_transport_map_says() -> None:
    made = Router(resolver=Table(), hostname="us.test", transports={"*": "smart.test:25"}, port_of=PORTS.get)
    found = await made.route("gmail.com")
    assert isinstance(found, Unroutable) and found.status == "5.7.1"
