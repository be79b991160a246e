"""Scenes: what one agent did at one step of the lecture's picture, with the dialogue that was heard there."""

from collections.abc import Iterable, Sequence

import msgspec

from termail.classroom.event import Event

STEP_TITLES = {
    1: "a person types a message into the MUA",
    2: "the MUA hands it to its local MTA",
    3: "the message waits in a mail queue",
    4: "the queue lies on the local file system",
    5: "the local MTA submits it to its server by SMTP",
    6: "one MTA relays it to the other by SMTP",
    7: "the MTA asks the DNS where the domain's mail goes",
    8: "the DNS answers with the mail exchanger",
    9: "the MTA hands it to the local delivery agent, past the filters",
    10: "the MDA puts it into the mailbox",
    11: "the MUA's retrieval agent fetches it from the access agent by IMAP",
    12: "webmail: the same mailbox in a browser, by HTTP",
}
"""The numbered arrows of the lecture's extended architecture."""


class Line(msgspec.Struct, frozen=True):
    """One line of a scene: "C" and "S" are dialogue, "" is what happened."""

    direction: str
    text: str


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """`step` is the lecture's number, `host` where it happened ("" on the user's own machine), `seconds` since the
    journey began."""

    step: int
    agent: str
    host: str
    title: str
    seconds: float
    lines: tuple[Line, ...]


def scene(step: int, agent: str, lines: Iterable[Line], *, host: str = "", seconds: float = 0.0) -> Scene:
    """A scene with the title of its step."""
    return Scene(
        step=step, agent=agent, host=host, title=STEP_TITLES.get(step, ""), seconds=seconds, lines=tuple(lines)
    )


def transcript_lines(transcript: Sequence[str]) -> list[Line]:
    """Lines "C: …" and "S: …" as the local MTA keeps them."""
    return [Line(line[:1], line[3:]) if line[1:3] == ": " else Line("", line) for line in transcript]


def server_scenes(events: Sequence[Event], began: float) -> list[Scene]:
    """The hosts' own journals as scenes, in the order in which each began.

    The dialogue of a submission is left to the client's transcript, and that of a transfer to the side that
    relays: the same lines would stand twice.
    """
    scenes: dict[tuple[str, str, int], list[Event]] = {}
    for event in events:
        if event.step and not _is_heard_elsewhere(event):
            scenes.setdefault((event.host, event.agent, event.step), []).append(event)
    ordered = sorted(scenes.items(), key=lambda entry: entry[1][0].time)
    return [
        scene(
            step,
            agent,
            (Line(event.direction, event.text if event.direction else _told(event)) for event in found),
            host=host,
            seconds=found[0].time - began,
        )
        for (host, agent, step), found in ordered
    ]


def retrieval_lines(heard: Sequence[Line], mailbox: str = "INBOX") -> list[Line]:
    """Of an IMAP dialogue, the greeting and login, and what was said while `mailbox` was selected."""
    shown: list[Line] = []
    is_shown = True
    for line in heard:
        if line.direction == "C":
            command = line.text.partition(" ")[2]
            if command.startswith(("LIST", "LSUB", "STATUS", "ID", "ENABLE", "NAMESPACE")):
                is_shown = False
            elif command.startswith(("SELECT", "EXAMINE")):
                is_shown = mailbox in command
        if is_shown:
            shown.append(line)
    return shown


def _is_heard_elsewhere(event: Event) -> bool:
    return event.kind in ("wire", "connected") and event.session.startswith(("smtp", "submission", "imap", "pop3"))


def _told(event: Event) -> str:
    """What happened, in words."""
    queue_id = f" [{event.queue_id}]" if event.queue_id else ""
    return f"{event.kind}{queue_id}: {event.text}"
