"""Invitations (text/calendar, RFC 5545, 5546, 6047): what they say as a card, and the answer to one."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, Final

import msgspec

from termail.mime.outgoing import Attachment
from termail.mime.sanitize import clean_line, clean_text

CALENDAR_OCTETS: Final = 1_000_000
EVENTS: Final = 20
PEOPLE: Final = 30
_METHODS: Final = {
    "REQUEST": "Invitation",
    "CANCEL": "Cancelled",
    "REPLY": "Answer to an invitation",
    "COUNTER": "Another time is proposed",
    "PUBLISH": "Event",
    "ADD": "Added to a series",
}
_PARTSTAT: Final = {
    "ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "perhaps", "NEEDS-ACTION": "not answered",
    "DELEGATED": "delegated",
}  # fmt: skip


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a calendar part, sanitised."""

    method: str
    uid: str
    summary: str
    when: str
    where: str
    repeats: str
    organizer: str
    attendees: tuple[tuple[str, str], ...]
    description: str


def read_events(octets: bytes) -> list[Event]:
    """Never raises: a calendar that cannot be read has no events."""
    calendar = _calendar(octets)
    if calendar is None:
        return []
    method = str(calendar.get("method", "PUBLISH")).upper()
    return [_event(method, entry) for entry in calendar.walk("VEVENT")[:EVENTS]]


def card_texts(octets: bytes) -> Iterator[str]:
    """The events as lines of fact for the pager."""
    events = read_events(octets)
    if not events:
        yield "[this calendar part cannot be read; v saves it]"
    for event in events:
        yield f"{_METHODS.get(event.method, event.method.capitalize())}: {event.summary or '(no title)'}"
        for label, value in (("When", event.when), ("Where", event.where), ("Repeats", event.repeats),
                             ("From", event.organizer)):  # fmt: skip
            if value:
                yield f"  {label}: {value}"
        for name, answer in event.attendees:
            yield f"  With: {name} ({answer})"
        if event.description:
            yield from (f"  {line}" for line in event.description.split("\n")[:20])
        if event.method == "REQUEST":
            yield "  M-c answers: accept, decline or perhaps."


def answer(octets: bytes, *, me: str, partstat: str, now: float) -> tuple[Attachment, str, str]:
    """→ (the REPLY as an attachment, the organizer's address, the event's title). `partstat` is ACCEPTED, DECLINED
    or TENTATIVE. Raises ValueError for what is no invitation."""
    import icalendar

    calendar = _calendar(octets)
    request = next(iter(calendar.walk("VEVENT")), None) if calendar is not None else None
    if calendar is None or request is None or str(calendar.get("method", "")).upper() != "REQUEST":
        raise ValueError("This message is no invitation.")
    organizer = _address(request.get("organizer"))
    if not organizer:
        raise ValueError("The invitation says not whom to answer.")
    reply = icalendar.Calendar()
    reply.add("prodid", "-//termail//EN")
    reply.add("version", "2.0")
    reply.add("method", "REPLY")
    event = icalendar.Event()
    for name in ("uid", "recurrence-id", "dtstart", "dtend", "duration", "summary", "location", "sequence"):
        if name in request:
            event[name] = request[name]
    event["organizer"] = request["organizer"]
    event.add("dtstamp", datetime.fromtimestamp(now, UTC))
    attendee = icalendar.vCalAddress(f"mailto:{me}")
    attendee.params["partstat"] = icalendar.vText(partstat)
    event.add("attendee", attendee)
    reply.add_component(event)
    item = Attachment(
        filename="answer.ics",
        content_type="text/calendar",
        data=reply.to_ical(),
        parameters=(("method", "REPLY"), ("charset", "utf-8")),
        inline=True,
    )
    return item, organizer, clean_line(str(request.get("summary", "")))


def _calendar(octets: bytes) -> Any:
    """icalendar's object, imported when the first invitation is read; None when it cannot be read."""
    import icalendar

    try:
        return icalendar.Calendar.from_ical(octets[:CALENDAR_OCTETS])
    except Exception:  # noqa: BLE001 # the library raises nearly anything on broken input
        return None


def _event(method: str, entry: Any) -> Event:
    attendees = entry.get("attendee", [])
    people = attendees if isinstance(attendees, list) else [attendees]
    return Event(
        method=method,
        uid=clean_line(str(entry.get("uid", "")))[:500],
        summary=clean_line(str(entry.get("summary", "")))[:300],
        when=_when(entry),
        where=clean_line(str(entry.get("location", "")))[:300],
        repeats=_repeats(entry),
        organizer=_person(entry.get("organizer")),
        attendees=tuple((_person(person), _answered(person)) for person in people[:PEOPLE]),
        description=clean_text(str(entry.get("description", "")))[:4000].strip(),
    )


def _when(entry: Any) -> str:
    try:
        start, end = entry.decoded("dtstart"), entry.decoded("dtend", None)
    except (KeyError, ValueError):
        return "(no time that can be read)"
    if isinstance(start, datetime):
        first = _moment(start)
        if not isinstance(end, datetime):
            return first
        same_day = start.astimezone().date() == end.astimezone().date()
        return f"{first} to {end.astimezone():%H:%M}" if same_day else f"{first} to {_moment(end)}"
    return f"{start:%a %d %b %Y}, all day" if isinstance(start, date) else "(no time that can be read)"


def _moment(when: datetime) -> str:
    """In the reader's own zone; the sender's beside it when it is another."""
    here = when.astimezone()
    text = f"{here:%a %d %b %Y %H:%M}"
    if when.tzinfo is not None and when.utcoffset() != here.utcoffset():
        text += f" ({when:%H:%M} {clean_line(str(when.tzname() or ''))})"
    return text


def _repeats(entry: Any) -> str:
    rule = entry.get("rrule")
    if rule is None:
        return ""
    rule = rule[0] if isinstance(rule, list) else rule
    words = [str(value[0] if isinstance(value, list) else value).lower() for value in (rule.get("freq", ""),)]
    until = rule.get("until")
    count = rule.get("count")
    text = clean_line(words[0])
    if count:
        text += f", {count[0] if isinstance(count, list) else count} times"
    if until:
        last = until[0] if isinstance(until, list) else until
        text += f", until {last:%d %b %Y}" if isinstance(last, date) else ""
    return text


def _person(value: Any) -> str:
    if value is None:
        return ""
    name = clean_line(str(getattr(value, "params", {}).get("cn", "")))
    address = _address(value)
    return f"{name} <{address}>" if name and address and name != address else address or name


def _address(value: Any) -> str:
    text = clean_line(str(value or ""))
    return text[7:].strip() if text.lower().startswith("mailto:") else ""


def _answered(value: Any) -> str:
    partstat = str(getattr(value, "params", {}).get("partstat", "NEEDS-ACTION")).upper()
    return _PARTSTAT.get(partstat, clean_line(partstat.lower()))
