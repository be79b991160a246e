"""What all IMAP and POP3 sessions of one host share."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bundled_server.auth.directory import Directory, KeyDirectory
from bundled_server.auth.login import SaslBackEnd, TokenVerifier
from bundled_server.auth.throttle import LoginThrottle
from bundled_server.clock import Clock, SystemClock
from bundled_server.config import HostSettings
from bundled_server.journal import Agent, Journal, Step
from bundled_server.mailbox.store import Mailbox, Store
from bundled_server.mailbox.training import Kind
from bundled_server.net.driver import Link

_MESSAGE_ID = re.compile(rb"^message-id[ \t]*:\s*(<[^<>\s]{1,500}>)", re.IGNORECASE | re.MULTILINE)
_SEARCHED_HEADER_OCTETS = 65_536
LOOPBACK = ("127.", "::1", "::ffff:127.")
_NO_LIMIT = 1 << 30
_LONGEST_TRACED_LINE = 500
_MOST_TRACED_LINES = 60
_LINE_END_OCTETS = 2


Teach = Callable[[str, Kind, Sequence[int], Kind | None], None]
"""Called with a user, what the messages are, their content ids, and what they must have been called before (None:
whatever). Returns at once."""


Shared = Callable[[str], Awaitable[Sequence[Mailbox]]]
"""The mailboxes of others that a user may read, each under the name that the user sees; it starts with SHARED."""


@dataclass(frozen=True, slots=True)
class Service:
    """The parts a session works with; `throttle` is None where nothing limits log-in attempts, `teach` where
    nobody learns from what users call junk."""

    store: Store
    directory: Directory
    throttle: LoginThrottle | None
    journal: Journal
    settings: HostSettings
    clock: Clock
    sasl: SaslBackEnd
    teach: Teach | None = None
    shared: Shared | None = None


def make_service(
    store: Store,
    directory: Directory,
    throttle: LoginThrottle | None,
    journal: Journal,
    settings: HostSettings,
    clock: Clock | None,
    teach: Teach | None = None,
    tokens: TokenVerifier | None = None,
    shared: Shared | None = None,
) -> Service:
    """The service of one protocol. SCRAM is offered where the directory has the keys, OAuth 2.0 with `tokens`."""
    clock = clock or SystemClock()
    keys = directory if isinstance(directory, KeyDirectory) else None
    throttled = throttle or LoginThrottle(clock, _NO_LIMIT)
    sasl = SaslBackEnd(directory, throttled, (settings.domain,), keys=keys, tokens=tokens)
    return Service(store, directory, throttle, journal, settings, clock, sasl, teach=teach, shared=shared)


def offered_mechanisms(service: Service) -> tuple[str, ...]:
    """SASL mechanisms by name, the strongest first; LOGIN was never standardised and is for SMTP's old clients."""
    return tuple(name for name in service.sasl.mechanisms if name != "LOGIN")


def may_log_in(service: Service, link: Link) -> bool:
    """Passwords travel under TLS, on loopback, or where the settings say otherwise."""
    return link.is_tls or service.settings.insecure_auth or link.peer.startswith(LOOPBACK)


class SessionRecord:
    """Writes what one session does into the journal: the MAA at step 11 of the lecture's picture."""

    def __init__(self, journal: Journal, link: Link) -> None:
        self._journal = journal
        self._link = link
        self._exchange = 0
        self._is_answered = True

    def note(self, kind: str, text: str, message_id: str = "", step: Step = Step.RETRIEVE) -> None:
        self._journal.record(
            Agent.MAA,
            kind,
            text,
            step=step,
            session=self._link.session_id,
            message_id=message_id,
            peer=self._link.peer,
            exchange=self._exchange,
        )

    def retrieved(self, which: str, message: bytes, *, is_web_mail: bool = False) -> None:
        """A client took a whole message; a web mailer takes it for a browser."""
        message_id = message_id_of(message)
        self.note("retrieved", f"{which}, {len(message)} octets", message_id)
        if is_web_mail:
            self.note("shown", "by a web mailer, which hands it to a browser by HTTP", message_id, Step.WEB)

    def trace(self, direction: str, octets: bytes) -> None:
        """Lines of dialogue; a long answer is cut short, it is mail and not protocol. A client that speaks
        after an answer begins an exchange; after "+ " it goes on with the one at hand."""
        if direction == "C" and self._is_answered:
            self._exchange += 1
        self._is_answered = direction == "S" and not octets.startswith(b"+ ")
        tls = self._link.tls_version.partition(" ")[0]
        total = len(octets) + (_LINE_END_OCTETS if direction == "C" else 0)
        lines = octets.split(b"\r\n", _MOST_TRACED_LINES)
        if len(lines) > _MOST_TRACED_LINES:
            lines[-1] = b"..."
        elif not lines[-1]:
            lines.pop()
        for number, line in enumerate(lines, 1):
            measured = total if number == len(lines) else len(line) + _LINE_END_OCTETS
            total -= measured
            self._journal.record(
                Agent.MAA,
                "wire",
                line[:_LONGEST_TRACED_LINE].decode("utf-8", "replace").replace("\t", " "),
                step=Step.RETRIEVE,
                direction=direction,
                session=self._link.session_id,
                peer=self._link.peer,
                exchange=self._exchange,
                octets=measured,
                tls=tls,
            )


def tracer(service: Service, record: SessionRecord) -> Callable[[str, bytes], None] | None:
    """What a machine calls for every line, where the settings ask for it."""
    return record.trace if service.settings.journal_wire else None


def message_id_of(message: bytes) -> str:
    """The Message-ID in a message's header, "" without: by it the journey of a message is joined."""
    end = message.find(b"\r\n\r\n", 0, _SEARCHED_HEADER_OCTETS)
    found = _MESSAGE_ID.search(message, 0, end if end >= 0 else _SEARCHED_HEADER_OCTETS)
    return found[1].decode("latin-1") if found else ""
