"""A journey put together from the world's journal, the client's outbox and taps, and the message itself."""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from termail.classroom.event import Event
from termail.classroom.journey.fields import added_fields, header_fields, letter_facts
from termail.classroom.journey.model import Fact, Journey, Moment, State, Station
from termail.classroom.journey.text import duration
from termail.classroom.scenes import STEP_TITLES, Line, transcript_lines
from termail.classroom.wire_line import Spoken
from termail.mime.sanitize import clean_line
from termail.mime.words import decode_words
from termail.model.outbox import OutboxItem, OutboxState

LINES_LIMIT: Final = 400
CLOCKS_AGREE_SECONDS: Final = 1.0
_WAITING: Final = frozenset({"deferred", "greylisted", "waiting"})
_FAILED: Final = frozenset({"refused", "failed", "bounced", "rejected"})
_AGENT_STATIONS: Final = {
    "MUA": Station.MUA,
    "LMTA": Station.LMTA,
    "MSA": Station.MSA,
    "MQ": Station.QUEUE,
    "DNS": Station.DNS,
    "MTA": Station.MTA,
    "FILTER": Station.FILTERS,
    "MAA": Station.READER,
    "MRA": Station.READER,
}
_STEPS: Final = {
    Station.MSA: 5,
    Station.QUEUE: 3,
    Station.DNS: 7,
    Station.MTA: 6,
    Station.FILTERS: 9,
    Station.MDA: 9,
    Station.MAILBOX: 10,
    Station.READER: 11,
    Station.WEB: 12,
}
_TITLES: Final = {
    Station.QUEUE: "the server keeps it in its queue until it is delivered",
    Station.DNS: "where does the domain's mail go? the DNS answers",
    Station.FILTERS: "the filters give their verdicts",
    Station.MDA: "the local delivery agent takes it",
    Station.WEB: STEP_TITLES[12],
    Station.READER: "the access agent gives it to the reader's client",
}
PASSED: Final = "its spool: on disk before anybody says 250"
_SERVER_SESSION: Final = re.compile(r"(smtp|lmtp)-\d+$")
_HELD_SESSION: Final = re.compile(r"(smtp|lmtp|submissions?|imaps?|pop3s?)-\d+$")
_MAIL: Final = re.compile(r"(?i)^MAIL FROM:\s*(<[^>]*>)")
_RCPT: Final = re.compile(r"(?i)^RCPT TO:\s*(<[^>]*>)")


def build_journey(
    message_id: str,
    events: Sequence[Event],
    *,
    item: OutboxItem | None = None,
    spoken: Sequence[Spoken] = (),
    raw: bytes | None = None,
    in_world: Callable[[float], float] = float,
) -> Journey:
    """`events` are the world's of this message, `spoken` the lines of our own connections that carried it, `item`
    stands in our outbox, `raw` is the message as it is held here. Whatever is missing is left out. `in_world`
    turns a time of our clock into one of the world's, which may run ahead."""
    item, spoken = _in_the_worlds_time(events, item, spoken, in_world)
    has_relay = any(event.session.startswith("relay-") for event in events)
    times = (
        [event.time for event in _timed([event for event in events if not (has_relay and _is_echo(event))])]
        + [line.time for line in spoken]
        + ([item.queued] if item else [])
    )
    began_at = min(times, default=0.0)
    moments = [*_ours(item, spoken, raw, began_at), *_theirs(events, began_at)]
    moments = _spool_first(moments)
    moments.sort(key=lambda moment: (moment.began, list(Station).index(moment.station)))
    if raw is not None:
        moments = _with_added(moments, raw)
    fields = {name.lower(): value for name, value in header_fields(raw)} if raw is not None else {}
    envelope_sender, envelope_recipients = _envelope_of(moments)
    return Journey(
        message_id=message_id,
        subject=fields.get("subject", item.subject if item else _content_field(events, "Subject")),
        sender=item.sender if item else envelope_sender,
        recipients=item.recipients if item else envelope_recipients,
        source="journal" if events else "outbox",
        began_at=began_at,
        moments=tuple(moments),
    )


# --- the client's own side


