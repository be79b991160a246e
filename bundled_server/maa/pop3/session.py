"""The POP3 session: login, the maildrop's lock, and one handler for each command (RFC 1939, RFC 2449)."""

from collections.abc import Awaitable, Callable

from bundled_server.auth.directory import Directory
from bundled_server.auth.login import Denied, LoggedIn, SaslLogin, Step, TokenVerifier
from bundled_server.auth.throttle import LoginThrottle
from bundled_server.clock import Clock
from bundled_server.config import HostSettings
from bundled_server.journal import Journal
from bundled_server.maa.login import TooManyFailures, log_in, note_step
from bundled_server.maa.pop3.maildrop import Maildrop, NoSuchMessage, open_maildrop
from bundled_server.maa.service import (
    Service,
    SessionRecord,
    make_service,
    may_log_in,
    offered_mechanisms,
    tracer,
)
from bundled_server.mailbox.store import Store, StoreError
from bundled_server.net.driver import Link
from bundled_server.net.listener import SessionFactory
from bundled_server.protocols.pop3.grammar import State
from bundled_server.protocols.pop3.machine import CommandReceived, Event, LineReceived, Pop3Machine
from bundled_server.protocols.pop3.replies import dot_stuffed, err, first_lines, ok
from bundled_server.protocols.sasl import Challenge, Credentials, Failed

AUTOLOGOUT_SECONDS = 600.0  # RFC 1939 §3: at least ten minutes


