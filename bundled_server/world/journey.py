"""One message's journey: what the world's journal knows, joined by Message-ID, queue id and session."""

from collections.abc import Sequence

from bundled_server.journal import Agent, Event
from bundled_server.world.journal import NAME_SERVER

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
    exchanges = {(event.host, event.session, event.exchange) for event in own if _has_exchanges(event)}
    exchanges |= {(host, session, 0) for host, session, _ in exchanges}
    numbers = {event.number for event in own} | _questions_asked(events, own)
    return [
        event
        for event in events
        if event.number in numbers or (event.host, event.session, event.exchange) in exchanges
    ]


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