def _in_the_worlds_time(
    events: Sequence[Event], item: OutboxItem | None, spoken: Sequence[Spoken], in_world: Callable[[float], float]
) -> tuple[OutboxItem | None, Sequence[Spoken]]:
    """What we did stands before what the hosts did with it, also when their clock was moved in between."""
    began = min([line.time for line in spoken] + ([item.queued] if item else []), default=0.0)
    if not events or not began:
        return item, spoken
    heard = min(event.time for event in _timed(list(events)))
    ahead = min(in_world(began), heard) - began
    if abs(ahead) < CLOCKS_AGREE_SECONDS:
        return item, spoken
    spoken = [msgspec.structs.replace(line, time=line.time + ahead) for line in spoken]
    return (msgspec.structs.replace(item, queued=item.queued + ahead) if item else None), spoken


def _ours(
    item: OutboxItem | None, spoken: Sequence[Spoken], raw: bytes | None, began_at: float
) -> Iterable[Moment]:
    """Typing, the local MTA, its queue, the submission as this side heard it."""
    if item is None:
        return
    facts = letter_facts(raw) if raw is not None else [Fact("header", f"Subject: {item.subject}")]
    envelope = [Fact("envelope", f"MAIL FROM:<{item.sender}>")]
    envelope += [Fact("envelope", f"RCPT TO:<{recipient}>") for recipient in item.recipients]
    queued = item.queued - began_at
    where = f"outbox item {item.outbox_id}, {item.size_octets} octets"
    yield _own(Station.MUA, 1, "MUA", queued, facts)
    yield _own(Station.LMTA, 2, "LMTA", queued, [*envelope, *facts])
    yield _own(Station.MQ, 3, "MQ", queued, [Fact("queue", where), *envelope])
    dialogue = [Line(line.direction, line.text) for line in spoken] or transcript_lines(item.transcript)
    if dialogue:
        started = spoken[0].time - began_at if spoken else queued
        states = {OutboxState.SENT: State.DONE, OutboxState.FAILED: State.FAILED}
        yield Moment(
            station=Station.MSA,
            step=5,
            agent="LMTA",
            host=spoken[0].peer if spoken else "",
            title=STEP_TITLES[5],
            began=started,
            took=spoken[-1].time - spoken[0].time if spoken else 0.0,
            clocked=bool(spoken),
            state=states.get(item.state, State.WAITING if item.reason else State.DONE),
            lines=tuple(dialogue[:LINES_LIMIT]),
            facts=(*envelope, *facts, *([Fact("note", item.reason)] if item.reason else [])),
        )


def _own(station: Station, step: int, agent: str, began: float, facts: list[Fact]) -> Moment:
    return Moment(
        station=station, step=step, agent=agent, host="", title=STEP_TITLES[step], began=began, facts=tuple(facts)
    )


# --- the hosts


def _theirs(events: Sequence[Event], began_at: float) -> list[Moment]:
    """One moment for each agent at each host, in the order of their beginning. A transfer is told by the side that
    relays; the other side's dialogue is the same lines again."""
    relays = {event.host for event in events if event.session.startswith("relay-")}
    groups: dict[tuple[Station, str], list[Event]] = {}
    for event in events:
        station = _station(event)
        if station is None or (relays and _is_echo(event)):
            continue
        place = "" if station is Station.DNS else event.host
        if station is Station.MTA and relays:
            place = "transfer"
        groups.setdefault((station, place), []).append(event)
    return [_moment(station, found, began_at) for (station, _), found in groups.items()]


def _spool_first(moments: list[Moment]) -> list[Moment]:
    """What needs no queue is on disk and in the mailbox in one commit, and the journal hears of both after it."""
    delivery = min((one.began for one in moments if one.station is Station.MDA), default=math.inf)
    return [
        msgspec.structs.replace(one, began=delivery) if one.title == PASSED and one.began > delivery else one
        for one in moments
    ]


def _station(event: Event) -> Station | None:
    if event.agent == "MDA":
        return Station.MAILBOX if event.kind == "delivered" else Station.MDA
    if event.kind == "packet":
        return None
    if event.agent == "MAA" and event.step == _STEPS[Station.WEB]:
        return Station.WEB
    return _AGENT_STATIONS.get(event.agent)


def _is_echo(event: Event) -> bool:
    return (
        event.agent == "MTA" and event.kind in ("wire", "connected") and bool(_SERVER_SESSION.match(event.session))
    )


