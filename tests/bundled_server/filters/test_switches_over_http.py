"""The filters over the admin API of a host: seen, switched off, and switched on again."""

import msgspec
from aiohttp import ClientSession

from bundled_server.admin.token import find
from bundled_server.config import HostSettings, Ports
from bundled_server.filters.verdict import Verdict, Word
from bundled_server.host.host import Host


async def test_filters_are_switched_while_mail_comes(settings: HostSettings, says, send, came) -> None:
    settings = msgspec.structs.replace(settings, ports=Ports(smtp=0, admin=0))
    never = says("never", Verdict(Word.REJECT, reason="no"))
    async with Host(settings, filters=[never]) as host:
        address = find(settings.data)
        headers = {"Authorization": f"Bearer {address.token}"}
        async with ClientSession(address.url, headers=headers) as api:

            async def post(name: str, body: str) -> tuple[int, str]:
                async with api.post(f"/filters/{name}", data=body) as response:
                    return response.status, await response.text()

            async with api.get("/filters") as response:
                assert await response.json() == [
                    {"name": "never", "on": True, "stages": ["data"], "about": "a filter of the tests"}
                ]
            assert (await send(host, "Subject: x\r\n\r\nx\r\n"))[0] == 550
            assert await post("never", '{"on": false}') == (200, '{"done":true}')
            assert await post("never", '{"on": false}') == (200, '{"done":false}')
            assert (await send(host, "Subject: x\r\n\r\nx\r\n"))[0] == 250
            assert await post("nobody", '{"on": true}') == (
                404,
                '{"error":"there is no filter \'nobody\'; there are: never"}',
            )
            status, words = await post("never", '{"on": "perhaps"}')
            assert (status, "say {" in words) == (400, True)
        end = await came(host, (250, b""))
    assert "switched: never off" in end.events
