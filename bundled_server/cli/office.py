"""Administration of a host: through its admin API while it runs, on its store while it does not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import quote, urlencode

from bundled_server.admin.token import AdminAddress, find
from bundled_server.cli.caller import Caller
from bundled_server.cli.errors import CannotRun, UsageError
from bundled_server.host.folder import HostFolder
from bundled_server.journal import Event, Filter

if TYPE_CHECKING:  # imported for work on a stopped host only: the store takes its time
    from bundled_server.desk import Desk

Table = dict[str, Any]
AnswerT = TypeVar("AnswerT")


class Office(Protocol):
    """What can be administered. Verbs on queue items: hold, release, requeue, delete; they, `remove_user` and
    `remove_domain` answer False for what does not exist, the other ones on domains when nothing had to change.
    `ask` puts a question to the clerk of a room (`admin.control.Clerk`).
    Raises CannotRun, and UsageError for a user name or a domain that cannot be."""

    def queue(self) -> list[Table]: ...

    def item(self, queue_id: str) -> Table | None: ...

    def act(self, verb: str, queue_id: str) -> bool: ...

    def flush(self, domain: str) -> int: ...

    def users(self) -> list[str]: ...

    def put_user(self, name: str, password: str) -> None: ...

    def remove_user(self, name: str) -> bool: ...

    def domains(self) -> list[dict[str, str]]: ...

    def add_domain(self, domain: str) -> bool: ...

    def alias_domain(self, domain: str, target: str) -> bool: ...

    def remove_domain(self, domain: str) -> bool: ...

    def ask(self, room: str, verb: str, wanted: Table) -> Any: ...

    def journal(self, wanted: Filter) -> list[Event]: ...

    def follow(self, wanted: Filter) -> Iterator[bytes]: ...


def office_of(data: Path, *, may_be_new: bool = False) -> Office:
    """The office of the host whose data folder this is."""
    address = find(data)
    if address is not None:
        running = RunningOffice(address)
        if running.answers():
            return running
    if not may_be_new and not HostFolder(data).database.exists():
        raise CannotRun(f"there is no host in {data}: check --data, or run one there first")
    return StoppedOffice(data)


class RunningOffice:
    """Implements Office over HTTP."""

    def __init__(self, address: AdminAddress) -> None:
        self._caller = Caller(address)
        self._call = self._caller.call

    def answers(self) -> bool:
        """Whether somebody is there; a host that was killed leaves its address behind."""
        try:
            self._call("GET", "/health")
        except CannotRun:
            return False
        return True

    def queue(self) -> list[Table]:
        return list(self._call("GET", "/queue"))

    def item(self, queue_id: str) -> Table | None:
        found: Table | None = self._call("GET", f"/queue/{quote(queue_id, safe='')}")
        return found

    def act(self, verb: str, queue_id: str) -> bool:
        return self._call("POST", f"/queue/{quote(queue_id, safe='')}/{verb}") is not None

    def flush(self, domain: str) -> int:
        return int(self._call("POST", f"/queue/flush?{urlencode({'domain': domain})}")["flushed"])

    def users(self) -> list[str]:
        return list(self._call("GET", "/users"))

    def put_user(self, name: str, password: str) -> None:
        self._call("PUT", f"/users/{quote(name, safe='')}", {"password": password})

    def remove_user(self, name: str) -> bool:
        return self._call("DELETE", f"/users/{quote(name, safe='')}") is not None

    def domains(self) -> list[dict[str, str]]:
        return list(self._call("GET", "/domains"))

    def add_domain(self, domain: str) -> bool:
        return bool(self._call("PUT", f"/domains/{quote(domain, safe='')}")["done"])

    def alias_domain(self, domain: str, target: str) -> bool:
        return bool(self._call("PUT", f"/domains/{quote(domain, safe='')}", {"target": target})["done"])

    def remove_domain(self, domain: str) -> bool:
        return self._call("DELETE", f"/domains/{quote(domain, safe='')}") is not None

    def take_in(self, user: str, path: Path, mail_format: str, mailbox: str | None) -> int:
        """Let the host itself read mail from files → how many messages; takes as long as it takes."""
        wanted = {"path": str(path.absolute()), "format": mail_format, "mailbox": mailbox}
        answer = self._call("POST", f"/import/{quote(user, safe='')}", wanted, seconds=None)
        if answer is None:
            raise CannotRun(f"there is no user {user}: use `user add {user}`")
        return int(answer["imported"])

    def ask(self, room: str, verb: str, wanted: Table) -> Any:
        path = f"/clerks/{room}/{verb}"
        return self._caller.call("POST", path, wanted, seconds=None, missing_is_none=False)

    def journal(self, wanted: Filter) -> list[Event]:
        import msgspec

        return msgspec.convert(self._call("GET", f"/journal?{_query(wanted)}"), list[Event])

    def follow(self, wanted: Filter) -> Iterator[bytes]:
        with self._caller.open("GET", f"/journal/stream?recent=1&{_query(wanted)}", None, None) as response:
            yield from response


class StoppedOffice:
    """Implements Office on the files, while it holds the data folder's lock."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def queue(self) -> list[Table]:
        from bundled_server.admin.queue_routes import describe

        return self._with(lambda desk: _described(desk.spool.items(), describe))

    def item(self, queue_id: str) -> Table | None:
        from bundled_server.admin.queue_routes import describe

        async def work(desk: Desk) -> Table | None:
            item = await desk.spool.item(queue_id)
            return describe(item) if item else None

        return self._with(work)

    def act(self, verb: str, queue_id: str) -> bool:
        async def work(desk: Desk) -> bool:
            verbs = {name: getattr(desk.spool, name) for name in ("hold", "release", "requeue", "delete")}
            return bool(await verbs[verb](queue_id))

        return self._with(work)

    def flush(self, domain: str) -> int:
        return self._with(lambda desk: desk.spool.flush(domain))

    def users(self) -> list[str]:
        return self._with(lambda desk: desk.directory.names())

    def put_user(self, name: str, password: str) -> None:
        self._with(lambda desk: desk.directory.put(name, password))

    def remove_user(self, name: str) -> bool:
        return self._with(lambda desk: desk.directory.remove(name))

    def domains(self) -> list[dict[str, str]]:
        return self._with(_at_once(lambda desk: desk.domains.describe()))

    def add_domain(self, domain: str) -> bool:
        return self._with(_at_once(lambda desk: desk.domains.add(domain)))

    def alias_domain(self, domain: str, target: str) -> bool:
        return self._with(_at_once(lambda desk: desk.domains.alias(domain, target)))

    def remove_domain(self, domain: str) -> bool:
        return self._with(_at_once(lambda desk: desk.domains.remove(domain)))

    def ask(self, room: str, verb: str, wanted: Table) -> Any:
        async def work(desk: Desk) -> Any:
            try:
                return await desk.clerks[room].answer(verb, wanted)
            except LookupError as fault:
                raise CannotRun(str(fault.args[0])) from fault
            except ValueError as fault:
                raise UsageError(str(fault)) from fault

        return self._with(work)

    def journal(self, wanted: Filter) -> list[Event]:
        return wanted.select(list(_events_of(HostFolder(self._data).journal)))

    def follow(self, wanted: Filter) -> Iterator[bytes]:
        raise CannotRun(f"no host runs in {self._data}: there is nothing to follow")

    def _with(self, work: Callable[[Desk], Awaitable[AnswerT]]) -> AnswerT:
        return asyncio.run(self._run(work))

    async def _run(self, work: Callable[[Desk], Awaitable[AnswerT]]) -> AnswerT:
        from bundled_server.auth.store_directory import BadUser
        from bundled_server.desk import open_desk
        from bundled_server.mailbox.store import StoreError
        from bundled_server.mda.domains import BadDomain

        try:
            async with AsyncExitStack() as stack:
                return await work(await open_desk(self._data, stack))
        except (BadUser, BadDomain) as fault:
            raise UsageError(str(fault)) from fault
        except (OSError, StoreError) as weather:
            raise CannotRun(str(weather)) from weather


def _at_once(work: Callable[[Desk], AnswerT]) -> Callable[[Desk], Awaitable[AnswerT]]:
    """Work that needs no waiting."""

    async def wrapped(desk: Desk) -> AnswerT:
        return work(desk)

    return wrapped


async def _described(items: Awaitable[Any], describe: Callable[[Any], Table]) -> list[Table]:
    return [describe(item) for item in await items]


def _events_of(path: Path) -> Iterator[Event]:
    """What the journal's files hold, the older one first; a line that was cut off by a crash is passed over."""
    import msgspec

    decoder = msgspec.json.Decoder(Event)
    for file in (path.with_name(f"{path.name}.1"), path):
        try:
            lines = file.read_bytes().splitlines()
        except FileNotFoundError:
            continue
        except OSError as weather:
            raise CannotRun(f"the journal {file} cannot be read: {weather.strerror}") from weather
        for line in lines:
            try:
                yield decoder.decode(line)
            except msgspec.MsgspecError:
                continue


def _query(wanted: Filter) -> str:
    pairs = {"message_id": wanted.message_id, "queue_id": wanted.queue_id, "agent": wanted.agent}
    return urlencode({name: value for name, value in pairs.items() if value})