def _moment(station: Station, events: list[Event], began_at: float) -> Moment:
    timed = _timed(events)
    first, last = timed[0], _last_of_it(timed)
    hosts = list(dict.fromkeys(event.host for event in events))
    lines = [
        Line(event.direction, event.text if event.direction else f"{event.kind}: {event.text}") for event in events
    ]
    if station is Station.QUEUE and events[0].kind == "passed":
        title = PASSED
    else:
        title = _TITLES.get(station) or STEP_TITLES.get(_STEPS.get(station, first.step), "")
    return Moment(
        station=station,
        step=_STEPS.get(station, first.step),
        agent="HTTP" if station is Station.WEB else first.agent,
        host=" → ".join(hosts),
        title=title,
        began=first.time - began_at,
        took=max(0.0, last.time - first.time),
        state=_state(events),
        lines=tuple(lines[:LINES_LIMIT]),
        facts=tuple(_facts(station, events, began_at)),
    )


def _timed(events: list[Event]) -> list[Event]:
    """Those that tell when it was: the greeting of a connection (exchange 0 of a server's session) was perhaps
    for another message."""
    own = [event for event in events if event.exchange > 0 or not _HELD_SESSION.match(event.session)]
    return own or events


def _last_of_it(events: list[Event]) -> Event:
    """A connection is kept open for the next message: QUIT is not part of this one's way."""
    for at, event in enumerate(events):
        if event.direction == "C" and event.text.upper() == "QUIT" and at:
            return events[at - 1]
    return events[-1]


def _state(events: list[Event]) -> State:
    for event in reversed(events):
        if event.kind in _FAILED:
            return State.FAILED
        if event.kind in _WAITING or (event.kind == "list" and event.text.startswith("held")):
            return State.WAITING
        if event.kind in ("relayed", "delivered", "accepted", "passed", "queued", "answered"):
            return State.DONE
    return State.DONE


def _facts(station: Station, events: list[Event], began_at: float) -> list[Fact]:
    """What this moment knows: envelope, header and body as they went by, verdicts, answers, what was done."""
    facts: list[Fact] = []
    content = False
    for event in events:
        text = event.text
        if event.direction == "C" and (_MAIL.match(text) or _RCPT.match(text)):
            facts.append(Fact("envelope", text))
        elif event.direction == "S" and text.startswith("354"):
            content = True
        elif event.direction == "C" and content:
            content = text != "."
            if content and text.partition(":")[0].lower() in ("from", "to", "cc", "subject", "message-id", "date"):
                facts.append(Fact("header", clean_line(decode_words(text.encode()))))
        elif event.agent == "FILTER":
            facts.append(Fact("verdict", text))
        elif station is Station.DNS and event.kind in ("answered", "silent"):
            facts.append(Fact("dns", text))
        elif not event.direction and event.kind not in ("connected", "disconnected") and _is_of_it(station, event):
            queue_id = f" [{event.queue_id}]" if event.queue_id else ""
            when = f"+{duration(event.time - began_at)} " if event.kind in _WAITING else ""  # attempts, one by one
            kind = "queue" if station is Station.QUEUE else "note"
            facts.append(Fact(kind, f"{when}{event.kind}{queue_id}: {text}"))
    return list(dict.fromkeys(facts))


def _is_of_it(station: Station, event: Event) -> bool:
    """One FETCH may bring many messages; the others are not this one."""
    return station is not Station.READER or bool(event.message_id)


# --- together


def _with_added(moments: list[Moment], raw: bytes) -> list[Moment]:
    """The fields each agent wrote, at its first moment; what the MTA of the writer's side did stands first."""
    added = added_fields(raw)
    told: list[Moment] = []
    for moment in moments:
        facts = added.pop(moment.station, [])
        told.append(msgspec.structs.replace(moment, facts=(*moment.facts, *facts)) if facts else moment)
    return told


def _envelope_of(moments: Iterable[Moment]) -> tuple[str, tuple[str, ...]]:
    lines = [text for moment in moments for text in moment.of("envelope")]
    senders = [found[1].strip("<>") for line in lines if (found := _MAIL.match(line))]
    recipients = [found[1].strip("<>") for line in lines if (found := _RCPT.match(line))]
    return (senders[0] if senders else ""), tuple(dict.fromkeys(recipients))


def _content_field(events: Sequence[Event], name: str) -> str:
    prefix = f"{name}:"
    value = next((event.text[len(prefix) :].strip() for event in events if event.text.startswith(prefix)), "")
    return clean_line(decode_words(value.encode()))
