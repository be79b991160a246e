"""The IMAP session: takes the machine's events, runs the verb, and answers with its tag."""

from collections.abc import Awaitable, Mapping

from bundled_server.auth.directory import Directory
from bundled_server.auth.login import TokenVerifier
from bundled_server.auth.throttle import LoginThrottle
from bundled_server.clock import Clock
from bundled_server.config import HostSettings
from bundled_server.config import Limits as HostLimits
from bundled_server.journal import Journal, printable
from bundled_server.maa.imap.context import Done, ImapContext, Refusal, Verb
from bundled_server.maa.imap.entering import capabilities, greeting
from bundled_server.maa.imap.features import FEATURES
from bundled_server.maa.imap.memory import Memory
from bundled_server.maa.service import SessionRecord, Shared, Teach, make_service, tracer
from bundled_server.mailbox.store import NoSuchMailbox, Store, StoreError, StoreUnavailable
from bundled_server.net.driver import Link
from bundled_server.net.listener import SessionFactory
from bundled_server.protocols.imap.cursor import Bounds
from bundled_server.protocols.imap.grammar import table
from bundled_server.protocols.imap.machine import (
    CommandReceived,
    Event,
    IdleEnded,
    ImapMachine,
    Limits,
    LineReceived,
)
from bundled_server.protocols.imap.responses import status_line


class ImapSession:
    """The policy of one IMAP connection. Whatever the store says, the client gets a tagged answer."""

    def __init__(self, context: ImapContext, verbs: Mapping[str, Verb]) -> None:
        self._context = context
        self._verbs = verbs

    async def open(self) -> None:
        context = self._context
        context.link.finish_within(context.service.settings.limits.login_seconds)
        context.record.note("connected", f"IMAP {context.link.tls_version or 'in the clear'}")
        words = greeting(context.service.settings)
        context.machine.send(status_line(b"*", b"OK", capabilities(context), words))

    async def handle(self, event: Event) -> None:
        match event:
            case CommandReceived(tag, name, arguments):
                self._context.tag = tag
                verb = self._verbs[name]
                await self._answer(tag, verb.handler(self._context, arguments), expunges=verb.expunges)
            case LineReceived(line):
                await self._continue(line)
            case IdleEnded(clean):
                await self._end_idle(clean=clean)

    async def woken(self) -> None:
        """The selected mailbox changed; only IDLE lets us say so unasked."""
        if self._context.idle_tag:
            await self._report(expunges=True)

    async def timed_out(self) -> None:
        link = self._context.link
        self._context.machine.bye("the server stops" if link.is_stopping else "idle for too long")

    async def close(self) -> None:
        context = self._context
        context.leave_mailbox()
        context.record.note("disconnected", f"IMAP {context.owner}".strip())

    async def _continue(self, line: bytes) -> None:
        answer, self._context.continued = self._context.continued, None
        if answer is not None:
            await self._answer(self._context.tag, answer(line), expunges=True)

    async def _end_idle(self, *, clean: bool) -> None:
        context = self._context
        tag, context.idle_tag = context.idle_tag, b""
        if clean:
            await self._answer(tag, _idle_is_over(), expunges=True)
        else:
            context.refuse(tag, Refusal("IDLE ends with DONE", status=b"BAD"))

    async def _answer(self, tag: bytes, running: Awaitable[Done | None], *, expunges: bool) -> None:
        """Run a command to its tagged response."""
        context = self._context
        try:
            done = await running
        except Refusal as refusal:
            context.refuse(tag, refusal)
        except NoSuchMailbox:
            context.refuse(tag, Refusal("the mailbox is gone", b"NONEXISTENT"))
        except StoreUnavailable as weather:
            context.refuse(tag, Refusal(f"try again later: {weather}", b"UNAVAILABLE"))
        except StoreError as fault:
            context.refuse(tag, Refusal(str(fault)))
        else:
            if done is not None:
                await self._report(expunges=expunges)
                context.complete(tag, done)

    async def _report(self, *, expunges: bool) -> None:
        try:
            await self._context.report(expunges=expunges)
        except NoSuchMailbox:
            self._context.machine.bye("the selected mailbox is gone")
        except StoreError as fault:
            self._context.untagged(b"NO " + printable(str(fault)).encode("ascii", "replace"))


async def _idle_is_over() -> Done:
    return Done("IDLE completed")


def imap_sessions(
    store: Store,
    directory: Directory,
    throttle: LoginThrottle | None,
    journal: Journal,
    settings: HostSettings,
    clock: Clock | None = None,
    teach: Teach | None = None,
    tokens: TokenVerifier | None = None,
    shared: Shared | None = None,
) -> SessionFactory:
    """What a Listener calls for each IMAP connection of this host."""
    service = make_service(store, directory, throttle, journal, settings, clock, teach, tokens, shared)
    verbs = {verb.syntax.name: verb for feature in FEATURES for verb in feature.verbs}
    commands = table(verb.syntax for feature in FEATURES for verb in feature.verbs)
    extensions = tuple(word for feature in FEATURES for word in feature.capabilities)
    enableable = {name: tuple(others) for feature in FEATURES for name, *others in feature.enables}
    limits = _machine_limits(settings.limits)
    memory = Memory()

    def open_session(link: Link) -> tuple[ImapMachine, ImapSession]:
        record = SessionRecord(journal, link)
        machine = ImapMachine(commands, limits, tracer(service, record))
        context = ImapContext(service, link, machine, record, memory, extensions, enableable)
        return machine, ImapSession(context, verbs)

    return open_session


def _machine_limits(limits: HostLimits) -> Limits:
    return Limits(
        line_octets=limits.imap_line_octets,
        literal_before_login_octets=limits.imap_literal_before_login_octets,
        message_octets=limits.message_size_octets,
        errors=limits.imap_errors,
        bounds=Bounds(limits.imap_nesting, limits.imap_list_items),
    )