class Refused(Exception):
    """A command ends with -ERR; `code` is a response code (RFC 2449 §8, RFC 3206)."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.code = code


def _too_many() -> Refused:
    return Refused("too many failures, try again later", "SYS/TEMP")


class Pop3Session:
    """The policy of one POP3 connection. `locked` holds the owners whose maildrop is open in some session."""

    def __init__(
        self, service: Service, link: Link, machine: Pop3Machine, record: SessionRecord, locked: set[str]
    ) -> None:
        self._service = service
        self._link = link
        self._machine = machine
        self._record = record
        self._locked = locked
        self._user = ""
        self._owner = ""
        self._holds_lock = False
        self._maildrop: Maildrop | None = None
        self._login: SaslLogin | None = None
        self._handlers: dict[str, Callable[..., Awaitable[bytes]]] = {
            "USER": self._take_user,
            "PASS": self._take_password,
            "AUTH": self._authenticate,
            "STLS": self._start_tls,
            "UTF8": self._use_utf8,
            "CAPA": self._capabilities,
            "QUIT": self._quit,
            "STAT": self._stat,
            "LIST": self._list,
            "UIDL": self._unique_ids,
            "RETR": self._retrieve,
            "TOP": self._top,
            "DELE": self._delete,
            "NOOP": self._noop,
            "RSET": self._reset,
        }

    # the driver's face

    async def open(self) -> None:
        self._link.finish_within(self._service.settings.limits.login_seconds)
        self._record.note("connected", f"POP3 {self._link.tls_version or 'in the clear'}")
        self._machine.send(ok(f"POP3 {self._service.settings.hostname} termail server ready"))

    async def handle(self, event: Event) -> None:
        match event:
            case CommandReceived(name, arguments):
                await self._answer(self._handlers[name](*arguments))
            case LineReceived(line):
                await self._answer(self._continue(line))

    async def woken(self) -> None:
        """POP3 tells nothing unasked."""

    async def timed_out(self) -> None:
        """The session ends without the UPDATE state: nothing is removed (RFC 1939 §3)."""
        text = "the server stops" if self._link.is_stopping else "idle for too long"
        self._machine.send(err(text, "SYS/TEMP" if self._link.is_stopping else ""))

    async def close(self) -> None:
        self._unlock()
        self._record.note("disconnected", f"POP3 {self._owner}".strip())

    async def _answer(self, running: Awaitable[bytes]) -> None:
        try:
            reply = await running
        except Refused as refused:
            reply = err(refused.text, refused.code)
        except NoSuchMessage as missing:
            reply = err(str(missing))
        except StoreError as fault:
            reply = err(f"try again later: {fault}", "SYS/TEMP")
        if reply:
            self._machine.send(reply)

    # AUTHORIZATION

    async def _take_user(self, name: bytes) -> bytes:
        self._refuse_in_the_clear()
        self._user = name.decode("utf-8", "replace").strip()
        return ok("User name accepted, password please")

    async def _take_password(self, password: bytes) -> bytes:
        user, self._user = self._user, ""
        if not user:
            raise Refused("USER comes first")
        return await self._enter(Credentials("", user, password.decode("utf-8", "replace")))

    async def _authenticate(self, mechanism: str | None, initial: bytes | None) -> bytes:
        if mechanism is None:  # RFC 1734's successor lists mechanisms this way
            names = "".join(f"{name}\r\n" for name in offered_mechanisms(self._service))
            return ok("mechanisms follow") + names.encode("ascii") + b".\r\n"
        self._refuse_in_the_clear()
        if mechanism not in offered_mechanisms(self._service):
            raise Refused("this mechanism is not supported")
        self._login = self._service.sasl.begin(self._link.peer)
        return await self._advance(await self._login.start(mechanism, initial))

    async def _continue(self, line: bytes) -> bytes:
        assert self._login is not None
        return await self._advance(await self._login.next(line))

    async def _advance(self, step: Step) -> bytes:
        match note_step(self._record, step):
            case Challenge() as challenge:
                self._machine.ask(challenge.encoded)
                return b""
            case Failed(reason, cancelled):
                raise Refused(reason, "" if cancelled else "AUTH")
            case Denied(_, too_many):
                raise _too_many() if too_many else Refused("authentication failed", "AUTH")
            case LoggedIn(user):
                return await self._open_maildrop(user)

    async def _enter(self, claim: Credentials) -> bytes:
        """Log in by a password."""
        try:
            owner = await log_in(self._service, self._record, self._link.peer, claim)
        except TooManyFailures:
            raise _too_many() from None
        if owner is None:
            raise Refused("authentication failed", "AUTH")
        return await self._open_maildrop(owner)

    async def _open_maildrop(self, owner: str) -> bytes:
        """RFC 1939 §4: the lock first, then the snapshot."""
        if owner in self._locked:
            raise Refused("another session holds this mailbox", "IN-USE")
        self._locked.add(owner)
        self._owner, self._holds_lock = owner, True
        try:
            self._maildrop = await open_maildrop(self._service.store, owner)
        except StoreError:
            self._unlock()
            raise
        self._machine.state = State.TRANSACTION
        self._link.finish_within(None)
        self._link.idle_seconds = max(AUTOLOGOUT_SECONDS, self._service.settings.limits.idle_seconds)
        return ok(f"Mailbox open, {self._maildrop.count} messages")

    async def _start_tls(self) -> bytes:
        if not self._link.offers_tls:
            raise Refused("TLS is not available here")
        self._user = ""
        self._machine.start_tls()
        return ok("begin TLS negotiation")

    async def _use_utf8(self) -> bytes:
        """RFC 6856 §2.1: names, passwords and mail are UTF-8 here in any case."""
        return ok("UTF8 enabled")

    async def _capabilities(self) -> bytes:
        words = ["TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "UTF8 USER", "EXPIRE NEVER"]
        if may_log_in(self._service, self._link):
            words += ["USER", " ".join(["SASL", *offered_mechanisms(self._service)])]
        if self._link.offers_tls and self._machine.state is State.AUTHORIZATION:
            words.append("STLS")
        words.append("IMPLEMENTATION termail")
        return ok("Capability list follows") + "".join(f"{word}\r\n" for word in words).encode() + b".\r\n"

    def _refuse_in_the_clear(self) -> None:
        if not may_log_in(self._service, self._link):
            raise Refused("start TLS before logging in")

    # TRANSACTION

    @property
    def _drop(self) -> Maildrop:
        assert self._maildrop is not None, "the machine lets these commands through after login only"
        return self._maildrop

    async def _stat(self) -> bytes:
        return ok(f"{self._drop.count} {self._drop.size_octets}")

    async def _list(self, number: int | None) -> bytes:
        drop = self._drop
        if number is not None:
            return ok(f"{number} {drop.size_of(number)}")
        lines = "".join([f"{one} {drop.size_of(one)}\r\n" for one in drop.numbers()])
        return ok("Mailbox scan listing follows") + lines.encode("ascii") + b".\r\n"

    async def _unique_ids(self, number: int | None) -> bytes:
        drop = self._drop
        if number is not None:
            return ok(f"{number} {drop.unique_id(number)}")
        lines = "".join([f"{one} {drop.unique_id(one)}\r\n" for one in drop.numbers()])
        return ok("Unique-ID listing follows") + lines.encode("ascii") + b".\r\n"

    async def _retrieve(self, number: int) -> bytes:
        message = await self._drop.message(number)
        self._drop.retrieved.add(number)
        self._record.retrieved(f"message {number}", message)
        return ok(f"{len(message)} octets") + dot_stuffed(message)

    async def _top(self, number: int, lines: int) -> bytes:
        message = await self._drop.message(number)
        return ok("Top of message follows") + dot_stuffed(first_lines(message, lines))

    async def _delete(self, number: int) -> bytes:
        self._drop.mark(number)
        return ok("Message deleted")

    async def _noop(self) -> bytes:
        return ok("NOOP completed")

    async def _reset(self) -> bytes:
        self._drop.unmark_all()
        return ok("Reset state")

    async def _quit(self) -> bytes:
        maildrop, self._maildrop = self._maildrop, None
        try:
            if maildrop is not None:
                await maildrop.remove_marked()
        except StoreError as fault:
            raise Refused(f"some deleted messages were not removed: {fault}", "SYS/TEMP") from fault
        finally:
            self._unlock()
            self._machine.close()
        return ok("Sayonara")

    def _unlock(self) -> None:
        """Give the maildrop up; once, so that the lock of a later session stays."""
        if self._holds_lock:
            self._holds_lock = False
            self._locked.discard(self._owner)


def pop3_sessions(
    store: Store,
    directory: Directory,
    throttle: LoginThrottle | None,
    journal: Journal,
    settings: HostSettings,
    clock: Clock | None = None,
    tokens: TokenVerifier | None = None,
) -> SessionFactory:
    """What Listeners call for each POP3 connection of this host; all ports share one of these, for it knows which
    maildrops are locked."""
    service = make_service(store, directory, throttle, journal, settings, clock, tokens=tokens)
    locked: set[str] = set()

    def open_session(link: Link) -> tuple[Pop3Machine, Pop3Session]:
        record = SessionRecord(journal, link)
        limits = settings.limits
        machine = Pop3Machine(limits.pop3_line_octets, limits.pop3_errors, tracer(service, record))
        return machine, Pop3Session(service, link, machine, record, locked)

    return open_session
