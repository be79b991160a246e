"""The SASL back end of one host: from a client's responses to the name of a user, with the throttle in between."""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bundled_server.auth.directory import Directory, KeyDirectory
from bundled_server.auth.throttle import LoginThrottle
from bundled_server.envelope import split_address
from bundled_server.protocols.sasl import (
    BearerToken,
    Challenge,
    Credentials,
    Disproven,
    Exchange,
    Failed,
    KeysWanted,
    Login,
    Mechanism,
    OAuthBearer,
    Plain,
    Proven,
    ScramSha256,
    XOAuth2,
)

TokenVerifier = Callable[[str, str], Awaitable[str | None]]
"""Given the user a client claims to be ("" when it does not say) and its OAuth 2.0 token, the user that the token
belongs to; None for a token that is not (or no longer) good."""

AnyProgress = Challenge | Credentials | KeysWanted | Proven | Disproven | BearerToken | Failed


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """The login succeeded as this user (a local part)."""

    user: str


@dataclass(frozen=True, slots=True)
class Denied:
    """Wrong, and nobody is told what was; or not even heard, after `too_many` failures."""

    user: str
    too_many: bool = False


Step = Challenge | LoggedIn | Denied | Failed
"""A challenge to send on, or the end: Failed is a malformed exchange (or "*"), which is no guess at a password."""


class SaslBackEnd:
    """What every port shares. `domains` are ours: alice and alice@one.of.them are the same user. Without `keys`
    there is no SCRAM, without `tokens` no OAuth 2.0."""

    def __init__(
        self,
        directory: Directory,
        throttle: LoginThrottle,
        domains: Sequence[str],
        *,
        keys: KeyDirectory | None = None,
        tokens: TokenVerifier | None = None,
        nonce: Callable[[], str] = lambda: secrets.token_urlsafe(18),
    ) -> None:
        self.directory = directory
        self.throttle = throttle
        self.keys = keys
        self.tokens = tokens
        self._domains = domains
        self._nonce = nonce

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """What may be offered, the strongest first."""
        return (
            *(("SCRAM-SHA-256",) if self.keys and self.keys.has_every_key else ()),
            "PLAIN",
            "LOGIN",
            *(("OAUTHBEARER", "XOAUTH2") if self.tokens else ()),
        )

    def begin(self, address: str) -> "SaslLogin":
        """A login by a client at this IP address."""
        return SaslLogin(self, address, ScramSha256(self._nonce()))

    def login_name(self, name: str) -> str:
        """The local part, in lower case, of a user of ours; any other name as it is."""
        local, domain = split_address(name.strip().lower())
        return local if domain in self._domains else name.strip().lower()


class SaslLogin:
    """One login. `start` takes the mechanism with its initial response, `next` each further line of the client."""

    def __init__(self, back_end: SaslBackEnd, address: str, scram: ScramSha256) -> None:
        self._back_end = back_end
        self._address = address
        self._scram = scram
        makers: dict[str, Callable[[], Mechanism[AnyProgress]]] = {
            "SCRAM-SHA-256": lambda: scram,
            "PLAIN": Plain,
            "LOGIN": Login,
            "OAUTHBEARER": OAuthBearer,
            "XOAUTH2": XOAuth2,
        }
        self._exchange: Exchange[AnyProgress] = Exchange({name: makers[name] for name in back_end.mechanisms})
        self._refused_token: Denied | None = None

    async def start(self, mechanism: str, initial: bytes | None) -> Step:
        """Begin; see `protocols.sasl.Exchange.start`."""
        return await self._advance(self._exchange.start(mechanism, initial))

    async def next(self, response: bytes) -> Step:
        """Continue with the client's next line."""
        if self._refused_token is not None:
            return self._refused_token
        return await self._advance(self._exchange.next(response))

    async def _advance(self, progress: AnyProgress) -> Step:
        match progress:
            case Challenge() | Failed():
                return progress
            case Credentials():
                return await self._check_password(progress)
            case KeysWanted(user):
                return await self._supply_keys(self._back_end.login_name(user))
            case Proven(authzid, user):
                return self._admitted(self._back_end.login_name(user), authzid)
            case Disproven(user):
                return self._denied(self._back_end.login_name(user))
            case BearerToken():
                return await self._check_token(progress)

    async def _check_password(self, claim: Credentials) -> Step:
        back_end = self._back_end
        user = back_end.login_name(claim.user)
        if not await back_end.throttle.admit(self._address, user):
            return Denied(user, too_many=True)
        if await back_end.directory.verify(user, claim.password):
            return self._admitted(user, claim.authzid)
        return self._denied(user)

    async def _supply_keys(self, user: str) -> Step:
        back_end = self._back_end
        assert back_end.keys is not None
        if not await back_end.throttle.admit(self._address, user):
            return Denied(user, too_many=True)
        self._exchange.goes_on(self._scram)
        return self._scram.supply(await back_end.keys.scram_keys(user))

    async def _check_token(self, claim: BearerToken) -> Step:
        back_end = self._back_end
        assert back_end.tokens is not None
        claimed = back_end.login_name(claim.user)
        if not await back_end.throttle.admit(self._address, claimed):
            return Denied(claimed, too_many=True)
        user = back_end.login_name(await back_end.tokens(claimed, claim.token) or "")
        if user and claimed in ("", user) and await back_end.directory.exists(user):
            return self._admitted(user, "")
        self._refused_token = self._denied(claimed)
        return claim.refusal

    def _admitted(self, user: str, authzid: str) -> LoggedIn | Denied:
        if authzid and self._back_end.login_name(authzid) != user:
            return self._denied(user)
        self._back_end.throttle.succeeded(self._address, user)
        return LoggedIn(user)

    def _denied(self, user: str) -> Denied:
        self._back_end.throttle.failed(self._address, user)
        return Denied(user)
