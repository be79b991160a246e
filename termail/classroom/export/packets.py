"""A dialogue as a packet capture: IPv4, TCP and UDP made up around the lines, so that Wireshark explains them.

The classic pcap format (LINKTYPE_RAW). What TLS carried is written in the clear, ports are the standard ones of
the protocols: it is a picture of the dialogue and no record of the network.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset

from termail.classroom.export.mermaid import parties
from termail.classroom.wire_line import Spoken

MAGIC: Final = 0xA1B2C3D4
LINKTYPE_RAW: Final = 101
PORTS: Final = {"smtp": 25, "imap": 143, "pop3": 110, "dns": 53}
SUBMISSION: Final = 587
SEGMENT_OCTETS: Final = 1400
_TCP, _UDP = 6, 17
_FIN, _SYN, _PSH, _ACK = 1, 2, 8, 16
_MICROSECOND: Final = 1e-6


def capture(lines: Sequence[Spoken]) -> bytes:
    """The whole file."""
    network = _Network()
    packets: list[tuple[float, bytes]] = []
    for line in lines:
        if line.protocol in PORTS and line.direction:
            packets += network.carry(line)
    packets += network.hang_up(lines[-1].time if lines else 0.0)
    header = struct.pack("<IHHiIII", MAGIC, 2, 4, 0, 0, 65535, LINKTYPE_RAW)
    return header + b"".join(_record(time, data) for time, data in packets)


def _record(time: float, packet: bytes) -> bytes:
    seconds, fraction = divmod(max(time, 0.0), 1.0)
    return struct.pack("<IIII", int(seconds), int(fraction * 1e6), len(packet), len(packet)) + packet


@dataclass(slots=True)
class _Side:
    address: bytes
    port: int
    sequence: int


@dataclass(slots=True)
class _Connection:
    client: _Side
    server: _Side


@dataclass(slots=True)
class _Network:
    """Addresses of the parties and the state of the connections."""

    addresses: dict[str, bytes] = field(default_factory=dict)
    connections: dict[tuple[str, str], _Connection] = field(default_factory=dict)
    identification: int = 0
    questions: dict[tuple[str, str], dns.message.QueryMessage] = field(default_factory=dict)

    def carry(self, line: Spoken) -> Iterator[tuple[float, bytes]]:
        """The packets one line needs: a handshake before the first of its conversation."""
        if line.protocol == "dns":
            yield from self._ask(line)
            return
        connection = self.connections.get(line.conversation)
        if connection is None:
            connection = self.connections[line.conversation] = self._connection(line)
            yield from self._shake_hands(connection, line.time)
        sender, receiver = connection.client, connection.server
        if line.direction == "S":
            sender, receiver = receiver, sender
        data = line.text.encode("utf-8", "replace") + b"\r\n"
        for at in range(0, len(data), SEGMENT_OCTETS):
            piece = data[at : at + SEGMENT_OCTETS]
            yield line.time, self._segment(sender, receiver, _PSH | _ACK, piece)
            sender.sequence += len(piece)

    def hang_up(self, time: float) -> Iterator[tuple[float, bytes]]:
        """FIN from both sides of every connection."""
        for connection in self.connections.values():
            for sender, receiver in (
                (connection.client, connection.server),
                (connection.server, connection.client),
            ):
                yield time, self._segment(sender, receiver, _FIN | _ACK)
                sender.sequence += 1
            yield time, self._segment(connection.client, connection.server, _ACK)

    def _connection(self, line: Spoken) -> _Connection:
        client, server = parties(line)
        number = len(self.connections)
        is_submission = line.connection.startswith("submission") or line.agent == "LMTA"
        port = SUBMISSION if is_submission else PORTS[line.protocol]
        return _Connection(
            _Side(self._address(client), 49152 + number % 16384, 1000), _Side(self._address(server), port, 2000)
        )

    def _address(self, party: str) -> bytes:
        number = len(self.addresses) + 1
        return self.addresses.setdefault(party, bytes((10, 0, number >> 8 & 255, number & 255)))

    def _shake_hands(self, connection: _Connection, time: float) -> Iterator[tuple[float, bytes]]:
        client, server = connection.client, connection.server
        yield time - 3 * _MICROSECOND, self._segment(client, server, _SYN, acknowledges=False)
        client.sequence += 1
        yield time - 2 * _MICROSECOND, self._segment(server, client, _SYN | _ACK)
        server.sequence += 1
        yield time - _MICROSECOND, self._segment(client, server, _ACK)

    def _segment(
        self, sender: _Side, receiver: _Side, flags: int, data: bytes = b"", *, acknowledges: bool = True
    ) -> bytes:
        """RFC 9293 §3.1."""
        acknowledged = receiver.sequence if acknowledges else 0
        fields = (sender.port, receiver.port, sender.sequence, acknowledged, 5 << 4, flags, 65535, 0, 0)
        header = struct.pack(">HHIIBBHHH", *fields)
        total = _checksum(_pseudo(sender, receiver, _TCP, len(header) + len(data)) + header + data)
        header = header[:16] + struct.pack(">H", total) + header[18:]
        return self._datagram(sender, receiver, _TCP, header + data)

    def _ask(self, line: Spoken) -> Iterator[tuple[float, bytes]]:
        """A question or an answer of the DNS, over UDP (RFC 768)."""
        question = _question(line.text) if line.direction == "C" else self.questions.get(line.conversation)
        if question is None:
            return
        message: dns.message.Message = question
        if line.direction == "C":
            self.questions[line.conversation] = question
            question.id = len(self.questions) & 0xFFFF
        else:
            answer = _answer(question, line.text)
            if answer is None:
                return
            message = answer
        client, server = (_Side(self._address(party), 0, 0) for party in parties(line))
        client.port, server.port = 53000 + message.id % 1000, PORTS["dns"]
        sender, receiver = (client, server) if line.direction == "C" else (server, client)
        data = message.to_wire()
        header = struct.pack(">HHHH", sender.port, receiver.port, 8 + len(data), 0)
        total = _checksum(_pseudo(sender, receiver, _UDP, len(header) + len(data)) + header + data)
        yield line.time, self._datagram(sender, receiver, _UDP, header[:6] + struct.pack(">H", total) + data)

    def _datagram(self, sender: _Side, receiver: _Side, protocol: int, payload: bytes) -> bytes:
        """RFC 791 §3.1."""
        self.identification = (self.identification + 1) & 0xFFFF
        start = struct.pack(">BBHHHBB", 0x45, 0, 20 + len(payload), self.identification, 0x4000, 64, protocol)
        ends = sender.address + receiver.address
        return start + struct.pack(">H", _checksum(start + b"\0\0" + ends)) + ends + payload


def _pseudo(sender: _Side, receiver: _Side, protocol: int, length: int) -> bytes:
    return sender.address + receiver.address + struct.pack(">BBH", 0, protocol, length)


def _checksum(data: bytes) -> int:
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _records(name: str, kind: str, values: list[str]) -> dns.rrset.RRset:
    return dns.rrset.from_text_list(
        dns.name.from_text(name), 300, "IN", kind, values, origin=dns.name.root, relativize=False
    )


def _question(text: str) -> dns.message.QueryMessage | None:
    """ "cities.org MX?"; None for what is no question."""
    words = text.rstrip("?").split()
    try:
        return dns.message.make_query(words[0], words[1]) if len(words) == 2 else None
    except (dns.exception.DNSException, ValueError):
        return None


def _answer(question: dns.message.QueryMessage, text: str) -> dns.message.Message | None:
    """ "cities.org MX 10 brasilia.cities.org", a line of a zone file, or a code such as "NXDOMAIN, 0 records";
    None for the count that stands before records."""
    words = text.replace(",", " ,").split()
    try:
        answer = dns.message.make_response(question, recursion_available=True)
        code = next((word for word in words[:3] if word in ("NXDOMAIN", "SERVFAIL", "REFUSED", "NOERROR")), "")
        if code:
            answer.set_rcode(dns.rcode.from_text(code))
            return None if code == "NOERROR" and words[2:3] != ["0"] else answer
        at = words.index("IN") if "IN" in words else 0
        records = " ".join(words[at + 2 :]).split(" , ")
        answer.answer.append(_records(words[0], words[at + 1], records))
        return answer
    except (dns.exception.DNSException, ValueError, IndexError):
        return None
