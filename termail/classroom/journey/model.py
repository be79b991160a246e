"""A journey as values: the stations of the lecture's picture, and the moments a message spends at them."""

from enum import StrEnum
from typing import Final

import msgspec

from termail.classroom.scenes import Line


class Station(StrEnum):
    """The boxes of the picture."""

    MUA = "mua"
    LMTA = "lmta"
    MQ = "mq"
    MSA = "msa"
    QUEUE = "queue"
    DNS = "dns"
    MTA = "mta"
    FILTERS = "filters"
    MDA = "mda"
    MAILBOX = "mailbox"
    READER = "reader"
    WEB = "web"


STATION_WORDS: Final = {
    Station.MUA: "the writer's mail user agent",
    Station.LMTA: "the local MTA inside it",
    Station.MQ: "its mail queue, on disk",
    Station.MSA: "the submission agent of the writer's server",
    Station.QUEUE: "the server's queue",
    Station.DNS: "the name server: where does the domain's mail go?",
    Station.MTA: "from one transfer agent to the other",
    Station.FILTERS: "the filters: spam, viruses, policy",
    Station.MDA: "the local delivery agent",
    Station.MAILBOX: "the mailbox",
    Station.READER: "the reader's agent fetches it",
    Station.WEB: "the same mailbox in a browser",
}


class State(StrEnum):
    """How a moment ended, or that it has not."""

    DONE = "done"
    WAITING = "waiting"
    FAILED = "failed"


class Fact(msgspec.Struct, frozen=True):
    """Something known at a moment: `kind` envelope, header, body, added, verdict, dns, queue or note."""

    kind: str
    text: str


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """What one agent did at one step. `began` and `took` in seconds, `began` since the journey did; `clocked` is
    False where nobody looked at a clock. `step` is the lecture's number."""

    station: Station
    step: int
    agent: str
    host: str
    title: str
    began: float = 0.0
    took: float = 0.0
    clocked: bool = True
    state: State = State.DONE
    lines: tuple[Line, ...] = ()
    facts: tuple[Fact, ...] = ()

    def of(self, *kinds: str) -> list[str]:
        """The facts of some kinds."""
        return [fact.text for fact in self.facts if fact.kind in kinds]


class Journey(msgspec.Struct, frozen=True, kw_only=True):
    """`source` says what it was read from: "journal", "headers" or "outbox"."""

    message_id: str
    subject: str = ""
    sender: str = ""
    recipients: tuple[str, ...] = ()
    source: str = "journal"
    began_at: float = 0.0
    moments: tuple[Moment, ...] = ()

    @property
    def took(self) -> float:
        """Seconds from its beginning to the last thing known."""
        return max((moment.began + moment.took for moment in self.moments if moment.clocked), default=0.0)

    @property
    def transit(self) -> float:
        """Seconds until it was delivered, or to the last thing known before: when somebody reads it is another
        matter."""
        ends = [
            moment.began + moment.took
            for moment in self.moments
            if moment.clocked and moment.station not in (Station.READER, Station.WEB)
        ]
        return max(ends, default=self.took)

    @property
    def outcome(self) -> str:
        """In one word or two."""
        states = {moment.station: moment.state for moment in self.moments}
        rest = ", others wait" if State.WAITING in (states.get(Station.QUEUE), states.get(Station.MTA)) else ""
        if Station.READER in states:
            return f"read{rest}"
        if State.FAILED in states.values():
            return "refused"
        if Station.MAILBOX in states:
            return f"delivered{rest}"
        if State.WAITING in states.values():
            return "waiting"
        return "on its way" if self.moments else "unknown"

    def state_of(self, station: Station) -> State | None:
        """The latest state of a box, None while it was not reached."""
        found = [moment.state for moment in self.moments if moment.station is station]
        return found[-1] if found else None
