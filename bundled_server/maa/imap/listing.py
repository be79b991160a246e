"""LIST and NAMESPACE: which mailboxes there are (RFC 3501 §6.3.8, RFC 5258, RFC 5819, RFC 6154, RFC 2342)."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from bundled_server.maa.imap.context import Done, Feature, ImapContext, Refusal, Verb
from bundled_server.maa.imap.patterns import LONGEST_PATTERN, canonical, inbox_first, matches, parents
from bundled_server.maa.imap.status import tell_status
from bundled_server.mailbox.names import SHARED
from bundled_server.mailbox.store import Mailbox, NoSuchMailbox
from bundled_server.protocols.imap import arguments, commands
from bundled_server.protocols.imap.grammar import AFTER_LOGIN, Syntax
from bundled_server.protocols.imap.listing import list_chosen
from bundled_server.protocols.imap.responses import string

_NAMES_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class _Names:
    """An owner's names: mailboxes, subscriptions, and of both the levels above them."""

    mailboxes: dict[str, Mailbox]
    subscribed: frozenset[str]
    known: frozenset[str]
    with_children: frozenset[str]

    def chosen(self, selection: frozenset[bytes]) -> frozenset[str]:
        """The names that the selection options mean (RFC 5258 §3.1)."""
        names = self.known
        if b"SUBSCRIBED" in selection:
            names = self.subscribed
        if b"SPECIAL-USE" in selection:
            names = names & {mailbox.name for mailbox in self.mailboxes.values() if mailbox.special_use}
        return names

    def attributes(self, name: str, request: commands.ListChosen, *, is_rev2: bool) -> bytes:
        mailbox = self.mailboxes.get(name)
        words = [b"\\HasChildren" if name in self.with_children else b"\\HasNoChildren"]
        if mailbox is None:
            words.insert(0, b"\\NonExistent" if request.is_extended or is_rev2 else b"\\Noselect")
        elif mailbox.special_use:
            words.append(mailbox.special_use.encode("ascii"))
        if b"SUBSCRIBED" in request.selection | request.returns and name in self.subscribed:
            words.append(b"\\Subscribed")
        return b" ".join(words)


async def _names_of(context: ImapContext) -> _Names:
    store = context.service.store
    everything = (*await store.mailboxes(context.owner), *await context.shared())
    mailboxes = {mailbox.name: mailbox for mailbox in everything}
    subscribed = frozenset(canonical(name) for name in await store.subscriptions(context.owner))
    inner = frozenset(parent for name in mailboxes for parent in parents(name))
    return _Names(mailboxes, subscribed, inner.union(mailboxes), inner)


async def _list(context: ImapContext, request: commands.ListChosen) -> Done:
    if request.patterns == (b"",) and not request.selection:  # RFC 3501 §6.3.8: the separator and the root
        context.untagged(b'LIST (\\Noselect) "/" ""')
        return Done("LIST completed")
    patterns = [_full_pattern(context, request.reference, pattern) for pattern in request.patterns]
    names = await _names_of(context)
    chosen = names.chosen(request.selection)
    hinted = _hinted(chosen, patterns) if b"RECURSIVEMATCH" in request.selection else frozenset()
    for number, name in enumerate(sorted(chosen | hinted, key=inbox_first)):
        if not number % _NAMES_AT_ONCE:
            await asyncio.sleep(0)  # others' turn
        if not any(matches(pattern, name) for pattern in patterns):
            continue
        tail = _child_info(request) if name in hinted else b""
        attributes = names.attributes(name, request, is_rev2=context.is_rev2)
        context.untagged(b'LIST (%b) "/" %b%b' % (attributes, context.name_octets(name), tail))
        if request.status and name in names.mailboxes:
            with suppress(NoSuchMailbox):  # deleted just now
                await tell_status(context, names.mailboxes[name], request.status)
    return Done("LIST completed")


def _full_pattern(context: ImapContext, reference: bytes, pattern: bytes) -> str:
    if len(pattern) + len(reference) > LONGEST_PATTERN:
        raise Refusal("the pattern is too long")
    return context.pattern_text(reference, pattern)


def _hinted(chosen: Iterable[str], patterns: Sequence[str]) -> frozenset[str]:
    """Names above chosen ones: RECURSIVEMATCH tells of them too, unless another pattern has asked for what is
    below (RFC 5258 §3: nothing is told twice)."""
    hinted: set[str] = set()
    for name in chosen:
        fitting = [pattern for pattern in patterns if matches(pattern, name)]
        hinted.update(p for p in parents(name) if not fitting or any(matches(pattern, p) for pattern in fitting))
    return frozenset(hinted)


def _child_info(request: commands.ListChosen) -> bytes:
    """RFC 5258 §3.5: somewhere below is what was selected."""
    criteria = sorted(request.selection & {b"SUBSCRIBED", b"SPECIAL-USE"})
    return b' ("CHILDINFO" (%b))' % b" ".join(b'"%b"' % word for word in criteria)


async def _namespace(context: ImapContext, _: commands.Nothing) -> Done:
    shared = b'((%b "/"))' % string(SHARED.encode("ascii")) if context.service.shared else b"NIL"
    context.untagged(b'NAMESPACE (("" "/")) NIL %b' % shared)
    return Done("NAMESPACE completed")


FEATURE = Feature(
    verbs=(
        Verb(Syntax("LIST", AFTER_LOGIN, list_chosen), _list),
        Verb(Syntax("NAMESPACE", AFTER_LOGIN, arguments.nothing), _namespace),
    ),
    capabilities=(b"NAMESPACE", b"CHILDREN", b"SPECIAL-USE", b"LIST-EXTENDED", b"LIST-STATUS"),
)
