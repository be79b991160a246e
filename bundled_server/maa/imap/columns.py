"""FETCH's plan: the items of one command, turned once into columns that whole batches run through."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from bundled_server.maa.imap.header_fields import cut, field_chooser
from bundled_server.maa.imap.objects import email_id_text
from bundled_server.maa.imap.sections import OpenedMessage, needs_structure, section_reader
from bundled_server.maa.imap.selected import SelectedMailbox
from bundled_server.maa.imap.spans import pick
from bundled_server.mailbox.store import Summary
from bundled_server.protocols.imap.dates import format_date_time
from bundled_server.protocols.imap.fetch_items import FetchItem, Item, Part, Section
from bundled_server.protocols.imap.responses import literal, nstring

ENVELOPE = b"ENVELOPE"


class Needs(IntEnum):
    """How deep into the store an item reaches."""

    INDEX = 0
    THREAD = 1
    SUMMARY = 2
    HEADER = 3
    BODY = 4


@dataclass(slots=True)
class Batch:
    """Some messages, and of them what the plan needs; columns run parallel to `positions`. `texts`
    are what the plan's makers made, under their names."""

    selected: SelectedMailbox
    positions: Sequence[int]
    thread_ids: list[bytes] = field(default_factory=list)
    texts: dict[bytes, list[bytes]] = field(default_factory=dict)
    bodies: list[OpenedMessage] = field(default_factory=list)
    newly_seen: frozenset[int] = frozenset()


Column = Callable[[Batch], Iterable[object]]


@dataclass(frozen=True, slots=True)
class Plan:
    """`template` takes the sequence number and one value of each column. What a maker makes of the summary or the
    header of a content is the same every time, under a name that says all about it."""

    template: bytes
    columns: tuple[Column, ...]
    needs: frozenset[Needs]
    of_summaries: Mapping[bytes, Callable[[Summary], bytes]]
    of_headers: Mapping[bytes, Callable[[bytes], bytes]]
    marks_seen: bool
    reads_structure: bool
    sections: tuple[Section, ...]

    def most_octets(self, batch: Batch) -> int:
        """What the sections of a batch can come to."""
        sizes = pick(batch.selected.known.sizes, batch.positions)
        counts = [section.partial[1] if section.partial else None for section in self.sections]
        return sum(size if count is None else min(size, count) for size in sizes for count in counts)

    def render(self, batch: Batch) -> bytes:
        """The FETCH responses of a batch."""
        numbers = (position + 1 for position in batch.positions)
        rows = zip(numbers, *(column(batch) for column in self.columns), strict=True)
        return b"".join(map(self.template.__mod__, rows))


def make_plan(items: tuple[FetchItem, ...], *, by_uid: bool) -> Plan:
    """Look at the items once, so that nothing about them is decided message by message."""
    if by_uid and Item.UID not in items:
        items = (Item.UID, *items)
    fragments, columns, needs = [], [], set()
    for item in items:
        fragment, column, need = _SIMPLE[item] if isinstance(item, Item) else _section_column(item)
        fragments.append(fragment)
        columns.append(column)
        needs.add(need)
    sections = tuple(item for item in items if isinstance(item, Section))
    marks_seen = any(not section.peek for section in sections)
    tail = b")\r\n"
    if marks_seen and Item.FLAGS not in items:
        columns.append(_newly_seen_flags)
        tail = b"%b)\r\n"
    template = b"* %d FETCH (" + b" ".join(fragments) + tail
    reads_structure = any(map(needs_structure, sections))
    of_summaries = {name: make for item, (name, make) in _OF_SUMMARIES.items() if item in items}
    of_headers = {_name(section): _header_maker(section) for section in sections if _is_of_header(section)}
    return Plan(
        template,
        tuple(columns),
        frozenset(needs),
        of_summaries,
        of_headers,
        marks_seen,
        reads_structure,
        sections,
    )


