"""The practice world's name server: authoritative, on loopback, for zones held in memory."""

import asyncio
import logging
import struct
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

TTL_SECONDS = 60
CNAME_CHAIN = 8
PLAIN_UDP_OCTETS = 512
UDP_OCTETS = 1232
TCP_IDLE_SECONDS = 10.0
TCP_CONNECTIONS = 200
PORT_ATTEMPTS = 20

logger = logging.getLogger(__name__)


class Zones:
    """The records, which may be edited while the server runs."""

    def __init__(self) -> None:
        self._origins: dict[dns.name.Name, dns.rrset.RRset] = {}
        self._records: dict[tuple[dns.name.Name, dns.rdatatype.RdataType], dns.rrset.RRset] = {}

    def add_zone(self, origin: str) -> None:
        """Answer with authority for `origin` and everything below."""
        name = dns.name.from_text(origin.lower())
        self.put(origin, "SOA", f"ns.{name} hostmaster.{name} 1 3600 600 86400 {TTL_SECONDS}")

    def load(self, text: str) -> None:
        """Add records from lines of a master file (RFC 1035 §5): "name ttl IN kind data", names absolute. An SOA
        record begins a zone; a PTR record outside every zone is answered all the same. Raises ValueError."""
        values: dict[tuple[str, str], list[str]] = {}
        ttls: dict[tuple[str, str], int] = {}
        for line in text.splitlines():
            if not line.strip() or line.startswith(";"):
                continue
            words = line.split(None, 4)
            if len(words) != 5 or words[2].upper() != "IN" or not words[1].isdigit():
                raise ValueError(f"not a record: {line}")
            key = (words[0], words[3].upper())
            values.setdefault(key, []).append(words[4])
            ttls[key] = int(words[1])
        for (name, kind), data in values.items():
            self.put(name, kind, *data, ttl_seconds=ttls[name, kind])
            if kind == "PTR" and self._authority(dns.name.from_text(name.lower())) is None:
                self.add_zone(name)

    def replace(self, text: str) -> None:
        """Forget everything, then `load`."""
        self._origins.clear()
        self._records.clear()
        self.load(text)

    def put(self, name: str, kind: str, *values: str, ttl_seconds: int = TTL_SECONDS) -> None:
        """Replace the records of that name and kind, for example put("cities.org", "MX", "10 mx.cities.org.").
        Raises ValueError for values that are no such record."""
        owner = dns.name.from_text(name.lower())
        try:
            if kind.upper() == "TXT":
                values = tuple(_quoted(value) for value in values)
            rrset = dns.rrset.from_text_list(
                owner, ttl_seconds, "IN", kind, list(values), origin=dns.name.root, relativize=False
            )
        except dns.exception.DNSException as fault:
            raise ValueError(f"{name} {kind}: {fault}") from fault
        self._records[(owner, rrset.rdtype)] = rrset
        if rrset.rdtype == dns.rdatatype.SOA:
            self._origins[owner] = rrset

    def remove(self, name: str, kind: str) -> None:
        """Forget the records of that name and kind, when there are any."""
        self._records.pop((dns.name.from_text(name.lower()), dns.rdatatype.from_text(kind)), None)

    def records(self) -> Iterable[str]:
        """Every record as a line of a zone file."""
        for rrset in self._records.values():
            yield from rrset.to_text().splitlines()

    def answer(self, query: dns.message.Message) -> dns.message.Message:
        """The response to one query (RFC 1034 §4.3.2, without recursion or delegation)."""
        response = dns.message.make_response(query, our_payload=UDP_OCTETS)
        if query.opcode() != dns.opcode.QUERY or len(query.question) != 1:
            response.set_rcode(dns.rcode.NOTIMP)
            return response
        question = query.question[0]
        name = question.name.canonicalize()
        soa = self._authority(name)
        if soa is None or question.rdclass != dns.rdataclass.IN:
            response.set_rcode(dns.rcode.REFUSED)
            return response
        response.flags |= dns.flags.AA
        for _ in range(CNAME_CHAIN):
            found = self._find(name, question.rdtype)
            response.answer.extend(found)
            if found or not (alias := self._records.get((name, dns.rdatatype.CNAME))):
                break
            response.answer.append(alias)
            name = alias[0].target.canonicalize()
        if not response.answer:
            response.authority.append(soa)
            if not self._exists(name):
                response.set_rcode(dns.rcode.NXDOMAIN)
        return response

    def _authority(self, name: dns.name.Name) -> dns.rrset.RRset | None:
        while True:
            if name in self._origins:
                return self._origins[name]
            if name == dns.name.root:
                return None
            name = name.parent()

    def _find(self, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> list[dns.rrset.RRset]:
        if kind == dns.rdatatype.ANY:
            return [rrset for (owner, _), rrset in self._records.items() if owner == name]
        rrset = self._records.get((name, kind))
        return [rrset] if rrset is not None else []

    def _exists(self, name: dns.name.Name) -> bool:
        """Whether the name or anything below it has records (an empty non-terminal exists, RFC 8020)."""
        return any(owner.is_subdomain(name) for owner, _ in self._records)


@dataclass(frozen=True, slots=True)
class Asked:
    """One query as it came, and what was answered: None is silence. Sizes are those of the packets, in octets."""

    peer: str
    transport: str
    query: dns.message.Message
    query_octets: int
    response: dns.message.Message | None
    response_octets: int


Interfere = Callable[[dns.message.Message], dns.message.Message | None]
"""Given the response that the zones make, answers another one, or None for silence."""


class ZoneServer:
    """Serves `zones` over UDP and TCP on one loopback port (0 picks a free one). `interfere` may spoil an answer,
    `heard` is told of each."""

    def __init__(
        self,
        zones: Zones | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        interfere: Interfere = lambda response: response,
        heard: Callable[[Asked], None] = lambda asked: None,
    ) -> None:
        self.zones = zones or Zones()
        self._interfere = interfere
        self._heard = heard
        self.host = host
        self.port = port
        self._udp: asyncio.DatagramTransport | None = None
        self._tcp: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> tuple[str, int]:
        """What a resolver is given."""
        return self.host, self.port

    async def open(self) -> None:
        """Start to answer. Raises OSError when the port cannot be had."""
        for attempt in range(PORT_ATTEMPTS):
            try:
                await self._open_both()
                return
            except OSError:
                await self.close()
                if self.port or attempt == PORT_ATTEMPTS - 1:
                    raise

    async def close(self) -> None:
        """Stop answering."""
        if self._tcp is not None:
            self._tcp.close()
            self._tcp = None
        if self._udp is not None:
            self._udp.close()
            self._udp = None
        talks = list(self._talks)
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)

    async def _open_both(self) -> None:
        loop = asyncio.get_running_loop()
        self._tcp = await asyncio.start_server(self._accept, self.host, self.port)
        port = int(self._tcp.sockets[0].getsockname()[1])
        self._udp, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self.answer), local_addr=(self.host, port)
        )
        self.port = port

    def answer(self, wire: bytes, peer: str, size_octets: int | None) -> bytes | None:
        """The octets that answer `wire`, which came from `peer`; None for what is no query, and for silence.
        Without a size, that of the client's UDP."""
        query = query_of(wire)
        if query is None:
            return None
        response = self._interfere(self.zones.answer(query))
        answer = None if response is None else packed(query, response, size_octets)
        transport = "UDP" if size_octets is None else "TCP"
        self._heard(Asked(peer, transport, query, len(wire), response, len(answer or b"")))
        return answer

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._talks) >= TCP_CONNECTIONS:
            writer.close()
            return
        self._talks.add(task)
        try:
            await self._talk(reader, writer)
        except (OSError, EOFError, TimeoutError) as weather:
            logger.debug("a DNS client left: %s", weather)
        finally:
            self._talks.discard(task)
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            async with asyncio.timeout(TCP_IDLE_SECONDS):
                (length,) = struct.unpack("!H", await reader.readexactly(2))
                wire = await reader.readexactly(length)
            name = writer.get_extra_info("peername") or ("", 0)
            response = self.answer(wire, f"{name[0]}:{name[1]}", 65_535)
            if response is None:
                return
            writer.write(struct.pack("!H", len(response)) + response)
            await writer.drain()


