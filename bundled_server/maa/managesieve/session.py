"""The ManageSieve session: login, and one handler for each command (RFC 5804)."""

from collections.abc import Awaitable, Callable

from bundled_server.auth.directory import Directory
from bundled_server.auth.login import Denied, LoggedIn, SaslLogin, Step, TokenVerifier
from bundled_server.auth.throttle import LoginThrottle
from bundled_server.clock import Clock
from bundled_server.config import HostSettings
from bundled_server.journal import Journal
from bundled_server.maa.login import note_step
from bundled_server.maa.service import (
    Service,
    SessionRecord,
    make_service,
    may_log_in,
    offered_mechanisms,
    tracer,
)
from bundled_server.mailbox.scripts import NoSuchScript, ScriptExists, ScriptIsActive, ScriptShelf
from bundled_server.mailbox.store import Store, StoreError
from bundled_server.net.driver import Link
from bundled_server.net.listener import SessionFactory
from bundled_server.protocols.managesieve.grammar import State
from bundled_server.protocols.managesieve.machine import (
    AnswerReceived,
    CommandReceived,
    Event,
    ManageSieveMachine,
    TlsStarted,
)
from bundled_server.protocols.managesieve.replies import bye, no, ok, string
from bundled_server.protocols.sasl import Challenge, Failed
from bundled_server.sieve.compiling import compiled
from bundled_server.sieve.errors import SieveError
from bundled_server.sieve.language import CAPABILITIES

IDLE_SECONDS = 1800.0  # RFC 5804 §1.2: at least 30 minutes
SCRAM_VERIFIER = b"v="


class Refused(Exception):
    """A command ends with NO; `code` is a response code (§1.3)."""

    def __init__(self, text: str, code: bytes = b"") -> None:
        super().__init__(text)
        self.text = text
        self.code = code


