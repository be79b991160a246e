"""One SASL exchange, whatever its mechanism: base64, cancelling, limits (RFC 4422 §3, RFC 4954 §4)."""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

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


ProgressT_co = TypeVar("ProgressT_co", covariant=True)


class Mechanism(Protocol[ProgressT_co]):
    """One exchange of one mechanism. `step` takes the decoded response, None when the client sent no initial
    response. After a Challenge it is asked again."""

    def step(self, response: bytes | None) -> ProgressT_co: ...


class Exchange(Generic[ProgressT_co]):
    """One login from the AUTH or AUTHENTICATE command to its end. Takes responses as they stand on the line."""

    def __init__(self, mechanisms: Mapping[str, Callable[[], Mechanism[ProgressT_co]]]) -> None:
        self._mechanisms = mechanisms
        self._running: Mechanism[ProgressT_co] | None = None

    def offers(self, mechanism: str) -> bool:
        """Whether `start` knows this mechanism."""
        return mechanism.upper() in self._mechanisms

    def start(self, mechanism: str, initial: bytes | None) -> ProgressT_co | Failed:
        """Begin; `initial` is the base64 initial response, b"=" for an empty one (RFC 4954 §4), None without."""
        make = self._mechanisms.get(mechanism.upper())
        if make is None:
            return Failed("unknown mechanism")
        self._running = make()
        if initial is None:
            return self._running.step(None)
        return self._decode_and_step(b"" if initial == b"=" else initial)

    def next(self, response: bytes) -> ProgressT_co | Failed:
        """Continue with the client's next line, without its CRLF; "*" cancels."""
        if response == b"*":
            self._running = None
            return Failed("cancelled by the client", cancelled=True)
        return self._decode_and_step(response)

    def goes_on(self, mechanism: Mechanism[ProgressT_co]) -> None:
        """The mechanism got from elsewhere what it wanted, and waits for the client again."""
        self._running = mechanism

    def _decode_and_step(self, response: bytes) -> ProgressT_co | Failed:
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
