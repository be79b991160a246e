"""The server's side of SASL exchanges (RFC 4422), without IO: base64 lines in, challenges or credentials out."""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

MAXIMUM_RESPONSE_OCTETS = 12_288  # RFC 4954 §4: base64 octets of one line


@dataclass(frozen=True, slots=True)
class Challenge:
    """The server asks for more; `encoded` is what goes after "334 " or "+ "."""

    data: bytes

    @property
    def encoded(self) -> bytes:
        return b64encode(self.data)


@dataclass(frozen=True, slots=True)
class Credentials:
    """The client's claim, not yet verified. `authzid` is "" when it acts for itself."""

    authzid: str
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Failed:
    """The exchange is over without credentials; it fails this login only. `cancelled`: the client sent "*"."""

    reason: str
    cancelled: bool = False


Progress = Challenge | Credentials | Failed


class Mechanism(Protocol):
    """One exchange of one mechanism. `step` takes the decoded response, None when the client sent no initial
    response."""

    def step(self, response: bytes | None) -> Progress: ...


class Plain:
    """PLAIN (RFC 4616): authzid NUL authcid NUL password, in one message."""

    def step(self, response: bytes | None) -> Progress:
        if response is None:
            return Challenge(b"")
        parts = response.split(b"\0")
        if len(parts) != 3:
            return Failed("malformed PLAIN response")
        try:
            authzid, user, password = (part.decode("utf-8") for part in parts)
        except UnicodeDecodeError:
            return Failed("credentials are not UTF-8")
        if not user or not password:
            return Failed("empty user name or password")
        return Credentials(authzid, user, password)


class Login:
    """LOGIN: the user name and the password, each asked for by its own prompt (never standardised)."""

    def __init__(self) -> None:
        self._user: str | None = None

    def step(self, response: bytes | None) -> Progress:
        if response is None:
            return Challenge(b"Username:")
        try:
            text = response.decode("utf-8")
        except UnicodeDecodeError:
            return Failed("credentials are not UTF-8")
        if not text or "\0" in text:
            return Failed("empty user name or password")
        if self._user is None:
            self._user = text
            return Challenge(b"Password:")
        return Credentials("", self._user, text)


MECHANISMS: Mapping[str, Callable[[], Mechanism]] = {"PLAIN": Plain, "LOGIN": Login}


class SaslExchange:
    """One login from the AUTH or AUTHENTICATE command to its end. Takes responses as they stand on the line."""

    def __init__(self, mechanisms: Mapping[str, Callable[[], Mechanism]] = MECHANISMS) -> None:
        self._mechanisms = mechanisms
        self._running: Mechanism | None = None

    def offers(self, mechanism: str) -> bool:
        """Whether `start` knows this mechanism."""
        return mechanism.upper() in self._mechanisms

    def start(self, mechanism: str, initial: bytes | None) -> Progress:
        """Begin; `initial` is the base64 initial response, b"=" for an empty one (RFC 4954 §4), None without."""
        make = self._mechanisms.get(mechanism.upper())
        if make is None:
            return Failed("unknown mechanism")
        self._running = make()
        if initial is None:
            return self._running.step(None)
        return self._decode_and_step(b"" if initial == b"=" else initial)

    def next(self, response: bytes) -> Progress:
        """Continue with the client's next line, without its CRLF; "*" cancels."""
        if response == b"*":
            self._running = None
            return Failed("cancelled by the client", cancelled=True)
        return self._decode_and_step(response)

    def _decode_and_step(self, response: bytes) -> Progress:
        mechanism, self._running = self._running, None
        if mechanism is None:
            return Failed("no exchange is under way")
        if len(response) > MAXIMUM_RESPONSE_OCTETS:
            return Failed("response too long")
        try:
            data = b64decode(response, validate=True)
        except (binascii.Error, ValueError):
            return Failed("malformed base64")
        progress = mechanism.step(data)
        if isinstance(progress, Challenge):
            self._running = mechanism
        return progress
