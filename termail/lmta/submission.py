"""Message submission (RFC 6409): one message over one SMTP connection, every ending told apart."""

import asyncio
import contextlib
import re
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import aiosmtplib

from termail.lmta.outcome import Deferred, Outcome, PossiblySent, Refused, Rejection, Sent
from termail.lmta.smtp_client import TappedClient
from termail.lmta.transcript import Transcript
from termail.net.endpoint import Endpoint, Security
from termail.net.weather import in_words

CONNECT_SECONDS: Final = 30.0
REPLY_SECONDS: Final = 120.0
DATA_SECONDS: Final = 600.0  # RFC 5321 §4.5.3.2.6
SLOWEST_OCTETS_PER_SECOND: Final = 10_000
EHLO_NAME: Final = "[127.0.0.1]"
"""An address literal as other clients send it: no look-up, and no recipient learns where the user sits."""
_UNSAFE: Final = re.compile(r"[\x00-\x20\x7f<>]")


class AuthRefused(Exception):
    """The server does not accept user and password; the text is the server's."""


class NotProtected(Exception):
    """Going on would send the password and the message in the clear."""


@dataclass(frozen=True, slots=True)
class Letter:
    """Envelope and octets; recipients each once, Bcc among them and not in `raw`. `envelope_id` asks for delivery
    reports that carry it (RFC 3461 §4.4)."""

    sender: str
    recipients: Sequence[str]
    raw: bytes
    envelope_id: str = ""


async def nothing() -> None:
    """For callers that need not know when the message goes out."""


class Submission:
    """A way to one submission server. `contexts` makes a TLS context; `password` is asked for only when the
    endpoint has a user, and gives an OAuth 2 access token with `has_token`. Encryption is never optional: a server
    without STARTTLS is refused."""

    def __init__(
        self,
        endpoint: Endpoint,
        contexts: Callable[[], ssl.SSLContext],
        password: Callable[[], Awaitable[str]],
        transcript: Transcript,
        *,
        has_token: bool = False,
    ) -> None:
        self._endpoint = endpoint
        self._contexts = contexts
        self._password = password
        self._transcript = transcript
        self._has_token = has_token

    async def open(self) -> TappedClient:
        """Connect, TLS, EHLO, AUTH. Raises AuthRefused, NotProtected, aiosmtplib.SMTPException, OSError."""
        security = self._endpoint.security
        client = TappedClient(
            self._transcript,
            hostname=self._endpoint.host,
            port=self._endpoint.port,
            local_hostname=EHLO_NAME,
            use_tls=security is Security.TLS,
            start_tls=False,  # done below, so that each step is seen and named
            tls_context=self._contexts() if security is not Security.NONE else None,
            timeout=CONNECT_SECONDS,
        )
        try:
            await client.connect()
            await client.ehlo()
            if security is Security.STARTTLS:
                if not client.supports_extension("starttls"):
                    raise NotProtected("the server offers no STARTTLS: use smtps://, or somebody is in between")
                await client.starttls()
                await client.ehlo()
            client.timeout = REPLY_SECONDS
            if self._endpoint.user:
                await self._authenticate(client)
        except BaseException:
            client.close()
            raise
        return client

    async def send(self, letter: Letter, going_out: Callable[[], Awaitable[None]] = nothing) -> Outcome:
        """To every recipient the server takes (RFC 5321 §3.3); the outcome names those it does not."""
        if not letter.recipients:
            return Refused("no recipients")
        if any(_UNSAFE.search(address) for address in (letter.sender, *letter.recipients)):
            return Refused("an address with a space, an angle bracket or a control character in it")
        is_out = False
        rejected: list[Rejection] = []

        async def note() -> None:
            nonlocal is_out
            await going_out()
            is_out = True

        client: TappedClient | None = None
        try:
            client = await self.open()
            outcome = await self._dialogue(client, letter, note, rejected)
            await _take_leave(client)
            return outcome
        except AuthRefused as error:
            return Refused(str(error), is_login=True)
        except NotProtected as error:
            return Deferred(str(error))  # a strange network, perhaps: the message waits for a better one
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            reason = in_words(_cause(error), self._endpoint)
            if is_out:
                return PossiblySent(f"the connection ended before the server confirmed: {reason}", tuple(rejected))
            if isinstance(error, aiosmtplib.SMTPResponseException) and error.code >= 500:
                return Refused(f"{error.code} {error.message}")
            return Deferred(reason, tuple(entry for entry in rejected if entry.is_final))
        finally:
            if client is not None:
                client.close()

    async def _authenticate(self, client: TappedClient) -> None:
        if not client.supports_extension("auth"):
            raise AuthRefused(
                "the server asks for no password here: remove USER@ from the key send, or mend the port"
            )
        try:
            if self._has_token:
                await client.auth_xoauth2(self._endpoint.user, await self._password())
            else:
                await client.login(self._endpoint.user, await self._password())
        except aiosmtplib.SMTPAuthenticationError as error:
            if 400 <= error.code < 500:
                raise
            raise AuthRefused(f"the server refused the login: {error.code} {error.message}") from error

    async def _dialogue(
        self,
        client: TappedClient,
        letter: Letter,
        going_out: Callable[[], Awaitable[None]],
        rejected: list[Rejection],
    ) -> Outcome:
        """`rejected` is filled on the way: whoever catches an error knows it too."""
        size = len(letter.raw)
        limit = client.esmtp_extensions.get("size", "")
        if limit.isdigit() and 0 < int(limit) < size:
            return Refused(f"the message has {size} octets, the server takes {limit}")
        try:
            options, encoding = _mail_options(client, letter)
            await client.mail(letter.sender, options=options, encoding=encoding)
        except aiosmtplib.SMTPResponseException as error:
            return _judged(error.code, f"{error.code} {error.message}")
        recipients = list(dict.fromkeys(letter.recipients))
        for recipient in recipients:
            try:
                await client.rcpt(recipient, options=_rcpt_options(client, letter, recipient), encoding=encoding)
            except aiosmtplib.SMTPResponseException as error:
                rejected.append(Rejection(recipient, error.code, str(error.message)))
        if len(rejected) == len(recipients):
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                await client.rset()
            return _nobody(rejected)
        deadline = DATA_SECONDS + size / SLOWEST_OCTETS_PER_SECOND
        reply = await client.send_data(letter.raw, deadline, going_out)
        text = f"{reply.code} {reply.message}"
        if 200 <= reply.code < 300:
            return Sent(text, tuple(rejected))
        return _judged(reply.code, text, rejected)


