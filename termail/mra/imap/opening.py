"""Opening an IMAP connection: TCP, TLS, greeting, login, each step with its own error."""

import contextlib
import ssl
from collections.abc import AsyncIterator, Callable

from termail.mra.errors import Insecure
from termail.mra.imap.command import Command
from termail.mra.imap.connection import ImapConnection
from termail.mra.imap.errors import ImapError, ImapGone
from termail.mra.imap.limits import DEFAULT, Limits
from termail.mra.imap.login import Credentials, log_in
from termail.mra.imap.protocol import ImapClient, ImapProtocol
from termail.net.endpoint import Endpoint, Security
from termail.net.weather import in_words
from termail.net.wire import Tap, no_tap

Contexts = Callable[[], ssl.SSLContext]


async def connect(
    endpoint: Endpoint, contexts: Contexts, limits: Limits = DEFAULT, tap: Tap = no_tap
) -> ImapProtocol:
    """A protected, not yet authenticated connection. Raises ImapGone (its cause is the network's own error),
    Insecure."""
    context = contexts() if endpoint.security is not Security.NONE else None
    at_once = context if endpoint.security is Security.TLS else None
    client = ImapClient(endpoint.host, endpoint.port, at_once, limits, tap)
    protocol = client.protocol
    try:
        await client.wait_hello_from_server()
        if protocol.greeting.result().kind == "PREAUTH" and endpoint.security is not Security.TLS:
            raise Insecure("the server claims we are logged in before TLS began: somebody may be in between")
        if endpoint.security is Security.STARTTLS:
            assert context is not None
            if not protocol.capabilities:
                await _ask_capabilities(protocol)
            if "STARTTLS" not in protocol.capabilities:
                raise Insecure("the server offers no STARTTLS: use imaps://, or somebody is in between")
            await protocol.start_tls(context, endpoint.host, limits.connect_seconds)
        if not protocol.capabilities:
            await _ask_capabilities(protocol)
    except BaseException as error:
        protocol.drop(ImapGone("not opened"))
        if isinstance(error, OSError):  # TimeoutError and ssl.SSLError are among them
            raise ImapGone(in_words(error, endpoint)) from error
        raise
    return protocol


async def authenticate(
    protocol: ImapProtocol, credentials: Credentials, *, compresses: bool = False, environment: str = ""
) -> ImapConnection:
    """Log in, say where we work when that is somewhere special, read the capabilities again (RFC 9051 §6.2.2),
    switch on what helps. Raises LoginRefused, Insecure, ImapGone."""
    greeted = protocol.greeting.result().kind
    before = protocol.capabilities
    if greeted != "PREAUTH":
        await log_in(protocol, credentials)
    if protocol.capabilities is before:
        await _ask_capabilities(protocol)
    if compresses and "COMPRESS=DEFLATE" in protocol.capabilities:
        await protocol.compress()
    if environment and "ID" in protocol.capabilities:  # RFC 2971; a NO changes nothing
        await protocol.run(Command("ID", (f'ID ("name" "termail" "environment" "{environment}")'.encode(),)))
    connection = ImapConnection(protocol)
    if {"QRESYNC", "ENABLE"} <= protocol.capabilities:
        await connection.enable_qresync()
    return connection


@contextlib.asynccontextmanager
async def imap_connection(
    endpoint: Endpoint,
    contexts: Contexts,
    credentials: Credentials,
    limits: Limits = DEFAULT,
    tap: Tap = no_tap,
    *,
    environment: str = "",
) -> AsyncIterator[ImapConnection]:
    """Open, log in, log out; `environment` is told to the server ("web": a browser shows the mail). The
    connection is gone afterwards whatever happened. Raises ImapError."""
    protocol = await connect(endpoint, contexts, limits, tap)
    try:
        connection = await authenticate(
            protocol, credentials, compresses=not _is_here(endpoint.host), environment=environment
        )
        yield connection
        with contextlib.suppress(ImapError, TimeoutError):
            await connection.log_out()
    finally:
        protocol.drop(ImapGone("closed"))


def _is_here(host: str) -> bool:
    """Compressing for this machine itself is only work."""
    return host in ("localhost", "::1") or host.startswith("127.")


async def _ask_capabilities(protocol: ImapProtocol) -> None:
    reply = await protocol.run(Command("CAPABILITY", (b"CAPABILITY",)))
    if reply.kind != "OK" or not {"IMAP4REV1", "IMAP4REV2"} & protocol.capabilities:
        raise ImapGone("that is no IMAP4rev1 server")
