"""From an address to its servers: SRV records on a real name server, autoconfig over real HTTP."""

from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web

from bundled_server.dns.zone_server import Zones, ZoneServer
from termail.agent.discovery import FILE_LIMIT_OCTETS, Found, discover, read_autoconfig

CONFIG = """<?xml version="1.0"?>
<clientConfig version="1.1"><emailProvider id="example.org">
  <incomingServer type="pop3"><hostname>pop.example.org</hostname><port>995</port><socketType>SSL</socketType>
    <username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></incomingServer>
  <incomingServer type="imap"><hostname>plain.example.org</hostname><port>143</port><socketType>plain</socketType>
    <username>%EMAILADDRESS%</username></incomingServer>
  <incomingServer type="imap"><hostname>imap.example.org</hostname><port>143</port>
    <socketType>STARTTLS</socketType>
    <username>%EMAILLOCALPART%</username><authentication>OAuth2</authentication></incomingServer>
  <outgoingServer type="smtp"><hostname>smtp.example.org</hostname><port>2465</port><socketType>SSL</socketType>
    <username>%EMAILADDRESS%</username></outgoingServer>
</emailProvider></clientConfig>
"""


@pytest.fixture
async def zones() -> AsyncIterator[tuple[Zones, tuple[str, int]]]:
    zones = Zones()
    zones.add_zone("example.org.")
    server = ZoneServer(zones)
    await server.open()
    yield zones, server.address
    await server.close()


@pytest.fixture
async def site() -> AsyncIterator[Callable[[str], str]]:
    """A web site with one autoconfig file → its URL pattern."""
    runner: list[web.AppRunner] = []

    async def serve(text: str, status: int = 200) -> str:
        async def answer(request: web.Request) -> web.Response:
            return web.Response(text=text, status=status)

        app = web.Application()
        app.router.add_get("/{domain}/config.xml", answer)
        runner.append(web.AppRunner(app))
        await runner[0].setup()
        listening = web.TCPSite(runner[0], "127.0.0.1", 0)
        await listening.start()
        port = runner[0].addresses[0][1]
        return f"http://127.0.0.1:{port}/{{domain}}/config.xml"

    yield serve
    for entry in runner:
        await entry.cleanup()


async def test_srv_records_tell_the_encrypted_service_with_the_best_priority(zones) -> None:
    records, nameserver = zones
    records.put("_imaps._tcp.example.org.", "SRV", "20 1 993 slow.example.org.", "10 1 1993 Mail.example.org.")
    records.put("_imap._tcp.example.org.", "SRV", "0 1 143 old.example.org.")
    records.put("_submission._tcp.example.org.", "SRV", "0 1 587 mail.example.org.")
    found = await discover("ann@Example.org", nameserver=nameserver, autoconfig=())
    assert found.retrieve == "imaps://ann@Example.org@mail.example.org:1993"
    assert found.send == "smtp://ann@Example.org@mail.example.org"
    assert "SRV" in found.source


async def test_a_service_that_says_it_is_not_there_is_not_taken(zones) -> None:
    records, nameserver = zones
    records.put("_imaps._tcp.example.org.", "SRV", "0 0 0 .")
    assert await discover("ann@example.org", nameserver=nameserver, autoconfig=()) == Found()


async def test_autoconfig_answers_where_dns_does_not(zones, site) -> None:
    _, nameserver = zones
    found = await discover("ann@example.org", nameserver=nameserver, autoconfig=[await site(CONFIG)])
    assert found.retrieve == "imap://ann@imap.example.org", "imap before pop3, nothing in the clear"
    assert found.send == "smtps://ann@example.org@smtp.example.org:2465"
    assert found.wants_token


async def test_nobody_tells(zones, site) -> None:
    _, nameserver = zones
    assert await discover("ann@example.org", nameserver=nameserver, autoconfig=[await site("no", 404)]) == Found()
    closed = "http://127.0.0.1:1/{domain}"
    assert await discover("ann@example.org", nameserver=nameserver, autoconfig=[closed]) == Found()


@pytest.mark.parametrize(
    "text",
    [
        b"<html>not found</html>",
        b"<",
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><clientConfig>&a;</clientConfig>',
        b" " * (FILE_LIMIT_OCTETS + 1),
        CONFIG.replace("imap.example.org", "imap.example.org/evil").replace("pop.example", "a b").encode(),
        CONFIG.replace(">143<", ">99999999<").replace(">995<", ">x<").encode(),
    ],
)
def test_a_file_that_is_none_or_means_harm_tells_nothing(text: bytes) -> None:
    assert read_autoconfig(text, "ann@example.org", "x") == Found()
