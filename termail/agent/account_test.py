"""Trying an account step by step, so that a person sees which step fails and what to do about it."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
from aiosmtplib import SMTPException

from termail.config import Account, Settings
from termail.lmta.submission import AuthRefused, NotProtected, Submission
from termail.lmta.transcript import Transcript
from termail.mra.errors import RetrievalError
from termail.mra.imap.errors import ImapGone, LoginRefused
from termail.mra.imap.login import Credentials
from termail.mra.imap.opening import authenticate, connect
from termail.mra.pop.connection import pop_connection
from termail.mra.sync.mailboxes import Mailboxes
from termail.net.endpoint import Endpoint, LocalPlace, Security
from termail.net.trust import CannotTrust, client_context, fingerprint, recording_context
from termail.net.weather import advice, in_words
from termail.secrets.errors import NoPassword
from termail.secrets.passwords import PasswordSource

RESOLVE_SECONDS: Final = 15.0


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """`name` such as "resolve mail.cities.org", `text` what happened, `advice` what to do when not `ok`."""

    name: str
    ok: bool
    text: str
    advice: str = ""


async def test_account(settings: Settings, account: str, passwords: PasswordSource) -> list[Step]:
    """Retrieval, then submission; each stops at its first failure. Raises KeyError for an unknown account."""
    trial = _Trial(account, settings.accounts[account], passwords)
    await trial.retrieval()
    await trial.submission()
    return trial.steps


class _Trial:
    def __init__(self, name: str, account: Account, passwords: PasswordSource) -> None:
        self._name = name
        self._account = account
        self._passwords = passwords
        self.steps: list[Step] = []

    async def retrieval(self) -> None:
        """IMAP, POP3, or a place on this machine."""
        place = self._account.retrieval
        if isinstance(place, LocalPlace):
            self._local(place)
        elif await self._resolve(place) and await self._password():
            if place.protocol == "imap":
                await self._imap(place)
            else:
                await self._pop(place)

    async def submission(self) -> None:
        """SMTP up to AUTH; nothing is sent."""
        endpoint = self._account.submission
        if endpoint is None:
            self._good("send", "no key send: this account only reads")
            return
        if not await self._resolve(endpoint) or (endpoint.user and not await self._password()):
            return
        name = f"log in to SMTP {endpoint}" if endpoint.user else f"connect to SMTP {endpoint}"
        way = Submission(
            endpoint,
            self._context,
            lambda: self._passwords.password(self._name, self._account),
            Transcript(),
            has_token=bool(self._account.token_command),
        )
        try:
            client = await way.open()
        except NotProtected as error:
            self._bad(name, str(error), "use smtps:// when the server has it; otherwise ask who runs the network")
        except AuthRefused as error:
            self._bad(name, str(error), "check user and password: the submission server may want others")
        except (SMTPException, OSError, ValueError, NoPassword, CannotTrust) as error:
            cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
            self._bad(name, in_words(cause, endpoint), await self._what_to_do(cause, endpoint))
        else:
            self._good(name, f"{_protection(endpoint)}, accepted")
            with suppress(SMTPException, OSError):
                await client.quit()
            client.close()

    def _local(self, place: LocalPlace) -> None:
        path = Path(place.path).expanduser()
        wanted = path.is_dir() if place.kind == "maildir" else path.is_file()
        if wanted:
            self._good(f"open {path}", f"a {place.kind}")
        else:
            self._bad(f"open {path}", f"there is no {place.kind} there", "mend the path in the key retrieve")

    async def _resolve(self, endpoint: Endpoint) -> bool:
        name = f"resolve {endpoint.host}"
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                found = await asyncio.get_running_loop().getaddrinfo(
                    endpoint.host, endpoint.port, type=socket.SOCK_STREAM
                )
        except OSError as error:
            return self._bad(name, in_words(error, endpoint.host), advice(error))
        addresses = dict.fromkeys(str(entry[4][0]) for entry in found)
        return self._good(name, ", ".join(addresses))

    async def _password(self) -> bool:
        try:
            await self._passwords.password(self._name, self._account)
        except NoPassword as error:
            return self._bad(
                "password", str(error), "run the password_command by hand, or put it into the keyring"
            )
        return self._good("password", "found")

    async def _imap(self, endpoint: Endpoint) -> None:
        step = f"connect to IMAP {endpoint}"
        protocol = None
        try:
            protocol = await connect(endpoint, self._context)
            self._good(step, _protection(endpoint))
            step = f"log in as {endpoint.user}"
            secret = await self._passwords.password(self._name, self._account)
            connection = await authenticate(
                protocol, Credentials(endpoint.user, secret, bool(self._account.token_command))
            )
            self._good(step, "accepted")
            step = "list folders"
            folders = Mailboxes(await connection.list_mailboxes()).folders
            self._good(step, f"{len(folders)} folders")
            with suppress(RetrievalError, TimeoutError):
                await connection.log_out()
        except LoginRefused as error:
            self._bad(step, str(error), "check user and password; some providers want an app password")
        except (RetrievalError, CannotTrust, NoPassword) as error:
            self._bad(step, str(error), await self._what_to_do(error.__cause__, endpoint))
        finally:
            if protocol is not None:
                protocol.drop(ImapGone("closed"))

    async def _pop(self, endpoint: Endpoint) -> None:
        step = f"log in to POP3 {endpoint}"
        try:
            secret = await self._passwords.password(self._name, self._account)
            is_token = bool(self._account.token_command)
            async with pop_connection(endpoint, self._context, secret, is_token=is_token) as connection:
                self._good(step, f"{_protection(endpoint)}, accepted")
                step = "list messages"
                self._good(step, f"{len(await connection.unique_ids())} messages")
        except (RetrievalError, CannotTrust, NoPassword) as error:
            self._bad(step, str(error), await self._what_to_do(error.__cause__, endpoint))

    async def _what_to_do(self, cause: BaseException | None, endpoint: Endpoint) -> str:
        """For a certificate nobody vouches for, its fingerprint and the setting that trusts it."""
        if not isinstance(cause, ssl.SSLCertVerificationError):
            return advice(cause) if cause is not None else ""
        seen: list[bytes] = []
        with suppress(RetrievalError, SMTPException, OSError, ValueError, NotProtected, AuthRefused):
            async with asyncio.timeout(RESOLVE_SECONDS):
                await _look(endpoint, lambda: recording_context(seen))
        if not seen:
            return advice(cause)
        return (
            f"{advice(cause)}; or, when the server's owner tells you that this is the fingerprint of its"
            f' certificate, write pin = "sha256:{fingerprint(seen[0])}" into [accounts.{self._name}]'
        )

    def _context(self) -> ssl.SSLContext:
        return client_context(self._account.ca, pins=self._account.pins)

    def _good(self, name: str, text: str) -> bool:
        self.steps.append(Step(name=name, ok=True, text=text))
        return True

    def _bad(self, name: str, text: str, what_to_do: str) -> bool:
        self.steps.append(Step(name=name, ok=False, text=text, advice=what_to_do))
        return False


async def _look(endpoint: Endpoint, contexts: Callable[[], ssl.SSLContext]) -> None:
    """Connect as far as the certificate."""

    async def no_password() -> str:
        return ""

    match endpoint.protocol:
        case "imap":
            (await connect(endpoint, contexts)).drop(ImapGone("closed"))
        case "pop3":
            async with pop_connection(endpoint, contexts, ""):
                pass
        case _:
            (await Submission(endpoint, contexts, no_password, Transcript()).open()).close()


def _protection(endpoint: Endpoint) -> str:
    if endpoint.security is Security.NONE:
        return "NOT encrypted"
    return f"certificate verified, {endpoint.security.value}"