class _Datagrams(asyncio.DatagramProtocol):
    """The UDP half."""

    def __init__(self, answer: Callable[[bytes, str, int | None], bytes | None]) -> None:
        self._answer = answer
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        response = self._answer(data, f"{addr[0]}:{addr[1]}", None)
        if response is not None and self._transport is not None:
            self._transport.sendto(response, addr)


def query_of(wire: bytes) -> dns.message.Message | None:
    """The query in these octets, None for what is none."""
    try:
        query = dns.message.from_wire(wire)
    except (dns.exception.DNSException, ValueError, struct.error):
        return None
    return None if query.flags & dns.flags.QR else query


def packed(query: dns.message.Message, response: dns.message.Message, size_octets: int | None) -> bytes:
    """The response as octets, cut (TC) when it does not fit."""
    if size_octets is None:
        size_octets = (
            min(max(query.payload, PLAIN_UDP_OCTETS), UDP_OCTETS) if query.edns >= 0 else PLAIN_UDP_OCTETS
        )
    with suppress(dns.exception.TooBig):
        return response.to_wire(max_size=size_octets)
    cut = dns.message.make_response(query, our_payload=UDP_OCTETS)
    cut.flags |= dns.flags.AA | dns.flags.TC
    return cut.to_wire()


def _quoted(value: str) -> str:
    """TXT data in strings of at most 255 octets."""
    if value.startswith('"'):
        return value
    escaped = [
        f"\\{octet:03d}" if octet < 32 or octet in b'"\\' or octet > 126 else chr(octet)
        for octet in value.encode()
    ]
    parts = ["".join(escaped[start : start + 255]) for start in range(0, len(escaped), 255)] or [""]
    return " ".join(f'"{part}"' for part in parts)