def _mail_options(client: TappedClient, letter: Letter) -> tuple[list[str], str]:
    """SIZE (RFC 1870), BODY=8BITMIME (RFC 6152), SMTPUTF8 (RFC 6531), each where offered and needed."""
    options = []
    if client.supports_extension("size"):
        options.append(f"SIZE={len(letter.raw)}")
    if letter.envelope_id and client.supports_extension("dsn"):
        options += ["RET=HDRS", f"ENVID={_xtext(letter.envelope_id)}"]
    if not letter.raw.isascii() and client.supports_extension("8bitmime"):
        options.append("BODY=8BITMIME")
    is_offered = client.supports_extension("smtputf8")
    if all(address.isascii() for address in (letter.sender, *letter.recipients)):
        if is_offered and not letter.raw.partition(b"\r\n\r\n")[0].isascii():
            return [*options, "SMTPUTF8"], "utf-8"
        return options, "ascii"
    if not is_offered:
        raise aiosmtplib.SMTPResponseException(550, "an address is not ASCII and the server offers no SMTPUTF8")
    return [*options, "SMTPUTF8"], "utf-8"


def _rcpt_options(client: TappedClient, letter: Letter, recipient: str) -> list[str]:
    """NOTIFY and ORCPT (RFC 3461 §4.1, §4.2) where a report is wished and the server knows how."""
    if not letter.envelope_id or not client.supports_extension("dsn"):
        return []
    kind = "rfc822" if recipient.isascii() else "utf-8"  # RFC 6533 §3
    return ["NOTIFY=SUCCESS,FAILURE,DELAY", f"ORCPT={kind};{_xtext(recipient)}"]


def _xtext(text: str) -> str:
    """RFC 3461 §4; what is not ASCII stands as it is, as in RFC 6533's utf-8-addr-unitext."""
    return "".join(
        f"+{ord(character):02X}" if ord(character) <= 32 or character in "+=\x7f" else character
        for character in text
    )


def _judged(code: int, text: str, rejected: Sequence[Rejection] = ()) -> Outcome:
    """A reply to the whole message; a refusal of the message hides those of single recipients."""
    if code >= 500:
        return Refused(text)
    return Deferred(text, tuple(entry for entry in rejected if entry.is_final))


def _nobody(rejected: Sequence[Rejection]) -> Outcome:
    """No recipient was taken, each for a reason of its own."""
    final = tuple(entry for entry in rejected if entry.is_final)
    later = [entry for entry in rejected if not entry.is_final]
    if later:
        return Deferred("; ".join(map(str, later)), final)
    return Refused("; ".join(map(str, final)))


def _cause(error: BaseException) -> BaseException:
    """The network's own error under aiosmtplib's."""
    while isinstance(error, aiosmtplib.SMTPException) and error.__cause__ is not None:
        error = error.__cause__
    return error


async def _take_leave(client: TappedClient) -> None:
    """QUIT, where the dialogue came to its end; after a fault or a stop nobody waits for the answer."""
    with contextlib.suppress(aiosmtplib.SMTPException, OSError, ValueError):
        async with asyncio.timeout(5.0):
            if client.is_connected:
                await client.quit()
