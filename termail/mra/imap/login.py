"""Who we are, to an IMAP server: SASL PLAIN, SCRAM or a token, or LOGIN where there is nothing better."""

import base64
import binascii
import secrets
from dataclasses import dataclass
from typing import Final

from termail.mra.errors import Insecure
from termail.mra.imap.command import Command, Literal, Part
from termail.mra.imap.errors import ImapGone, ImapThrottled, LoginRefused
from termail.mra.imap.names import quoted
from termail.mra.imap.patience import asks_for_patience, patience_seconds
from termail.mra.imap.protocol import ImapProtocol
from termail.mra.imap.responses import Status
from termail.mra.scram import Scram, ScramRefused

# RFC 5530 §3: these mean "later", not "never".
_LATER: Final = frozenset({"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "CONTACTADMIN"})


@dataclass(frozen=True, slots=True)
class Credentials:
    """A password, or with `is_token` an OAuth 2 access token."""

    user: str
    secret: str
    is_token: bool = False


async def log_in(protocol: ImapProtocol, credentials: Credentials) -> None:
    """Raises LoginRefused, Insecure, ImapGone."""
    offered = protocol.capabilities
    if credentials.is_token:
        mechanism, initial = _bearer(credentials, offered)
        reply = await _authenticate(protocol, mechanism, initial)
    elif "AUTH=SCRAM-SHA-256" in offered:
        reply = await _scram(protocol, credentials)
    elif "AUTH=PLAIN" in offered:
        reply = await _authenticate(protocol, "PLAIN", _plain(credentials))
    elif "LOGINDISABLED" in offered:
        raise Insecure("the server accepts no password on this connection (LOGINDISABLED)")
    else:
        reply = await protocol.run(Command("LOGIN", _login(credentials), is_secret=True))
    if reply.kind != "OK":
        if reply.code in _LATER or asks_for_patience(reply):
            text = f"the server cannot let us in now: {reply.text}"
            raise ImapThrottled(text, patience_seconds(reply.text)) if asks_for_patience(reply) else ImapGone(text)
        raise LoginRefused(f"the server refused the login: {reply.text}", reply.code)


async def _authenticate(protocol: ImapProtocol, mechanism: str, initial: bytes) -> Status:
    """The SASL loop (RFC 9051 §6.2.2): our one response, then an empty one to whatever is asked still; that is
    how the error challenge of XOAUTH2 is acknowledged, after which the server says NO."""
    responses = [base64.b64encode(initial)]
    line = f"AUTHENTICATE {mechanism}".encode()
    if "SASL-IR" in protocol.capabilities:
        line += b" " + responses.pop()

    def answer(challenge: bytes) -> bytes:
        return responses.pop() if responses else b""

    return await protocol.run(Command(f"AUTHENTICATE {mechanism}", (line,), answer=answer, is_secret=True))


async def _scram(protocol: ImapProtocol, credentials: Credentials) -> Status:
    """A server without SCRAM's form of the password refuses it: on an encrypted connection, where we know whom we
    talk to, PLAIN is as good."""
    exchange = Scram(credentials.user, credentials.secret, secrets.token_urlsafe(18))
    waiting = [exchange.first()]
    trouble: list[ScramRefused] = []

    def answer(challenge: bytes) -> bytes:
        if waiting:
            return base64.b64encode(waiting.pop())
        try:
            return base64.b64encode(exchange.answer(base64.b64decode(challenge)))
        except (ScramRefused, binascii.Error) as error:
            trouble.append(error if isinstance(error, ScramRefused) else ScramRefused("no base64"))
            return b"*"

    line = b"AUTHENTICATE SCRAM-SHA-256"
    if "SASL-IR" in protocol.capabilities:
        line += b" " + base64.b64encode(waiting.pop())
    reply = await protocol.run(Command("AUTHENTICATE SCRAM-SHA-256", (line,), answer=answer, is_secret=True))
    if trouble:
        raise Insecure(str(trouble[0]))
    if reply.kind == "OK" and not exchange.is_proved:
        raise Insecure("the server let us in without a proof that it knows the password")
    if reply.kind == "NO" and protocol.is_encrypted and "AUTH=PLAIN" in protocol.capabilities:
        return await _authenticate(protocol, "PLAIN", _plain(credentials))
    return reply


def _plain(credentials: Credentials) -> bytes:
    """RFC 4616."""
    if "\0" in credentials.user + credentials.secret:
        raise LoginRefused("user and password cannot hold NUL")
    return f"\0{credentials.user}\0{credentials.secret}".encode()


def _bearer(credentials: Credentials, offered: frozenset[str]) -> tuple[str, bytes]:
    """RFC 7628 where the server has it, else what Google and Microsoft had before."""
    end = f"\1auth=Bearer {credentials.secret}\1\1"
    if "AUTH=OAUTHBEARER" in offered:
        user = credentials.user.replace("=", "=3D").replace(",", "=2C")
        return "OAUTHBEARER", f"n,a={user},{end}".encode()
    if "AUTH=XOAUTH2" in offered:
        return "XOAUTH2", f"user={credentials.user}{end}".encode()
    raise Insecure("the server takes no tokens (neither OAUTHBEARER nor XOAUTH2)")


def _login(credentials: Credentials) -> tuple[Part, ...]:
    user, secret = _astring(credentials.user), _astring(credentials.secret)
    return (b"LOGIN ", user, b" ", secret)


def _astring(text: str) -> Part:
    try:
        return quoted(text)
    except ValueError:  # UnicodeEncodeError is one
        return Literal(text.encode("utf-8"))
