"""An authenticated IMAP connection: the commands the MRA needs, with typed answers."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from termail.mra.imap.command import Command, Literal, Part
from termail.mra.imap.errors import ImapGone, ImapRefused, ImapThrottled
from termail.mra.imap.patience import asks_for_patience, patience_seconds
from termail.mra.imap.protocol import ImapProtocol
from termail.mra.imap.responses import Data, Fetch, Numbered, Response, Status, Value, number_of, text_of
from termail.mra.imap.sets import expand

UID_COUNT_LIMIT: Final = 5_000_000
FETCH_OVERHEAD_OCTETS: Final = 50_000_000


@dataclass(frozen=True, slots=True)
class Listed:
    """A mailbox of LIST: `wire_name` as the server writes it."""

    wire_name: bytes
    delimiter: str
    attributes: frozenset[str]
    status: dict[str, int] | None = None
    """UIDVALIDITY, UIDNEXT, MESSAGES, HIGHESTMODSEQ where LIST-STATUS tells them (RFC 5819)."""


@dataclass(slots=True)
class Selected:
    """What SELECT said; `exists` follows what comes later. `highest_modseq` is 0 without CONDSTORE. With
    `is_resynced` (QRESYNC, RFC 7162 §3.2.5) the server told at once which uids `vanished` and what `changed`."""

    wire_name: bytes
    uid_validity: int = 0
    uid_next: int = 0
    exists: int = 0
    highest_modseq: int = 0
    is_read_only: bool = False
    is_resynced: bool = False
    vanished: set[int] = field(default_factory=set)
    changed: list[Fetch] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where messages went (UIDPLUS, RFC 4315 §3): new uid by old uid, empty when the server does not tell."""

    uids: dict[int, int]