def _is_of_header(section: Section) -> bool:
    return not section.path and section.part in (Part.HEADER, Part.FIELDS, Part.FIELDS_NOT)


def _name(section: Section) -> bytes:
    """A label tells where a partial begins, and not where it ends."""
    return section.label if section.partial is None else b"%b%d" % (section.label, section.partial[1])


def _header_maker(section: Section) -> Callable[[bytes], bytes]:
    choose = field_chooser(section)
    return lambda header: _text(cut(choose(header), section.partial))


def _made(name: bytes) -> Column:
    return lambda batch: batch.texts[name]


def _section_column(section: Section) -> tuple[bytes, Column, Needs]:
    fragment = section.label.replace(b"%", b"%%") + b" %b"
    if _is_of_header(section):
        return fragment, _made(_name(section)), Needs.HEADER
    as_text = _TEXTS.get(section.part, _text)
    read = section_reader(section)

    def from_body(batch: Batch) -> Iterable[object]:
        return (as_text(read(body)) for body in batch.bodies)

    return fragment, from_body, Needs.BODY


def _text(octets: bytes | None) -> bytes:
    if octets is None:
        return b"NIL"
    return literal(octets) if octets else b'""'


def _binary_text(octets: bytes | None) -> bytes:
    """RFC 3516 §4.2: what holds NUL can only be a literal8."""
    return b"~" + literal(octets) if octets is not None and b"\0" in octets else _text(octets)


def _size_text(octets: bytes | None) -> bytes:
    return b"%d" % len(octets or b"")


_TEXTS: dict[Part, Callable[[bytes | None], bytes]] = {
    Part.BINARY: _binary_text,
    Part.BINARY_SIZE: _size_text,
    Part.PREVIEW: nstring,
}


def _newly_seen_flags(batch: Batch) -> Iterable[object]:
    selected, newly_seen = batch.selected, batch.newly_seen
    texts = ((at, selected.flag_text(at) + selected.modseq_text(at)) for at in newly_seen)
    told = {at: b" FLAGS " + text for at, text in texts}
    return (told.get(at, b"") for at in batch.positions)


_OF_SUMMARIES: dict[Item, tuple[bytes, Callable[[Summary], bytes]]] = {
    Item.ENVELOPE: (ENVELOPE, lambda summary: summary.envelope),
    Item.BODY: (b"BODY", lambda summary: summary.body),
    Item.BODYSTRUCTURE: (b"BODYSTRUCTURE", lambda summary: summary.body_structure),
}

_SIMPLE: dict[Item, tuple[bytes, Column, Needs]] = {
    Item.UID: (b"UID %d", lambda batch: pick(batch.selected.known.uids, batch.positions), Needs.INDEX),
    Item.FLAGS: (b"FLAGS %b", lambda batch: batch.selected.flag_texts(batch.positions), Needs.INDEX),
    Item.INTERNALDATE: (
        b"INTERNALDATE %b",
        lambda batch: map(format_date_time, pick(batch.selected.known.dates, batch.positions)),
        Needs.INDEX,
    ),
    Item.SIZE: (b"RFC822.SIZE %d", lambda batch: pick(batch.selected.known.sizes, batch.positions), Needs.INDEX),
    Item.MODSEQ: (b"MODSEQ (%d)", lambda batch: batch.selected.modseqs_at(batch.positions), Needs.INDEX),
    Item.SAVEDATE: (
        b"SAVEDATE %b",
        lambda batch: map(format_date_time, pick(batch.selected.known.save_dates, batch.positions)),
        Needs.INDEX,
    ),
    Item.EMAILID: (
        b"EMAILID (%b)",
        lambda batch: map(email_id_text, pick(batch.selected.known.content_ids, batch.positions)),
        Needs.INDEX,
    ),
    Item.THREADID: (b"THREADID (%b)", lambda batch: batch.thread_ids, Needs.THREAD),
    **{item: (name + b" %b", _made(name), Needs.SUMMARY) for item, (name, _) in _OF_SUMMARIES.items()},
}