class ManageSieveSession:
    """The policy of one connection."""

    def __init__(self, service: Service, link: Link, machine: ManageSieveMachine, record: SessionRecord) -> None:
        self._service = service
        self._limits = service.settings.limits.sieve
        self._link = link
        self._machine = machine
        self._record = record
        self._shelf = ScriptShelf(service.store)
        self._owner = ""
        self._login: SaslLogin | None = None
        self._handlers: dict[str, Callable[..., Awaitable[bytes]]] = {
            "AUTHENTICATE": self._authenticate,
            "STARTTLS": self._start_tls,
            "LOGOUT": self._logout,
            "CAPABILITY": self._capability,
            "NOOP": self._noop,
            "UNAUTHENTICATE": self._unauthenticate,
            "HAVESPACE": self._have_space,
            "PUTSCRIPT": self._put_script,
            "LISTSCRIPTS": self._list_scripts,
            "SETACTIVE": self._set_active,
            "GETSCRIPT": self._get_script,
            "DELETESCRIPT": self._delete_script,
            "RENAMESCRIPT": self._rename_script,
            "CHECKSCRIPT": self._check_script,
        }

    # the driver's face

    async def open(self) -> None:
        self._link.finish_within(self._service.settings.limits.login_seconds)
        self._record.note("connected", f"ManageSieve {self._link.tls_version or 'in the clear'}")
        self._machine.send(self._capabilities() + ok(f"{self._service.settings.hostname} termail ManageSieve"))

    async def handle(self, event: Event) -> None:
        match event:
            case CommandReceived(name, arguments):
                await self._answer(self._handlers[name](*arguments))
            case AnswerReceived(text):
                await self._answer(self._continue(text))
            case TlsStarted():
                self._machine.send(self._capabilities() + ok("TLS is on"))

    async def woken(self) -> None:
        """Nothing is told unasked."""

    async def timed_out(self) -> None:
        text = "the server stops" if self._link.is_stopping else "idle for too long"
        self._machine.send(bye(text, b"TRYLATER" if self._link.is_stopping else b""))

    async def close(self) -> None:
        self._record.note("disconnected", f"ManageSieve {self._owner}".strip())

    async def _answer(self, running: Awaitable[bytes]) -> None:
        try:
            reply = await running
        except Refused as refused:
            reply = no(refused.text, refused.code)
        except NoSuchScript as missing:
            reply = no(str(missing), b"NONEXISTENT")
        except ScriptExists as clash:
            reply = no(str(clash), b"ALREADYEXISTS")
        except ScriptIsActive as active:
            reply = no(str(active), b"ACTIVE")
        except SieveError as fault:
            reply = no(str(fault))
        except StoreError as weather:
            reply = no(f"try again later: {weather}", b"TRYLATER")
        if reply:
            self._machine.send(reply)

    # any time

    def _capabilities(self) -> bytes:
        """§1.7. SASL is empty where a password may not travel."""
        may = may_log_in(self._service, self._link)
        mechanisms = " ".join(offered_mechanisms(self._service)) if may else ""
        lines: list[tuple[str, str | None]] = [
            ("IMPLEMENTATION", "termail"),
            ("SASL", mechanisms),
            ("SIEVE", " ".join(CAPABILITIES)),
            ("MAXREDIRECTS", str(self._limits.redirects)),
            ("UNAUTHENTICATE", None),
            ("VERSION", "1.0"),
        ]
        if self._link.offers_tls and not self._owner:
            lines.append(("STARTTLS", None))
        if self._owner:
            lines.append(("OWNER", self._owner))
        return b"".join(_capability_line(name, value) for name, value in lines)

    async def _capability(self) -> bytes:
        return self._capabilities() + ok()

    async def _noop(self, tag: bytes | None = None) -> bytes:
        return ok("done", b"" if tag is None else b"TAG " + string(tag))

    async def _logout(self) -> bytes:
        self._machine.close()
        return ok("goodbye")

    async def _start_tls(self) -> bytes:
        if not self._link.offers_tls:
            raise Refused("TLS is not available here" if not self._link.is_tls else "TLS is on already")
        self._machine.start_tls()
        return ok("begin TLS negotiation")

    # login

    async def _authenticate(self, mechanism: bytes, initial: bytes | None = None) -> bytes:
        if not may_log_in(self._service, self._link):
            raise Refused("start TLS before logging in", b"ENCRYPT-NEEDED")
        name = mechanism.decode("latin-1").upper()
        if name not in offered_mechanisms(self._service):
            raise Refused("this mechanism is not supported")
        self._login = self._service.sasl.begin(self._link.peer)
        return await self._advance(await self._login.start(name, initial))

    async def _continue(self, answer: bytes) -> bytes:
        assert self._login is not None, "the machine asks only during a login"
        return await self._advance(await self._login.next(answer))

    async def _advance(self, step: Step) -> bytes:
        match note_step(self._record, step):
            case Challenge(data) as challenge:
                if data.startswith(SCRAM_VERIFIER) and self._login is not None:
                    proven = note_step(self._record, await self._login.next(b""))
                    if isinstance(proven, LoggedIn):  # §2.1: the last word goes with the OK
                        return await self._enter(proven.user, b"SASL " + string(challenge.encoded))
                    raise Refused("authentication failed")
                self._machine.ask(challenge.encoded)
                return b""
            case Failed(reason):
                raise Refused(reason)
            case Denied(_, too_many):
                if too_many:
                    raise Refused("too many failures, try again later", b"TRYLATER")
                raise Refused("authentication failed")
            case LoggedIn(user):
                return await self._enter(user)

    async def _enter(self, owner: str, code: bytes = b"") -> bytes:
        self._owner, self._login = owner, None
        self._machine.state = State.AFTER_LOGIN
        self._link.finish_within(None)
        self._link.idle_seconds = max(IDLE_SECONDS, self._service.settings.limits.idle_seconds)
        return ok("welcome", code)

    async def _unauthenticate(self) -> bytes:
        self._owner = ""
        self._machine.state = State.BEFORE_LOGIN
        self._link.finish_within(self._service.settings.limits.login_seconds)
        return ok("who are you?")

    # scripts

    async def _have_space(self, name: bytes, octets: int) -> bytes:
        await self._check_room(self._script_name(name), octets)
        return ok()

    async def _put_script(self, name: bytes, content: bytes) -> bytes:
        script = self._script_name(name)
        await self._check_room(script, len(content))
        compiled(content, self._limits)
        await self._shelf.put(self._owner, script, content)
        self._record.note("stored", f'script "{script}" of {self._owner}, {len(content)} octets')
        return ok("stored")

    async def _check_script(self, content: bytes) -> bytes:
        compiled(content, self._limits)
        return ok("the script is correct")

    async def _list_scripts(self) -> bytes:
        active = await self._shelf.active_name(self._owner)
        names = await self._shelf.names(self._owner)
        lines = [string(name.encode("utf-8")) + (b" ACTIVE" if name == active else b"") for name in names]
        return b"".join(line + b"\r\n" for line in lines) + ok()

    async def _set_active(self, name: bytes) -> bytes:
        script = self._script_name(name) if name else ""
        if script:  # what was stored under other limits or by another version may not run any more
            compiled(await self._shelf.get(self._owner, script), self._limits)
        await self._shelf.activate(self._owner, script)
        self._record.note("activated", f'script "{script}" of {self._owner}' if script else "no script")
        return ok("active" if script else "no script is active")

    async def _get_script(self, name: bytes) -> bytes:
        content = await self._shelf.get(self._owner, self._script_name(name))
        return b"{%d}\r\n%b\r\n" % (len(content), content) + ok()

    async def _delete_script(self, name: bytes) -> bytes:
        await self._shelf.delete(self._owner, self._script_name(name))
        return ok("deleted")

    async def _rename_script(self, old: bytes, new: bytes) -> bytes:
        await self._shelf.rename(self._owner, self._script_name(old), self._script_name(new))
        return ok("renamed")

    def _script_name(self, name: bytes) -> str:
        """§1.6: UTF-8 without control characters; no "/", which include takes for a folder."""
        try:
            text = name.decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("a script's name is UTF-8") from None
        if not text or len(text) > self._limits.script_name_characters or "/" in text or not text.isprintable():
            most = self._limits.script_name_characters
            raise Refused(f"a script's name has 1 to {most} printable characters and no slash")
        return text

    async def _check_room(self, name: str, octets: int) -> None:
        if octets > self._limits.script_octets:
            raise Refused(f"a script has {self._limits.script_octets} octets at most", b"QUOTA/MAXSIZE")
        names = await self._shelf.names(self._owner)
        if name not in names and len(names) >= self._limits.scripts_per_user:
            raise Refused(f"{self._limits.scripts_per_user} scripts are the most", b"QUOTA/MAXSCRIPTS")


def _capability_line(name: str, value: str | None) -> bytes:
    words = [name] if value is None else [name, value]
    return b" ".join(string(word.encode("utf-8")) for word in words) + b"\r\n"


def managesieve_sessions(
    store: Store,
    directory: Directory,
    throttle: LoginThrottle | None,
    journal: Journal,
    settings: HostSettings,
    clock: Clock | None = None,
    tokens: TokenVerifier | None = None,
) -> SessionFactory:
    """What a Listener calls for each ManageSieve connection of this host."""
    service = make_service(store, directory, throttle, journal, settings, clock, tokens=tokens)

    def open_session(link: Link) -> tuple[ManageSieveMachine, ManageSieveSession]:
        record, limits = SessionRecord(journal, link), settings.limits
        machine = ManageSieveMachine(
            line_octets=limits.managesieve_line_octets,
            literal_before_login_octets=limits.managesieve_literal_before_login_octets,
            literal_octets=limits.sieve.script_octets,
            errors=limits.managesieve_errors,
            trace=tracer(service, record),
        )
        return machine, ManageSieveSession(service, link, machine, record)

    return open_session
