"""THREAD and UID THREAD (RFC 5256)."""

import asyncio
import re
from collections.abc import Callable, Iterable, Sequence

from bundled_server.maa.imap.context import Done, Feature, ImapContext, Verb
from bundled_server.maa.imap.envelope_faces import Depth, Face
from bundled_server.maa.imap.searching import matching_positions
from bundled_server.maa.imap.sorting import load_faces, sent_column
from bundled_server.maa.imap.spans import pick
from bundled_server.maa.imap.subjects import base_subject
from bundled_server.maa.imap.threads import Message, Node, by_references, by_subject, format_threads
from bundled_server.protocols.imap import commands
from bundled_server.protocols.imap.grammar import SELECTED, Syntax
from bundled_server.protocols.imap.sorting import thread

_FIELD = re.compile(
    rb"^(message-id|references|in-reply-to)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)", re.IGNORECASE | re.MULTILINE
)
_ID = re.compile(rb"<([^<>\r\n]{1,998})>")
_HEADERS_AT_ONCE = 512
_SEARCHED_HEADER_OCTETS = 262_144
_MOST_REFERENCES = 500

_Link = tuple[bytes, tuple[bytes, ...]]
_Row = tuple[int, float, Face, _Link]


async def _thread(context: ImapContext, request: commands.Thread) -> Done:
    await _answer(context, request, by_uid=False)
    return Done("THREAD completed")


async def _thread_by_uid(context: ImapContext, request: commands.Thread) -> Done:
    await _answer(context, request, by_uid=True)
    return Done("UID THREAD completed")


async def _answer(context: ImapContext, request: commands.Thread, *, by_uid: bool) -> None:
    selected, service = context.mailbox, context.service
    found = await matching_positions(service.store, selected, request.key, service.clock.now())
    uids = pick(selected.known.uids, found)
    numbers = uids if by_uid else [position + 1 for position in found]
    rows = await _rows(context, found, numbers, with_references=request.algorithm == b"REFERENCES")
    build = by_references if request.algorithm == b"REFERENCES" else by_subject
    text = await asyncio.to_thread(_threads, build, rows)
    context.untagged(b"THREAD " + text if text else b"THREAD")


def _threads(build: Callable[[list[Message]], list[Node]], rows: Iterable[_Row]) -> bytes:
    return format_threads(
        build([Message(number, when, base_subject(face.subject), *link) for number, when, face, link in rows])
    )


async def _rows(
    context: ImapContext, positions: Sequence[int], numbers: Sequence[int], *, with_references: bool
) -> Iterable[_Row]:
    """What threading needs of each message: number, date, face, links."""
    content_ids = pick(context.mailbox.known.content_ids, positions)
    sent = await sent_column(context, positions)
    faces = await load_faces(context.service, content_ids, Depth.SUBJECT)
    links: list[_Link] = [(b"", ())] * len(content_ids)
    if with_references:
        links = await _links(context, content_ids)
    return zip(numbers, sent, faces, links, strict=True)


async def _links(context: ImapContext, content_ids: Sequence[int]) -> list[_Link]:
    """Message-ID and references of each message."""
    links: list[_Link] = []
    for start in range(0, len(content_ids), _HEADERS_AT_ONCE):
        headers = await context.service.store.headers(content_ids[start : start + _HEADERS_AT_ONCE])
        links += map(read_links, headers)
        await asyncio.sleep(0)  # others' turn
    return links


def read_links(header: bytes) -> _Link:
    """The Message-ID of a header and the messages it refers to, the nearest last: References, or without them the
    first id of In-Reply-To (RFC 5256 §4)."""
    values: dict[bytes, bytes] = {}
    for name, value in _FIELD.findall(header, 0, _SEARCHED_HEADER_OCTETS):
        values.setdefault(name.lower(), value)
    own = _ids(values.get(b"message-id", b""))[:1]
    references = _ids(values.get(b"references", b""))[-_MOST_REFERENCES:]
    if not references:
        references = _ids(values.get(b"in-reply-to", b""))[:1]
    return (own[0] if own else b""), tuple(references)


def _ids(value: bytes) -> list[bytes]:
    """Message ids without brackets; quoting in them means nothing."""
    return [found.replace(b'"', b"").strip() for found in _ID.findall(value)]


FEATURE = Feature(
    verbs=(
        Verb(Syntax("THREAD", SELECTED, thread), _thread, expunges=False),
        Verb(Syntax("UID THREAD", SELECTED, thread), _thread_by_uid),
    ),
    capabilities=(b"THREAD=ORDEREDSUBJECT", b"THREAD=REFERENCES"),
)
