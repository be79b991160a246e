"""The world's journal: the events of every host and of the name server, in the order in which they happened."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from itertools import count

import dns.message
import dns.rcode
import dns.rdatatype

from bundled_server.dns.zone_server import Asked
from bundled_server.journal import Agent, Event, EventStream, Journal, Step

WORLD = "world"
NAME_SERVER = "ns.world"
SHOWN_OCTETS = 32
PLACES_OF_SERVICES: Mapping[str, tuple[Agent, Step]] = {  # IMAP and POP3 are the MAA's
    "smtp": (Agent.MTA, Step.RELAY),
    "submission": (Agent.MSA, Step.SUBMIT),
    "lmtp": (Agent.MDA, Step.HAND_TO_LDA),
    "managesieve": (Agent.MDA, Step.HAND_TO_LDA),
}
RECORDS = {20: "change cipher spec", 21: "alert", 22: "handshake", 23: "application data"}
"""The content types of TLS records (RFC 8446 §5.1)."""


class WorldJournal:
    """Implements `journal.Gathering` for the hosts, and has events of its own: what was done to the world, and
    what its name server was asked. One counter numbers them all."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._stream = EventStream()
        self._numbers = count(1)
        self._latest = 0
        self._own = Journal(WORLD, now, gathering=self)
        self._names = Journal(NAME_SERVER, now, gathering=self)
        self._queries = count(1)
        self._now = now
        self._packets: dict[str, Journal] = {}

    # Gathering

    def next_number(self) -> int:
        self._latest = next(self._numbers)
        return self._latest

    def hear(self, event: Event) -> None:
        self._stream.add(event)

    # what happened

    @property
    def latest(self) -> int:
        """The number of the latest event."""
        return self._latest

    def recent(self) -> Sequence[Event]:
        """The latest events of the whole world, oldest first."""
        return self._stream.recent()

    def follow(self, *, from_recent: bool = False) -> AsyncGenerator[Event, None]:
        """See `EventStream.follow`."""
        return self._stream.follow(from_recent=from_recent)

    # what is told

    def note(self, kind: str, text: str, session: str = "") -> None:
        """Something was done to the world."""
        self._own.record(Agent.WORLD, kind, text, session=session)

    def hear_names(self, asked: Asked) -> None:
        """One question to the name server and its answer, as lines of a dialogue."""
        session = f"dns-{next(self._queries):06d}"
        question = _question(asked.query)
        self._name_line(Step.DNS_QUESTION, "C", question, asked, session, asked.query_octets)
        if asked.response is None:
            self._names.record(
                Agent.DNS, "silent", f"no answer to {question}", step=Step.DNS_ANSWER, session=session
            )
            return
        first, *others = _answers(asked.response)
        self._name_line(Step.DNS_ANSWER, "S", first, asked, session, asked.response_octets)
        for line in others:  # one packet holds all of them
            self._name_line(Step.DNS_ANSWER, "S", line, asked, session, 0)

    def hear_packet(self, host: str, service: str, session: str, peer: str, direction: str, octets: bytes) -> None:
        """A piece of ciphertext of one of a host's dialogues."""
        journal = self._packets.get(host)
        if journal is None:
            journal = self._packets[host] = Journal(host, self._now, gathering=self)
        agent, step = PLACES_OF_SERVICES.get(service.removesuffix("s"), (Agent.MAA, Step.RETRIEVE))
        journal.record(
            agent,
            "packet",
            f"{_record(octets)}{octets[:SHOWN_OCTETS].hex(' ')}{' …' if len(octets) > SHOWN_OCTETS else ''}",
            step=step,
            direction=direction,
            session=session,
            peer=peer,
            octets=len(octets),
        )

    def _name_line(self, step: Step, direction: str, text: str, asked: Asked, session: str, octets: int) -> None:
        self._names.record(
            Agent.DNS,
            "wire",
            text,
            step=step,
            direction=direction,
            session=session,
            peer=asked.peer,
            octets=octets,
        )


def _record(octets: bytes) -> str:
    """The type of the TLS record that begins here, as "handshake: "; "" in the middle of one."""
    return f"{RECORDS[octets[0]]}: " if len(octets) >= 5 and octets[0] in RECORDS and octets[1] == 3 else ""


def _question(query: dns.message.Message) -> str:
    return ", ".join(
        f"{question.name.to_text(omit_final_dot=True)} {dns.rdatatype.to_text(question.rdtype)}?"
        for question in query.question
    )


def _answers(response: dns.message.Message) -> list[str]:
    """The code, then the records one a line, as a zone file has them."""
    records = [line for rrset in response.answer for line in rrset.to_text().splitlines()]
    return [f"{dns.rcode.to_text(response.rcode())}, {len(records)} records", *records]