class ImapConnection:
    """Raises ImapRefused when the server says no, ImapGone when the connection ends."""

    def __init__(self, protocol: ImapProtocol) -> None:
        self._protocol = protocol
        self.selected: Selected | None = None
        self._has_qresync = False
        protocol.unasked = self._follow

    @property
    def capabilities(self) -> frozenset[str]:
        """Upper case."""
        return self._protocol.capabilities

    @property
    def is_gone(self) -> bool:
        """No command can succeed any more."""
        return self._protocol.is_gone

    def offers(self, capability: str) -> bool:
        """Whether the server announced it."""
        return capability in self._protocol.capabilities

    def drop(self, reason: str) -> None:
        """Hang up now: whoever waits on this connection gets ImapGone."""
        self._protocol.drop(ImapGone(reason))

    # --- mailboxes

    async def list_mailboxes(self) -> list[Listed]:
        """All of them, with special-use attributes where there are any (RFC 6154), and \\Subscribed."""
        wishes = [b"SUBSCRIBED"] if "LIST-EXTENDED" in self.capabilities else []
        if {"SPECIAL-USE", "LIST-EXTENDED"} <= self.capabilities:
            wishes.append(b"SPECIAL-USE")
        if {"LIST-STATUS", "CONDSTORE"} <= self.capabilities:
            wishes.append(b"STATUS (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ)")
        line = b'LIST "" "*"' + (b" RETURN (" + b" ".join(wishes) + b")" if wishes else b"")
        found: list[Listed] = []
        told: dict[bytes, dict[str, int]] = {}

        def heard(response: Response) -> None:
            match response:
                case Data("LIST", [list(attributes), delimiter, bytes(name), *_]):
                    words = frozenset(text_of(entry).lower() for entry in attributes)
                    found.append(Listed(name, text_of(delimiter), words))
                case Data("STATUS", [bytes(name), list(pairs), *_]):
                    keys = [text_of(entry).upper() for entry in pairs[::2]]
                    told[name] = dict(zip(keys, map(number_of, pairs[1::2]), strict=False))

        await self._do("LIST", line, heard=heard)
        if "LIST-EXTENDED" in self.capabilities:
            return [replace(entry, status=told.get(entry.wire_name)) for entry in found]
        subscribed = await self._subscribed()
        return [
            replace(entry, attributes=entry.attributes | {"\\subscribed"})
            if entry.wire_name in subscribed
            else entry
            for entry in found
        ]

    async def _subscribed(self) -> set[bytes]:
        """By LSUB (RFC 3501 §6.3.9)."""
        names: set[bytes] = set()

        def heard(response: Response) -> None:
            match response:
                case Data("LSUB", [list(_), _, bytes(name), *_]):
                    names.add(name)

        await self._do("LSUB", b'LSUB "" "*"', heard=heard)
        return names

    async def subscribe(self, wire_name: bytes, *, subscribed: bool) -> None:
        """SUBSCRIBE or UNSUBSCRIBE."""
        verb = "SUBSCRIBE" if subscribed else "UNSUBSCRIBE"
        await self._do(verb, verb.encode() + b" ", _name(wire_name))

    async def enable_qresync(self) -> None:
        """ENABLE QRESYNC (RFC 7162 §3.2.3), before the first SELECT. A server may think better of it."""
        told: list[str] = []

        def heard(response: Response) -> None:
            if isinstance(response, Data) and response.name == "ENABLED":
                told.extend(text_of(value).upper() for value in response.values)

        await self._protocol.run(Command("ENABLE", (b"ENABLE QRESYNC",), heard))
        self._has_qresync = "QRESYNC" in told

    async def select(self, wire_name: bytes, uid_validity: int = 0, modseq: int = 0) -> Selected:
        """SELECT, with CONDSTORE where offered (RFC 7162 §3.1.8). Given what is known already, a server with
        QRESYNC tells what is different (§3.2.5)."""
        fresh = Selected(wire_name)
        resyncs = self._has_qresync and uid_validity > 0 and modseq > 0

        def heard(response: Response) -> None:
            match response:
                case Numbered(number, "EXISTS"):
                    fresh.exists = number
                case Data("VANISHED", values) if resyncs:
                    fresh.vanished.update(_vanished(values))
                case Fetch() if resyncs and response.uid:
                    fresh.changed.append(response)
                case Status(code=code, arguments=arguments) if code in _SELECT_NUMBERS:
                    first = arguments.split(" ", 1)[0]
                    if first.isdigit() and len(first) <= 20:
                        setattr(fresh, _SELECT_NUMBERS[code], int(first))

        self.selected = None
        condstore = b" (CONDSTORE)" if "CONDSTORE" in self.capabilities else b""
        if resyncs:
            condstore = f" (QRESYNC ({uid_validity} {modseq}))".encode()
        reply = await self._do("SELECT", b"SELECT ", _name(wire_name), condstore, heard=heard)
        if not condstore:
            fresh.highest_modseq = 0  # told, but CHANGEDSINCE is not offered with it
        fresh.is_read_only = reply.code == "READ-ONLY"
        fresh.is_resynced = resyncs and fresh.uid_validity == uid_validity and fresh.highest_modseq > 0
        self.selected = fresh
        return fresh

    async def create(self, wire_name: bytes) -> None:
        """CREATE and SUBSCRIBE, so that other clients see it too."""
        await self._do("CREATE", b"CREATE ", _name(wire_name))
        await self._protocol.run(Command("SUBSCRIBE", (b"SUBSCRIBE ", _name(wire_name))))

    async def delete(self, wire_name: bytes) -> None:
        """DELETE; not while it is selected."""
        await self._leave(wire_name)
        await self._do("DELETE", b"DELETE ", _name(wire_name))

    async def rename(self, wire_name: bytes, new_wire_name: bytes) -> None:
        """RENAME, the subscription goes along."""
        await self._leave(wire_name)
        await self._do("RENAME", b"RENAME ", _name(wire_name), b" ", _name(new_wire_name))
        await self._protocol.run(Command("UNSUBSCRIBE", (b"UNSUBSCRIBE ", _name(wire_name))))
        await self._protocol.run(Command("SUBSCRIBE", (b"SUBSCRIBE ", _name(new_wire_name))))

    async def _leave(self, wire_name: bytes) -> None:
        if self.selected is not None and self.selected.wire_name == wire_name:
            self.selected = None
            if self.offers("UNSELECT"):
                await self._do("UNSELECT", b"UNSELECT")
            else:
                await self._protocol.run(Command("EXAMINE", (b'EXAMINE ""',)))  # fails, and so leaves the mailbox

    # --- messages

    async def search(self, criteria: str) -> list[int]:
        """Uids in no particular order; `criteria` is ASCII."""
        uids: list[int] = []

        def heard(response: Response) -> None:
            match response:
                case Data("SEARCH", values):
                    uids.extend(uid for uid in map(number_of, values) if uid)
                case Data("ESEARCH", values):
                    words = [text_of(value).upper() for value in values]
                    if "ALL" in words[:-1]:
                        uids.extend(expand(text_of(values[words.index("ALL") + 1]), UID_COUNT_LIMIT))

        returning = "RETURN (ALL) " if "ESEARCH" in self.capabilities else ""
        await self._do("SEARCH", f"UID SEARCH {returning}{criteria}".encode("ascii"), heard=heard)
        return uids

    async def search_header(self, name: str, value: str) -> list[int]:
        """Uids of messages with this text in that field."""
        uids: list[int] = []

        def heard(response: Response) -> None:
            match response:
                case Data("SEARCH", values):
                    uids.extend(uid for uid in map(number_of, values) if uid)

        line = f"UID SEARCH HEADER {name} ".encode("ascii")
        await self._do("SEARCH", line, Literal(value.encode("utf-8", "surrogateescape")), heard=heard)
        return uids

    async def fetch(
        self,
        uids: str,
        items: str,
        heard: Callable[[Fetch], None],
        expected: int,
        octets: int,
        modifiers: str = "",
    ) -> None:
        """UID FETCH; `heard` gets every answer that has a uid as it arrives. More than what `expected` messages of
        `octets` altogether can explain is not believed."""

        def dispatch(response: Response) -> None:
            if isinstance(response, Fetch) and response.uid:
                heard(response)

        await self._do(
            "FETCH",
            f"UID FETCH {uids} {items}{modifiers}".encode("ascii"),
            heard=dispatch,
            response_limit=3 * expected + 10_000,
            octet_limit=2 * octets + FETCH_OVERHEAD_OCTETS,
        )

    async def store(self, uids: str, change: str, flags: Iterable[str]) -> None:
        """`change` is +FLAGS or -FLAGS."""
        await self._do("STORE", f"UID STORE {uids} {change}.SILENT ({' '.join(flags)})".encode("ascii"))

    async def copy(self, uids: str, wire_name: bytes) -> Placed:
        """UID COPY."""
        return await self._place("COPY", uids, wire_name)

    async def move(self, uids: str, wire_name: bytes) -> Placed:
        """UID MOVE (RFC 6851)."""
        return await self._place("MOVE", uids, wire_name)

    async def _place(self, name: str, uids: str, wire_name: bytes) -> Placed:
        told: list[str] = []

        def heard(response: Response) -> None:
            if isinstance(response, Status) and response.code == "COPYUID":
                told.append(response.arguments)

        reply = await self._do(name, f"UID {name} {uids} ".encode("ascii"), _name(wire_name), heard=heard)
        if reply.code == "COPYUID":
            told.append(reply.arguments)
        pairs: dict[int, int] = {}
        for arguments in told:
            words = arguments.split()
            if len(words) == 3:
                pairs.update(
                    zip(expand(words[1], UID_COUNT_LIMIT), expand(words[2], UID_COUNT_LIMIT), strict=False)
                )
        return Placed(pairs)

    async def expunge(self, uids: str = "") -> None:
        """Those uids alone (UIDPLUS), or everything marked \\Deleted."""
        await self._do("EXPUNGE", f"UID EXPUNGE {uids}".encode("ascii") if uids else b"EXPUNGE")

    async def append(self, wire_name: bytes, raw: bytes, flags: Iterable[str]) -> int:
        """→ the new uid, 0 when the server does not tell (APPENDUID, RFC 4315 §3)."""
        line = b" (" + " ".join(flags).encode("ascii") + b") "
        reply = await self._do("APPEND", b"APPEND ", _name(wire_name), line, Literal(raw))
        words = reply.arguments.split()
        return int(words[1]) if reply.code == "APPENDUID" and len(words) == 2 and words[1].isdigit() else 0

    # --- waiting

    async def noop(self) -> None:
        """Anything new comes along the way."""
        await self._do("NOOP", b"NOOP")

    async def idle(self, seconds: float) -> bool:
        """Wait for news from the selected mailbox (RFC 2177) → True when there is some. Safe to cancel."""
        news = asyncio.Event()

        def heard(response: Response) -> None:
            if isinstance(response, Numbered | Fetch) or (
                isinstance(response, Data) and response.name == "VANISHED"
            ):
                news.set()

        command = Command("IDLE", (b"IDLE",), heard=heard, answer=lambda challenge: None, is_patient=True)
        waiting = asyncio.ensure_future(news.wait())
        running = asyncio.ensure_future(self._protocol.run(command))
        try:
            await asyncio.wait({waiting, running}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            self._protocol.end_idle(command)
            _judge("IDLE", await running)
        finally:
            waiting.cancel()
            running.cancel()
        return news.is_set()

    async def log_out(self) -> None:
        """LOGOUT; the caller closes the connection."""
        async with asyncio.timeout(2.0):
            await self._protocol.run(Command("LOGOUT", (b"LOGOUT",)))

    # --- the rest

    def _follow(self, response: Response) -> None:
        """Keep `selected` true. An EXPUNGE of what is not there changes nothing."""
        if self.selected is None:
            return
        if isinstance(response, Data) and response.name == "VANISHED" and not _is_earlier(response.values):
            self.selected.exists = max(self.selected.exists - len(_vanished(response.values)), 0)
        if not isinstance(response, Numbered):
            return
        if response.name == "EXISTS":
            self.selected.exists = response.number
        elif response.name == "EXPUNGE" and 0 < response.number <= self.selected.exists:
            self.selected.exists -= 1

    async def _do(
        self,
        name: str,
        *parts: Part,
        heard: Callable[[Response], None] | None = None,
        response_limit: int = 0,
        octet_limit: int = 0,
    ) -> Status:
        command = Command(name, parts, heard, response_limit=response_limit, octet_limit=octet_limit)
        return _judge(name, await self._protocol.run(command))


def _is_earlier(values: list[Value]) -> bool:
    """VANISHED (EARLIER): gone before we looked (RFC 7162 §3.2.10)."""
    return bool(values) and isinstance(values[0], list)


def _vanished(values: list[Value]) -> list[int]:
    return expand(text_of(values[-1]), UID_COUNT_LIMIT) if values else []


_SELECT_NUMBERS: Final = {"UIDVALIDITY": "uid_validity", "UIDNEXT": "uid_next", "HIGHESTMODSEQ": "highest_modseq"}


def _judge(name: str, reply: Status) -> Status:
    if asks_for_patience(reply):
        raise ImapThrottled(f"{name}: {reply.text}", patience_seconds(reply.text))
    if reply.kind != "OK":
        text = reply.text or reply.code or "no reason given"
        raise ImapRefused(f"{name}: {text}", reply.code, is_bad=reply.kind == "BAD")
    return reply


def _name(wire_name: bytes) -> Part:
    """A mailbox name exactly as the server wrote it."""
    if all(0x20 <= octet < 0x7F for octet in wire_name):
        return b'"' + wire_name.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
    return Literal(wire_name)
