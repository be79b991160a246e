"""A journey read from the message alone: its Received fields, what servers found, who signed it."""

from termail.classroom.journey.fields import added_fields, header_fields, letter_facts
from termail.classroom.journey.model import Fact, Journey, Moment, State, Station
from termail.mime.trust import Hop, hops, verdicts

SLOW_SECONDS = 60.0


def journey_from_headers(raw: bytes) -> Journey:
    """Hop after hop, oldest first; believe the top of it, which your own server wrote, more than the bottom."""
    way = hops(raw)
    fields = {name.lower(): value for name, value in header_fields(raw)}
    began_at = min((hop.date for hop in way if hop.date), default=0.0)
    added = added_fields(raw)
    moments: list[Moment] = []
    if way:
        moments.append(_written(raw, added))
        moments += [
            _hop(hop, before, number, began_at)
            for number, (before, hop) in enumerate(zip([None, *way[:-1]], way, strict=True))
        ]
        moments += _arrived(raw, added, moments[-1].began)
    return Journey(
        message_id=fields.get("message-id", ""),
        subject=fields.get("subject", ""),
        sender=fields.get("return-path", fields.get("from", "")).strip("<>"),
        recipients=tuple(dict.fromkeys(hop.for_ for hop in way if hop.for_)),
        source="headers",
        began_at=began_at,
        moments=tuple(moments),
    )


def _written(raw: bytes, added: dict[Station, list[Fact]]) -> Moment:
    return Moment(
        station=Station.MUA,
        step=1,
        agent="MUA",
        host="",
        title="written, and given its header",
        clocked=False,
        facts=(*letter_facts(raw), *added.get(Station.MUA, [])),
    )


def _hop(hop: Hop, before: Hop | None, number: int, began_at: float) -> Moment:
    """One Received field. The first that says the sender signed in is a submission."""
    protocol = hop.protocol.upper()
    is_submission = number == 0 and protocol.endswith("A")
    delay = max(0.0, hop.date - before.date) if before is not None and hop.date and before.date else 0.0
    notes = [f"by {hop.protocol or 'an unnamed protocol'}{_letters(protocol)}"]
    notes += [f"queue id {hop.queue_id}"] if hop.queue_id else []
    notes += [f"it lay here or on the way for {delay:,.0f} s"] if delay >= SLOW_SECONDS else []
    return Moment(
        station=Station.MSA if is_submission else Station.MTA,
        step=5 if is_submission else 6,
        agent="MSA" if is_submission else "MTA",
        host=f"{hop.from_ or 'somebody'} → {hop.by or '?'}",
        title="submitted to its own server" if is_submission else "handed from one server to the next",
        began=max(0.0, hop.date - delay - began_at) if hop.date else 0.0,
        took=delay,
        clocked=bool(hop.date),
        facts=(
            *([Fact("envelope", f"RCPT TO:<{hop.for_}>")] if hop.for_ else []),
            *(Fact("note", note) for note in notes),
        ),
    )


def _arrived(raw: bytes, added: dict[Station, list[Fact]], now: float) -> list[Moment]:
    """What the last server found, and the delivery."""
    moments: list[Moment] = []
    found = verdicts(raw)
    filtered = added.get(Station.FILTERS, [])
    if found or filtered:
        facts = [Fact("verdict", f"{one.method} {one.result} {one.subject}, says {one.server}") for one in found]
        failed = any(one.result in ("fail", "permerror") for one in found)
        moments.append(
            Moment(
                station=Station.FILTERS,
                step=9,
                agent="FILTER",
                host=found[0].server if found else "",
                title="what servers found (believe your own ones only)",
                began=now,
                clocked=False,
                state=State.WAITING if failed else State.DONE,
                facts=(*facts, *filtered),
            )
        )
    delivery = added.get(Station.MDA, [])
    for station, step, title in (
        (Station.MDA, 9, "delivered: the MDA notes the envelope"),
        (Station.MAILBOX, 10, "in the mailbox"),
    ):
        facts = delivery if station is Station.MDA else []
        moments.append(
            Moment(
                station=station, step=step, agent="MDA", host="", title=title, began=now, clocked=False,
                facts=tuple(facts),
            )
        )  # fmt: skip
    return moments


def _letters(protocol: str) -> str:
    """RFC 3848: S is TLS, A is signed in."""
    letters = protocol.removeprefix("UTF8").removeprefix("E").removeprefix("SMTP").removeprefix("LMTP")
    if len(letters) > 2:
        return ""
    notes = [words for letter, words in (("S", "under TLS"), ("A", "signed in")) if letter in letters]
    return f" ({', '.join(notes)})" if notes else ""
