"""Commands about the connection and the login: CAPABILITY NOOP LOGOUT STARTTLS LOGIN AUTHENTICATE ID ENABLE."""

from bundled_server.auth.login import Denied, LoggedIn, SaslLogin, Step
from bundled_server.config import HostSettings
from bundled_server.maa.imap.context import Done, Feature, ImapContext, Refusal, Verb
from bundled_server.maa.login import TooManyFailures, log_in, note_step
from bundled_server.maa.service import may_log_in, offered_mechanisms
from bundled_server.protocols.imap import arguments, commands
from bundled_server.protocols.imap.grammar import AFTER_LOGIN, ANY, BEFORE_LOGIN, State, Syntax
from bundled_server.protocols.sasl import Challenge, Credentials, Failed

BEFORE_LOGIN_EXTENSIONS = (b"SASL-IR", b"LITERAL+", b"ID", b"ENABLE", b"IDLE")

_LONGEST_IDENTITY = 200


def capabilities(context: ImapContext) -> bytes:
    """What this client may use now."""
    if context.owner:
        return b" ".join(
            (
                b"CAPABILITY IMAP4rev1 IMAP4rev2",
                b"SASL-IR",
                b"LITERAL+",
                _append_limit(context),
                *context.extensions,
            )
        )
    words = [b"CAPABILITY IMAP4rev1 IMAP4rev2", *BEFORE_LOGIN_EXTENSIONS]
    if context.link.offers_tls:
        words.append(b"STARTTLS")
    if may_log_in(context.service, context.link):
        words += [b"AUTH=" + name.encode("ascii") for name in offered_mechanisms(context.service)]
    else:
        words.append(b"LOGINDISABLED")
    return b" ".join(words)


def _append_limit(context: ImapContext) -> bytes:
    """RFC 7889: how large a message may be."""
    return b"APPENDLIMIT=%d" % context.service.settings.limits.message_size_octets


def greeting(settings: HostSettings) -> str:
    return f"{settings.hostname} IMAP4rev1 termail server ready"


async def _capability(context: ImapContext, _: commands.Nothing) -> Done:
    context.untagged(capabilities(context))
    return Done("CAPABILITY completed")


async def _noop(context: ImapContext, _: commands.Nothing) -> Done:
    return Done("NOOP completed")


async def _logout(context: ImapContext, _: commands.Nothing) -> Done:
    context.leave_mailbox()
    context.machine.bye(f"{context.service.settings.hostname} IMAP4rev1 server terminating connection")
    return Done("LOGOUT completed")


async def _start_tls(context: ImapContext, _: commands.Nothing) -> Done:
    if not context.link.offers_tls:
        raise Refusal("TLS is not available here", status=b"BAD")
    context.machine.start_tls()
    return Done("begin TLS negotiation now")


async def _login(context: ImapContext, login: commands.Login) -> Done:
    _refuse_in_the_clear(context)
    try:
        claim = Credentials("", login.user.decode("utf-8"), login.password.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Refusal("credentials are not UTF-8", b"AUTHENTICATIONFAILED") from error
    return await _enter(context, claim)


async def _authenticate(context: ImapContext, request: commands.Authenticate) -> Done | None:
    if request.mechanism not in offered_mechanisms(context.service):
        raise Refusal("this mechanism is not supported")
    _refuse_in_the_clear(context)
    login = context.service.sasl.begin(context.link.peer)
    return _advance(context, login, await login.start(request.mechanism, request.initial))


def _advance(context: ImapContext, login: SaslLogin, step: Step) -> Done | None:
    match note_step(context.record, step):
        case Challenge() as challenge:

            async def answer(line: bytes) -> Done | None:
                return _advance(context, login, await login.next(line))

            context.continued = answer
            context.machine.ask(challenge.encoded)
            return None
        case Failed(reason, cancelled):
            raise Refusal(reason, b"" if cancelled else b"AUTHENTICATIONFAILED", b"BAD" if cancelled else b"NO")
        case Denied(_, too_many):
            raise _too_many() if too_many else _wrong()
        case LoggedIn(user):
            return _entered(context, user)


async def _enter(context: ImapContext, claim: Credentials) -> Done:
    try:
        owner = await log_in(context.service, context.record, context.link.peer, claim)
    except TooManyFailures:
        raise _too_many() from None
    if owner is None:
        raise _wrong()
    return _entered(context, owner)


def _too_many() -> Refusal:
    return Refusal("too many failures, try again later", b"UNAVAILABLE")


def _wrong() -> Refusal:
    return Refusal("authentication failed", b"AUTHENTICATIONFAILED")


def _entered(context: ImapContext, owner: str) -> Done:
    context.owner = owner
    context.machine.state = State.AUTHENTICATED
    context.link.idle_seconds = context.service.settings.limits.imap_idle_seconds
    context.link.finish_within(None)
    return Done(f"User {owner} authenticated", capabilities(context))


def _refuse_in_the_clear(context: ImapContext) -> None:
    if not may_log_in(context.service, context.link):
        raise Refusal("start TLS before logging in", b"PRIVACYREQUIRED")


async def _identify(context: ImapContext, request: commands.ClientIdentity) -> Done:
    """RFC 2971: what a client says of itself is for people to read, and nothing is decided by it."""
    said = {name.lower(): value or b"" for name, value in request.fields}
    context.is_web_mail = said.get(b"environment", b"").lower() == b"web"
    words = ", ".join(
        f"{name.decode('ascii', 'replace')} {said[name].decode('utf-8', 'replace')}" for name in said
    )
    context.record.note("identified", words[:_LONGEST_IDENTITY])
    context.untagged(b'ID ("name" "termail")')
    return Done("ID completed")


async def _enable(context: ImapContext, request: commands.Enable) -> Done:
    """RFC 5161 §3.1: unknown names are passed over, and what is enabled already is not told again."""
    known = {name.upper(): name for name in context.enableable}
    wanted = dict.fromkeys(known[name] for name in request.capabilities if name in known)
    new = [name for name in wanted if name not in context.enabled]
    context.untagged(b" ".join([b"ENABLED", *new]))
    for name in new:
        context.enable(name, *context.enableable[name])
    return Done("ENABLE completed")


FEATURE = Feature(
    verbs=(
        Verb(Syntax("CAPABILITY", ANY, arguments.nothing), _capability),
        Verb(Syntax("NOOP", ANY, arguments.nothing), _noop),
        Verb(Syntax("LOGOUT", ANY, arguments.nothing), _logout),
        Verb(Syntax("STARTTLS", BEFORE_LOGIN, arguments.nothing), _start_tls),
        Verb(Syntax("LOGIN", BEFORE_LOGIN, arguments.login, secret=True), _login),
        Verb(Syntax("USER", BEFORE_LOGIN, arguments.login, secret=True), _login),  # as the lecture types it
        Verb(Syntax("AUTHENTICATE", BEFORE_LOGIN, arguments.authenticate, secret=True), _authenticate),
        Verb(Syntax("ID", ANY, arguments.identity), _identify),
        Verb(Syntax("ENABLE", AFTER_LOGIN, arguments.enable), _enable),
    ),
    capabilities=(b"ID", b"ENABLE"),
)
