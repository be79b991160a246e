"""One line on the wire: who said it on which connection, what caused it, and whether TLS hid it."""

from typing import Final

import msgspec

from termail.agent.messages import WireLine
from termail.classroom.event import Event

_AGENT_OF: Final = {"imap": "MRA", "pop3": "MRA", "smtp": "LMTA", "managesieve": "MUA"}
_SERVICES: Final = {
    "submission": "smtp",
    "submissions": "smtp",
    "smtp": "smtp",
    "lmtp": "smtp",
    "relay": "smtp",
    "dns": "dns",
    "imap": "imap",
    "imaps": "imap",
    "pop3": "pop3",
    "pop3s": "pop3",
    "managesieve": "managesieve",
}


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """`place` is the account (the client's own taps) or the host; `direction` C, S, or "" for what happened;
    `connection` names one conversation at that place. `is_content`: part of a message, not of the dialogue."""

    time: float
    place: str
    protocol: str
    direction: str
    text: str
    agent: str = ""
    connection: str = ""
    peer: str = ""
    cause: str = ""
    queue_id: str = ""
    message_id: str = ""
    operation_id: int = 0
    is_encrypted: bool = False
    is_content: bool = False
    is_ours: bool = False

    @property
    def conversation(self) -> tuple[str, str]:
        """What keeps the connections of all places apart."""
        return self.place, self.connection


def spoken_here(line: WireLine) -> Spoken:
    """A line of the client's own tap."""
    return Spoken(
        time=line.time,
        place=line.account,
        protocol=line.protocol,
        direction=line.direction,
        text=line.text,
        agent=_AGENT_OF.get(line.protocol, ""),
        connection=line.connection,
        peer=line.server,
        cause=line.cause,
        operation_id=line.operation_id,
        message_id=line.message_id,
        is_encrypted=line.is_encrypted,
        is_ours=True,
    )


def spoken_there(event: Event) -> Spoken:
    """An event of a host's journal: a line of dialogue, a question to the DNS, or what an agent did."""
    protocol = "dns" if event.agent == "DNS" else service_protocol(event.session)
    direction = event.direction
    if protocol == "dns" and not direction:
        direction = "C" if event.kind == "asked" else "S"
    text = event.text if direction else f"{event.kind}: {event.text}"
    if event.kind == "packet":
        protocol, text = "tls", f"{event.text} …  {event.octets} octets"
    return Spoken(
        time=event.time,
        place=event.host,
        protocol=protocol,
        direction=direction,
        text=text,
        agent=event.agent,
        connection=event.session or event.agent.lower(),
        peer=event.peer,
        queue_id=event.queue_id,
        message_id=event.message_id,
        is_encrypted=bool(event.tls) and event.kind != "packet",
    )


def service_protocol(session: str) -> str:
    """The protocol of a journal's session name ("submission-000006")."""
    return _SERVICES.get(session.rpartition("-")[0], "")
