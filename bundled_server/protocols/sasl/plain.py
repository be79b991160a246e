"""The mechanisms that show the password: PLAIN (RFC 4616) and LOGIN."""

from collections.abc import Callable, Mapping

from bundled_server.protocols.sasl.exchange import Challenge, Credentials, Exchange, Failed, Mechanism

Progress = Challenge | Credentials | Failed


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


MECHANISMS: Mapping[str, Callable[[], Mechanism[Progress]]] = {"PLAIN": Plain, "LOGIN": Login}


class SaslExchange(Exchange[Progress]):
    """An exchange that ends in a password at most."""

    def __init__(self, mechanisms: Mapping[str, Callable[[], Mechanism[Progress]]] = MECHANISMS) -> None:
        super().__init__(mechanisms)
