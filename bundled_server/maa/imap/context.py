"""What the handler of an IMAP command works with: the state of one client, and ways to answer."""

import unicodedata
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from bundled_server.maa.imap.memory import Memory
from bundled_server.maa.imap.patterns import canonical
from bundled_server.maa.imap.selected import CONDSTORE, IMAP4REV2, SelectedMailbox
from bundled_server.maa.service import Service, SessionRecord
from bundled_server.mailbox.names import SHARED
from bundled_server.mailbox.store import Mailbox, StoreUnavailable
from bundled_server.net.driver import Link
from bundled_server.protocols.imap import names
from bundled_server.protocols.imap.grammar import State, Syntax
from bundled_server.protocols.imap.machine import ImapMachine
from bundled_server.protocols.imap.responses import astring, status_line, utf8_astring

UTF8_ACCEPT = b"UTF8=ACCEPT"


@dataclass(frozen=True, slots=True)
class Done:
    """A command ended well: the words, and the response code, of its tagged OK."""

    text: str
    code: bytes = b""


class Refusal(Exception):
    """A command ends with NO, or BAD: an error of the client's that knows its response."""

    def __init__(self, text: str, code: bytes = b"", status: bytes = b"NO") -> None:
        super().__init__(text)
        self.text = text
        self.code = code
        self.status = status


@dataclass(slots=True)
class ImapContext:
    """One client. `owner` is "" before login; `continued` takes the next line while AUTHENTICATE runs, and
    `idle_tag` is the tag of a running IDLE; `is_web_mail` once the client said so (RFC 2971). All clients
    of a host share `memory`."""

    service: Service
    link: Link
    machine: ImapMachine
    record: SessionRecord
    memory: Memory
    extensions: tuple[bytes, ...]
    enableable: Mapping[bytes, tuple[bytes, ...]] = field(default_factory=dict)
    owner: str = ""
    selected: SelectedMailbox | None = None
    tag: bytes = b""
    is_web_mail: bool = False
    idle_tag: bytes = b""
    enabled: set[bytes] = field(default_factory=set)
    continued: Callable[[bytes], Awaitable[Done | None]] | None = None

    def untagged(self, octets: bytes) -> None:
        """Send `* octets`."""
        self.machine.send(b"* %b\r\n" % octets)

    def complete(self, tag: bytes, done: Done) -> None:
        self.machine.send(status_line(tag, b"OK", done.code, done.text))

    def refuse(self, tag: bytes, refusal: Refusal) -> None:
        self.machine.send(status_line(tag, refusal.status, refusal.code, refusal.text))

    @property
    def is_rev2(self) -> bool:
        """Whether the client speaks IMAP4rev2 (RFC 9051)."""
        return IMAP4REV2 in self.enabled

    @property
    def mailbox(self) -> SelectedMailbox:
        """The selected mailbox, for commands that the machine lets through in the selected state only."""
        if self.selected is None:
            raise Refusal("no mailbox is selected", status=b"BAD")
        return self.selected

    @property
    def writable(self) -> SelectedMailbox:
        """The selected mailbox, if it may be changed."""
        if self.mailbox.read_only:
            raise Refusal("the mailbox is open for reading only")
        return self.mailbox

    @property
    def is_utf8(self) -> bool:
        """Whether names and strings travel as UTF-8 (RFC 6855 §3, RFC 9051 §5.1)."""
        return self.is_rev2 or UTF8_ACCEPT in self.enabled

    def name_text(self, name: bytes) -> str:
        """The text of a mailbox name from the wire; what is no name is refused with NO."""
        try:
            return unicodedata.normalize("NFC", name.decode("utf-8")) if self.is_utf8 else names.decode(name)
        except UnicodeDecodeError as fault:
            raise Refusal("the name is not UTF-8", b"CANNOT") from fault
        except names.BadName as fault:
            raise Refusal(f"this is no mailbox name: {fault}", b"CANNOT") from fault

    def pattern_text(self, reference: bytes, pattern: bytes) -> str:
        """What LIST looks for. A pattern that is no name text is no mistake: it fits nothing, as no name is ""."""
        try:
            return canonical(self.name_text(reference) + self.name_text(pattern))
        except Refusal:
            return ""

    def name_octets(self, name: str) -> bytes:
        """A mailbox name as it goes on the wire."""
        return utf8_astring(name.encode("utf-8")) if self.is_utf8 else astring(names.encode(name))

    async def find(self, name: bytes, code: bytes = b"NONEXISTENT", *, to_write: bool = False) -> Mailbox:
        """The mailbox of that wire name: the owner's, or one that the owner may read."""
        text = canonical(self.name_text(name))
        if text.startswith(SHARED):
            mailbox = next((one for one in await self.shared() if one.name == text), None)
            if mailbox is not None and to_write:
                raise Refusal("this mailbox is here to be read", b"NOPERM")
        else:
            mailbox = await self.service.store.mailbox(self.owner, text)
        if mailbox is None:
            raise Refusal("there is no such mailbox", code)
        return mailbox

    async def shared(self) -> Sequence[Mailbox]:
        """What the owner may read of others'."""
        return await self.service.shared(self.owner) if self.service.shared is not None else ()

    async def report(self, *, expunges: bool) -> None:
        """Tell the client what happened in its mailbox."""
        selected = self.selected
        if selected is None:
            return
        news = await selected.updates(expunges=expunges)
        if news:
            self.machine.send(news)
        if selected.has_unclaimed:
            if self.idle_tag:
                await self.link.flush()  # the EXISTS does not wait for the claim's commit
            with suppress(StoreUnavailable):  # a full disk must not keep mail from being read
                self.machine.send(await selected.claim_recent())

    def enable(self, *names: bytes) -> None:
        """From now on the client hears what these extensions tell. Who learns of mod-sequences with a mailbox
        open is told where it stands (RFC 7162 §3.1.2.1)."""
        starts = CONDSTORE in names and CONDSTORE not in self.enabled
        self.enabled.update(names)
        if starts and self.selected is not None:
            self.untagged(b"OK [HIGHESTMODSEQ %d] highest" % self.selected.highest_modseq)

    def leave_mailbox(self) -> None:
        """Forget the selected mailbox, if there is one."""
        if self.selected is not None:
            self.selected.stop_watching()
            self.selected = None
        if self.machine.state is State.SELECTED:
            self.machine.state = State.AUTHENTICATED


Handler = Callable[[ImapContext, Any], Awaitable[Done | None]]
"""Runs one command: answers with Done, raises Refusal, or returns None when the tagged response comes later."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One command from its grammar to its handler. `expunges`: EXPUNGE may be told before the tagged response."""

    syntax: Syntax
    handler: Handler
    expunges: bool = True


@dataclass(frozen=True, slots=True)
class Feature:
    """A family of commands with the capabilities it brings; an extension is one more of these. `enables`: what
    ENABLE may name, each with the others that it brings along."""

    verbs: tuple[Verb, ...] = ()
    capabilities: tuple[bytes, ...] = ()
    enables: tuple[tuple[bytes, ...], ...] = ()
