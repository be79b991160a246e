"""A ManageSieve session: greeting, TLS, login, and the scripts of an account."""

import base64
import binascii
import contextlib
import re
import secrets
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

from termail.mra.managesieve.errors import ScriptsError, ScriptsGone, ScriptsRefused
from termail.mra.managesieve.protocol import ScriptsProtocol, Word
from termail.mra.opening import CONNECT_SECONDS, opened
from termail.mra.scram import Scram, ScramRefused
from termail.net.endpoint import Endpoint
from termail.net.wire import MASK, Tap, no_tap

MOST_LINES: Final = 10_000
SCRIPT_NAME: Final = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,512}")


@dataclass(frozen=True, slots=True)
class ScriptList:
    """Names in the server's order; `active` is "" when none is."""

    names: tuple[str, ...]
    active: str = ""


class ScriptsConnection:
    """Raises ScriptsRefused for NO, ScriptsGone when the connection ends."""

    def __init__(self, protocol: ScriptsProtocol) -> None:
        self._protocol = protocol
        self._capabilities: dict[str, str] = {}

    async def greet(self) -> None:
        """The capabilities, then OK."""
        self._read_capabilities(await self._reply())

    async def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Never optional. The capabilities come anew (RFC 5804 §2.2)."""
        if "STARTTLS" not in self._capabilities:
            raise ScriptsGone("the server offers no STARTTLS: use sieves://, or somebody is in between")
        await self._ask(b"STARTTLS")
        await self._protocol.start_tls(context, host, CONNECT_SECONDS)
        self._read_capabilities(await self._reply())

    async def log_in(self, user: str, secret: str, *, is_token: bool = False) -> None:
        """SCRAM-SHA-256 where it is offered, else PLAIN, or OAUTHBEARER with a token."""
        offered = self._capabilities.get("SASL", "").upper().split()
        try:
            if is_token:
                bearer = f"n,a={user.replace('=', '=3D').replace(',', '=2C')},\1auth=Bearer {secret}\1\1"
                await self._authenticate("OAUTHBEARER", bearer.encode())
            elif "SCRAM-SHA-256" in offered:
                await self._scram(Scram(user, secret, secrets.token_urlsafe(18)))
            elif "PLAIN" in offered:
                await self._authenticate("PLAIN", f"\0{user}\0{secret}".encode())
            else:
                raise ScriptsGone("the server takes no password on this connection")
        except ScriptsRefused as refused:
            raise ScriptsRefused(f"the server refused the login: {refused}", "LOGIN") from refused
        except (ScramRefused, binascii.Error) as fault:
            raise ScriptsGone(f"the login failed: {fault}") from fault

    async def list_scripts(self) -> ScriptList:
        """LISTSCRIPTS."""
        names: list[str] = []
        active = ""
        for words in await self._ask(b"LISTSCRIPTS"):
            if not words or words[0].is_bare:
                continue
            names.append(words[0].text.decode("utf-8", "replace"))
            if any(word.is_bare and word.text.upper() == b"ACTIVE" for word in words[1:]):
                active = names[-1]
        return ScriptList(tuple(names), active)

    async def get(self, name: str) -> str:
        """GETSCRIPT."""
        lines = await self._ask(b"GETSCRIPT " + _string(name))
        if not lines or not lines[0] or lines[0][0].is_bare:
            raise ScriptsGone("the server answered without a script")
        return lines[0][0].text.decode("utf-8", "replace").replace("\r\n", "\n")

    async def put(self, name: str, text: str) -> None:
        """PUTSCRIPT: the server checks it first."""
        await self._ask(b"PUTSCRIPT " + _string(name) + b" " + _literal(text))

    async def check(self, text: str) -> None:
        """CHECKSCRIPT, or for old servers nothing but the truth."""
        if "VERSION" not in self._capabilities:
            raise ScriptsRefused("this server checks scripts only when they are stored")
        await self._ask(b"CHECKSCRIPT " + _literal(text))

    async def activate(self, name: str) -> None:
        """SETACTIVE; "" for none."""
        await self._ask(b"SETACTIVE " + (_string(name) if name else b'""'))

    async def delete(self, name: str) -> None:
        """DELETESCRIPT."""
        await self._ask(b"DELETESCRIPT " + _string(name))

    async def rename(self, old: str, new: str) -> None:
        """RENAMESCRIPT."""
        await self._ask(b"RENAMESCRIPT " + _string(old) + b" " + _string(new))

    async def log_out(self) -> None:
        """LOGOUT."""
        await self._ask(b"LOGOUT")

    # the dialogue

    async def _ask(self, command: bytes) -> list[list[Word]]:
        shown_as = ""
        if b"{" in command:
            shown_as = f"{command.partition(b'{')[0].decode('utf-8', 'replace')}({len(command)} octets)"
        self._protocol.send(command, shown_as=shown_as)
        return await self._reply()

    async def _reply(self) -> list[list[Word]]:
        """The lines before OK. Raises ScriptsRefused and ScriptsGone."""
        lines: list[list[Word]] = []
        while True:
            words = await self._protocol.words()
            if _is_end(words):
                self._judge(words)
                return lines
            lines.append(words)
            if len(lines) > MOST_LINES:
                self._protocol.abort()
                raise ScriptsGone("the server lists without end")

    def _judge(self, words: list[Word]) -> None:
        verdict = words[0].text.upper()
        if verdict == b"OK":
            return
        code = next((w.text.decode("ascii", "replace").strip("()") for w in words[1:] if w.is_bare), "")
        text = next((w.text.decode("utf-8", "replace") for w in words[1:] if not w.is_bare), "")
        if verdict == b"BYE":
            self._protocol.abort()
            raise ScriptsGone(text or "the server said goodbye")
        raise ScriptsRefused(text.replace("\r\n", "\n").strip() or code or "the server said no", code)

    def _read_capabilities(self, lines: list[list[Word]]) -> None:
        self._capabilities = {
            words[0].text.decode("ascii", "replace").upper(): (
                words[1].text.decode("utf-8", "replace") if len(words) > 1 else ""
            )
            for words in lines
            if words and not words[0].is_bare
        }

    # login

    async def _authenticate(self, mechanism: str, initial: bytes) -> None:
        """Our one response; to whatever is asked still, an empty one."""
        self._say(b'AUTHENTICATE "%b" %b' % (mechanism.encode(), _encoded(initial)), mechanism)
        while not _is_end(words := await self._protocol.words(secret=True)):
            self._say(b'""', "")
        self._judge(words)

    async def _scram(self, exchange: Scram) -> None:
        """The server's last word comes as a challenge or in the code of its OK (RFC 5804 §2.1)."""
        self._say(b'AUTHENTICATE "SCRAM-SHA-256" ' + _encoded(exchange.first()), "SCRAM-SHA-256")
        while not _is_end(words := await self._protocol.words(secret=True)):
            challenge = base64.b64decode(words[0].text if words else b"", validate=True)
            self._say(_encoded(exchange.answer(challenge)), "")
        self._judge(words)
        if not exchange.is_proved:
            code = next((word.text for word in words if word.is_bare and word.text.startswith(b"(")), b"")
            exchange.answer(base64.b64decode(code.partition(b'"')[2].partition(b'"')[0], validate=True))
        if not exchange.is_proved:
            raise ScramRefused("the server let us in without a proof that it knows the password")

    def _say(self, line: bytes, mechanism: str) -> None:
        self._protocol.send(line, shown_as=f'AUTHENTICATE "{mechanism}" {MASK}' if mechanism else MASK)


