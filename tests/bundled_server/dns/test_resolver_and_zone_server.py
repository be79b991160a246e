"""The resolver against the zone server, on real sockets; and a stranger's look at both."""

import asyncio
import shutil
import struct
from collections.abc import AsyncIterator

import dns.asyncquery
import dns.flags
import dns.message
import dns.rcode
import pytest

from bundled_server.dns.resolver import DnsResolver, NoSuchDomain, NotOurWorld, ResolutionFailed
from bundled_server.dns.zone_server import ZoneServer

ZONE = """
cities.org. 300 IN SOA brasilia.cities.org. postmaster.cities.org. 1 3600 600 86400 300
cities.org. 300 IN MX 20 backup.cities.org.
cities.org. 300 IN MX 10 Brasilia.cities.org.
cities.org. 300 IN TXT "v=spf1 mx -all"
brasilia.cities.org. 300 IN A 127.0.0.1
brasilia.cities.org. 300 IN AAAA ::1
www.cities.org. 300 IN CNAME brasilia.cities.org.
loop.cities.org. 300 IN CNAME loop.cities.org.
a.b.cities.org. 300 IN A 127.0.0.2
1.0.0.127.in-addr.arpa. 300 IN PTR brasilia.cities.org.
"""


class Hand:
    """A clock turned by hand."""

    time = 0.0

    def now(self) -> float:
        return self.time


@pytest.fixture
async def server() -> AsyncIterator[ZoneServer]:
    server = ZoneServer()
    server.zones.load(ZONE)
    await server.open()
    yield server
    await server.close()


@pytest.fixture
def resolver(server: ZoneServer) -> DnsResolver:
    return DnsResolver([server.address])


async def test_every_kind_is_answered(resolver: DnsResolver) -> None:
    assert await resolver.mx("cities.org") == [(10, "brasilia.cities.org"), (20, "backup.cities.org")]
    assert await resolver.addresses("BRASILIA.cities.org.") == ["127.0.0.1", "::1"]
    assert await resolver.txt("cities.org") == ["v=spf1 mx -all"]
    assert await resolver.ptr("127.0.0.1") == ["brasilia.cities.org"]
    assert await resolver.addresses("www.cities.org") == ["127.0.0.1", "::1"]


async def test_no_such_record_is_empty_and_no_such_name_is_an_error(resolver: DnsResolver) -> None:
    assert await resolver.mx("brasilia.cities.org") == []
    assert await resolver.mx("b.cities.org") == []
    with pytest.raises(NoSuchDomain):
        await resolver.mx("nowhere.cities.org")
    with pytest.raises(NotOurWorld):
        await resolver.mx("example.com")
    with pytest.raises(NoSuchDomain):
        await resolver.mx("bad..name")


async def test_a_loop_of_aliases_ends(resolver: DnsResolver) -> None:
    with pytest.raises(ResolutionFailed):
        await resolver.addresses("loop.cities.org")


async def test_a_cut_answer_comes_by_tcp(server: ZoneServer, resolver: DnsResolver) -> None:
    text = "x" * 3000
    server.zones.put("big.cities.org", "TXT", text)
    assert await resolver.txt("big.cities.org") == [text]


async def test_records_change_while_the_server_runs(server: ZoneServer) -> None:
    hand = Hand()
    resolver = DnsResolver([server.address], now=hand.now)
    assert await resolver.txt("cities.org") == ["v=spf1 mx -all"]
    server.zones.put("cities.org", "TXT", 'new "quoted" text')
    assert await resolver.txt("cities.org") == ["v=spf1 mx -all"]
    hand.time = 301.0
    assert await resolver.txt("cities.org") == ['new "quoted" text']
    server.zones.remove("cities.org", "TXT")
    resolver.forget()
    assert await resolver.txt("cities.org") == []


async def test_a_dead_name_server_is_weather_within_the_deadline() -> None:
    loop = asyncio.get_running_loop()
    silent, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0))
    port = silent.get_extra_info("sockname")[1]
    with pytest.raises(ResolutionFailed):
        await DnsResolver([("127.0.0.1", port)], timeout_seconds=0.1).mx("cities.org")
    silent.close()
    with pytest.raises(ResolutionFailed):
        await DnsResolver([]).mx("cities.org")


async def test_a_second_name_server_is_asked(server: ZoneServer) -> None:
    resolver = DnsResolver([("127.0.0.1", 9), server.address], timeout_seconds=2)
    assert await resolver.txt("cities.org") == ["v=spf1 mx -all"]


async def test_bytes_that_are_no_query_are_not_answered(server: ZoneServer) -> None:
    query = dns.message.make_query("cities.org", "MX")
    response = dns.message.make_response(query)
    for wire in (b"", b"x", b"\0" * 11, b"\xff" * 40, response.to_wire(), query.to_wire()[:-3]):
        assert server.answer(wire, "", None) is None
    reader, writer = await asyncio.open_connection(*server.address)
    writer.write(struct.pack("!H", 5) + b"junk!")
    assert await reader.read() == b""
    writer.close()


async def test_authority_is_claimed_for_our_zones_only(server: ZoneServer) -> None:
    host, port = server.address
    ours = await dns.asyncquery.udp(dns.message.make_query("no.cities.org", "A"), host, port=port, timeout=60)
    assert ours.rcode() == dns.rcode.NXDOMAIN and ours.flags & dns.flags.AA and ours.authority
    other = await dns.asyncquery.udp(dns.message.make_query("example.com", "A"), host, port=port, timeout=60)
    assert other.rcode() == dns.rcode.REFUSED and not other.flags & dns.flags.AA


@pytest.mark.parametrize("text", ["cities.org. MX 10 x.", "cities.org. 300 IN MX ten x.", "a. 300 IN A 300.1.1.1"])
def test_what_is_no_record_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        ZoneServer().zones.load(text)


@pytest.mark.peer
@pytest.mark.skipif(shutil.which("dig") is None, reason="dig is not installed")
async def test_dig_reads_the_zone(server: ZoneServer) -> None:
    process = await asyncio.create_subprocess_exec(
        "dig", "+short", "@127.0.0.1", "-p", str(server.port), "cities.org", "MX", stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert b"10 brasilia.cities.org." in output.lower()
