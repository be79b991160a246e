"""The client of the practice world's API: faults, clock, mail, journal, snapshots, all over HTTP."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import aiohttp
import msgspec

from termail.classroom.event import AdminFile, Event

REQUEST_SECONDS = 60.0


class WorldRefused(Exception):
    """The world cannot do what was asked; the text is its own."""


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong: `key` clears it."""

    key: str
    name: str
    target: str
    parameters: dict[str, str | int | float] = {}


class Clock(msgspec.Struct, frozen=True):
    """The world's time in epoch seconds, how many times as fast it runs, whether it stands still."""

    now: float
    factor: float
    paused: bool


class Mail(msgspec.Struct, frozen=True):
    """One message in somebody's mailbox."""

    uid: int
    flags: list[str]
    size_octets: int
    arrived: float
    message_id: str
    sender: str
    to: str
    subject: str
    date: str


class FullMail(msgspec.Struct, frozen=True):
    """One message, read."""

    uid: int
    flags: list[str]
    header: list[tuple[str, str]]
    text: str


class HostOfWorld(msgspec.Struct, frozen=True):
    """One host as the world describes it."""

    name: str
    domain: str
    ports: dict[str, int]
    users: list[str]
    password: str
    up: bool


class NameServer(msgspec.Struct, frozen=True):
    """Where the world's DNS answers."""

    host: str
    port: int


class Description(msgspec.Struct, frozen=True):
    """The whole world."""

    ca: str
    dns: NameServer
    hosts: list[HostOfWorld]


class WorldClient:
    """Use it with `async with`; `folder` is that of a running world, whose admin.json tells where it is and the
    token. Raises WorldRefused, aiohttp.ClientError and TimeoutError."""

    def __init__(self, folder: Path) -> None:
        admin = msgspec.json.decode((folder / "admin.json").read_bytes(), type=AdminFile)
        self._url = admin.url
        self._session = aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {admin.token}"}, timeout=aiohttp.ClientTimeout(REQUEST_SECONDS)
        )

    async def __aenter__(self) -> "WorldClient":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def describe(self) -> Description:
        return msgspec.convert(await self._call("GET", "/world"), Description)

    async def host(self, name: str) -> HostOfWorld:
        """One host by its name or its domain. Raises WorldRefused."""
        for host in (await self.describe()).hosts:
            if name in (host.name, host.domain):
                return host
        raise WorldRefused(f"no host of this world is called {name}")

    # what happened

    async def journal(self, *, after: int = 0, host: str = "", agent: str = "", session: str = "") -> list[Event]:
        """The events with a number above `after`, oldest first."""
        query = {"after": after, "host": host, "agent": agent, "session": session}
        return msgspec.convert(await self._call("GET", "/world/journal", query=query), list[Event])

    async def latest(self) -> int:
        """The number of the latest event."""
        found = await self._call("GET", "/world/journal", query={"limit": 1})
        return int(found[-1]["number"]) if found else 0

    async def journey(self, message_id: str) -> list[Event]:
        """All that happened to one message."""
        found = await self._call("GET", "/world/journey", query={"message_id": message_id})
        return msgspec.convert(found, list[Event])

    # what goes wrong

    async def faults(self) -> list[Fault]:
        return msgspec.convert(await self._call("GET", "/world/faults"), list[Fault])

    async def fault_kinds(self) -> list[dict[str, Any]]:
        """The catalogue: name, target, help, parameters with default, help and choices."""
        return list(await self._call("GET", "/world/faults/kinds"))

    async def set_fault(self, name: str, target: str, parameters: Mapping[str, Any] | None = None) -> Fault:
        body = {"name": name, "target": target, "parameters": dict(parameters or {})}
        return msgspec.convert(await self._call("POST", "/world/faults", body), Fault)

    async def clear_fault(self, key: str) -> None:
        await self._call("DELETE", f"/world/faults/{key}")

    async def clear_faults(self) -> None:
        await self._call("DELETE", "/world/faults")

    # time

    async def clock(self) -> Clock:
        return msgspec.convert(await self._call("GET", "/world/clock"), Clock)

    async def set_clock(
        self, *, factor: float | None = None, paused: bool | None = None, advance: float = 0.0
    ) -> Clock:
        body = {"factor": factor, "paused": paused, "advance": advance}
        return msgspec.convert(await self._call("PUT", "/world/clock", body), Clock)

    # there and back

    async def snapshots(self) -> list[str]:
        return list(await self._call("GET", "/world/snapshots"))

    async def take_snapshot(self, name: str) -> None:
        await self._call("PUT", f"/world/snapshots/{name}")

    async def reset(self, snapshot: str = "start") -> None:
        """Everything is as it was; connections to the hosts are gone."""
        await self._call("POST", "/world/reset", query={"snapshot": snapshot})

    # people's mail

    async def mail(self, address: str, mailbox: str = "INBOX") -> list[Mail]:
        found = await self._call("GET", f"/world/mail/{address}", query={"mailbox": mailbox})
        return msgspec.convert(found, list[Mail])

    async def read(self, address: str, uid: int, mailbox: str = "INBOX") -> FullMail:
        found = await self._call("GET", f"/world/mail/{address}/{uid}", query={"mailbox": mailbox})
        return msgspec.convert(found, FullMail)

    async def send(self, mail: Mapping[str, Any]) -> str:
        """`mail` as POST /world/mail takes it → its Message-ID."""
        return str((await self._call("POST", "/world/mail", dict(mail)))["message_id"])

    async def queue(self, host: str = "") -> list[dict[str, Any]]:
        """What waits, of one host or of all."""
        return list(await self._call("GET", "/world/queue", query={"host": host}))

    async def _call(
        self, method: str, path: str, body: object = None, query: Mapping[str, Any] | None = None
    ) -> Any:
        params = {name: str(value) for name, value in (query or {}).items() if value not in ("", 0)}
        async with self._session.request(method, self._url + path, json=body, params=params) as response:
            answer = msgspec.json.decode(await response.read())
            if response.status >= 400:
                raise WorldRefused(str(answer.get("error", response.reason)))
            return answer
