"""What the filter may learn from a user: mail moved into and out of Junk, and the junk keywords."""

from collections.abc import Iterable, Sequence
from typing import Final

from bundled_server.maa.imap.context import ImapContext
from bundled_server.maa.imap.selected import positions_of
from bundled_server.mailbox.changes import Added, AddMessage
from bundled_server.mailbox.store import Mailbox, StoreError
from bundled_server.mailbox.training import Kind
from bundled_server.protocols.imap.commands import StoreFlags

JUNK: Final = "\\Junk"
TELLS_NOTHING: Final = frozenset((JUNK, "\\Trash", "\\Sent", "\\Drafts"))
"""Who moves junk there, or puts mail there, does not say that it is none."""

JUNK_KEYWORDS: Final = frozenset(("$junk", "junk"))
NOT_JUNK_KEYWORDS: Final = frozenset(("$notjunk", "notjunk", "$nonjunk", "nonjunk"))


def teach_by_transfer(context: ImapContext, target: Mailbox, spans: Iterable[range]) -> None:
    """COPY or MOVE from the selected mailbox: into Junk it is spam, out of it to where mail is kept it is none."""
    source = context.mailbox.mailbox
    if target.special_use == JUNK and source.special_use != JUNK:
        _teach(context, Kind.SPAM, _content_ids(context, spans))
    elif source.special_use == JUNK and target.special_use not in TELLS_NOTHING:
        _teach(context, Kind.HAM, _content_ids(context, spans))


async def teach_by_append(
    context: ImapContext, mailbox: Mailbox, changes: Sequence[AddMessage], added: Sequence[Added]
) -> None:
    """Some clients move by APPEND. Into Junk it is spam; elsewhere what was spam so far is none."""
    if context.service.teach is None or (mailbox.special_use in TELLS_NOTHING and mailbox.special_use != JUNK):
        return
    try:
        if mailbox.special_use == JUNK:
            await _teach_uids(context, Kind.SPAM, mailbox, [one.uid for one in added])
        else:
            await _teach_uids(context, Kind.HAM, mailbox, await _known_as_spam(context, changes, added))
    except StoreError as weather:  # the messages are stored, whatever becomes of the lesson
        context.record.note("untaught", f"nothing learned from {mailbox.name}: {weather}")


async def _known_as_spam(context: ImapContext, changes: Sequence[AddMessage], added: Sequence[Added]) -> list[int]:
    """The UIDs of those messages that the user called spam before."""
    store = context.service.store
    return [
        one.uid
        for change, one in zip(changes, added, strict=True)
        if await store.trained_as(context.owner, change.content.digest) is Kind.SPAM
    ]


async def _teach_uids(context: ImapContext, kind: Kind, mailbox: Mailbox, uids: Sequence[int]) -> None:
    if uids:
        index = await context.service.store.index(mailbox.mailbox_id)
        _teach(context, kind, (index.content_ids[at] for run in positions_of(uids, index.uids) for at in run))


def teach_by_keywords(context: ImapContext, request: StoreFlags, spans: Iterable[range]) -> None:
    """STORE of $Junk, $NotJunk and their older names; taking $Junk away takes the training back."""
    words = {flag.lower() for flag in request.flags}
    is_junk, is_none = bool(words & JUNK_KEYWORDS), bool(words & NOT_JUNK_KEYWORDS)
    if is_junk == is_none:
        return
    kind = Kind.SPAM if is_junk else Kind.HAM
    if request.mode == b"-":
        _teach(context, Kind.NOTHING, _content_ids(context, spans), only_if=kind)
    else:
        _teach(context, kind, _content_ids(context, spans))


def _content_ids(context: ImapContext, spans: Iterable[range]) -> Iterable[int]:
    """The contents of the messages at these places, as the client knows them."""
    known = context.mailbox.known.content_ids
    return (known[at] for span in spans for at in span)


def _teach(context: ImapContext, kind: Kind, content_ids: Iterable[int], only_if: Kind | None = None) -> None:
    if context.service.teach is not None:
        context.service.teach(context.owner, kind, list(content_ids), only_if)
