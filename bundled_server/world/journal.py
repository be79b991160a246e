"""The world's journal: the events of every host and of the name server, in the order in which they happened."""

from collections.abc import AsyncGenerator, Callable, Sequence
from itertools import count

import dns.message
import dns.rcode
import dns.rdatatype

from bundled_server.dns.zone_server import Asked
from bundled_server.journal import Agent, Event, EventStream, Journal, Step

WORLD = "world"
NAME_SERVER = "ns.world"


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


def _question(query: dns.message.Message) -> str:
    return ", ".join(
        f"{question.name.to_text(omit_final_dot=True)} {dns.rdatatype.to_text(question.rdtype)}?"
        for question in query.question
    )


def _answers(response: dns.message.Message) -> list[str]:
    """The code, then the records one a line, as a zone file has them."""
    records = [line for rrset in response.answer for line in rrset.to_text().splitlines()]
    return [f"{dns.rcode.to_text(response.rcode())}, {len(records)} records", *records]
