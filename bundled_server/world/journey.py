"""One message's journey: what the world's journal knows, joined by Message-ID, queue id and session."""

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from bundled_server.journal import Agent, Event
from bundled_server.world.journal import NAME_SERVER

_OWNER = re.compile(r"into (.+?)'s ")
_UID = re.compile(r"UID (\d+),")
_FETCHED = re.compile(r"\* \d+ FETCH \(.*?UID (\d+)")
_TAGGED = re.compile(r"[A-Za-z0-9]+ (?:OK|NO|BAD)\b")
OWN_SESSIONS = "relay-"
"""A relay's lines say themselves which message they carry: one connection may bring many."""


def journey_of(events: Sequence[Event], message_id: str) -> list[Event]:
    """The events of one message, in order: what names it or one of its queue ids, the whole exchanges in which
    these stand with the greeting before them, and what the name server was asked meanwhile on its behalf."""
    wanted = message_id.strip("<>")
    if not wanted:
        return []
    queue_ids = {event.queue_id for event in events if event.message_id.strip("<>") == wanted} - {""}
    own = [event for event in events if event.message_id.strip("<>") == wanted or event.queue_id in queue_ids]
    others = _other_readers(events, own)
    own = [event for event in own if event.agent is not Agent.MAA or event.number not in others]
    exchanges = {(event.host, event.session, event.exchange) for event in own if _has_exchanges(event)}
    during = [event for event in events if (event.host, event.session, event.exchange) in exchanges]
    during = list(_without_other_answers(during, own))
    numbers = {event.number for event in (*own, *during)} | _questions_asked(events, own)
    numbers |= _said_beside(events, during)
    return [event for event in events if event.number in numbers and not _is_of_another(event, wanted, queue_ids)]


def _said_beside(events: Sequence[Event], during: Sequence[Event]) -> set[int]:
    """Of what belongs to a session and to none of its exchanges: its greeting, and verdicts given meanwhile."""
    spans: dict[tuple[str, str], tuple[int, int]] = {}
    for event in during:
        first, last = spans.get((event.host, event.session), (event.number, event.number))
        spans[event.host, event.session] = (min(first, event.number), max(last, event.number))
    return {
        event.number
        for event in events
        if event.exchange == 0
        and (span := spans.get((event.host, event.session))) is not None
        and event.agent is not Agent.MAA  # a reader's connection was there long before
        and (event.agent is not Agent.FILTER or span[0] <= event.number <= span[1])
    }


def _other_readers(events: Sequence[Event], own: Sequence[Event]) -> set[int]:
    """What the access agent did for others than those it was delivered to: the writer's own copy in Sent is stored
    and fetched as well, and nobody has read the message by that."""
    owners = {
        (event.host, found[1])
        for event in own
        if event.kind == "delivered" and (found := _OWNER.match(event.text))
    }
    users = {
        (event.host, event.session): event.text.removeprefix("user ")
        for event in events
        if event.agent is Agent.MAA and event.kind == "authenticated"
    }
    return {
        event.number
        for event in own
        if event.agent is Agent.MAA
        and (
            event.kind not in ("retrieved", "shown")
            or (event.host, users.get((event.host, event.session))) not in owners
        )
    }


def _without_other_answers(during: Sequence[Event], own: Sequence[Event]) -> Iterator[Event]:
    """One FETCH may bring many messages: the others' answers are left out."""
    uids = {
        (event.host, event.session, event.exchange, found[1])
        for event in own
        if event.kind == "retrieved" and (found := _UID.match(event.text))
    }
    skipping: set[tuple[str, str, int]] = set()
    for event in during:
        here = (event.host, event.session, event.exchange)
        if event.direction == "C" or _TAGGED.match(event.text):
            skipping.discard(here)
        elif found := _FETCHED.match(event.text):
            is_own = (*here, found[1]) in uids
            (skipping.discard if is_own else skipping.add)(here)
        if here not in skipping or event.direction != "S":
            yield event


def _is_of_another(event: Event, message_id: str, queue_ids: AbstractSet[str]) -> bool:
    """One connection carries many messages: what names another one is not about this one."""
    if event.queue_id:
        return event.queue_id not in queue_ids
    return event.message_id.strip("<>") not in ("", message_id)


def _has_exchanges(event: Event) -> bool:
    return bool(event.session) and event.agent in (Agent.MSA, Agent.MTA, Agent.MAA) and event.exchange > 0


def _questions_asked(events: Sequence[Event], own: Sequence[Event]) -> set[int]:
    """The dialogues with the name server between a host's question and its answer; an answer that the host
    remembered has none."""
    sessions: set[str] = set()
    asked = ""
    since = 0
    for step in (event for event in own if event.agent is Agent.DNS):
        if step.kind == "asked":
            asked, since = step.text, step.number
        else:
            sessions |= {
                event.session
                for event in events
                if event.host == NAME_SERVER and since < event.number < step.number and event.text == asked
            }
    return {event.number for event in events if event.host == NAME_SERVER and event.session in sessions}