def _is_end(words: list[Word]) -> bool:
    return bool(words) and words[0].is_bare and words[0].text.upper() in (b"OK", b"NO", b"BYE")


def _encoded(response: bytes) -> bytes:
    return b'"%b"' % base64.b64encode(response)


def _string(name: str) -> bytes:
    """A script's name, quoted. Raises ScriptsRefused for what cannot be one."""
    if not SCRIPT_NAME.fullmatch(name):
        raise ScriptsRefused("a script's name has 1 to 512 characters, and no control characters")
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return b'"%b"' % escaped.encode("utf-8", "replace")


def _literal(text: str) -> bytes:
    octets = text.replace("\r\n", "\n").replace("\n", "\r\n").encode("utf-8", "replace")
    return b"{%d+}\r\n%b" % (len(octets), octets)


@contextlib.asynccontextmanager
async def scripts_connection(
    endpoint: Endpoint,
    contexts: Callable[[], ssl.SSLContext],
    secret: str,
    tap: Tap = no_tap,
    *,
    is_token: bool = False,
) -> AsyncIterator[ScriptsConnection]:
    """Connect, TLS, log in; LOGOUT at the end. Raises ScriptsError."""
    async with opened(
        endpoint, contexts, lambda: ScriptsProtocol(tap), ScriptsConnection, ScriptsGone
    ) as connection:
        await connection.log_in(endpoint.user, secret, is_token=is_token)
        yield connection
        with contextlib.suppress(ScriptsError):
            await connection.log_out()
