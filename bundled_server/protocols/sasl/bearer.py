"""The mechanisms that show an OAuth 2.0 token: OAUTHBEARER (RFC 7628) and its forerunner XOAUTH2."""

import re
from dataclasses import dataclass, field

from bundled_server.protocols.sasl.exchange import Challenge, Failed

_XOAUTH2 = re.compile(r"user=(?P<user>[^\x01]+)\x01auth=Bearer (?P<token>[!-~]+)\x01\x01", re.IGNORECASE)
_OAUTHBEARER = re.compile(
    r"[ny],(?:a=(?P<user>[^,\x01]+))?,\x01(?:[A-Za-z]+=[^\x01]*\x01)*?auth=Bearer (?P<token>[!-~]+)\x01"
    r"(?:[A-Za-z]+=[^\x01]*\x01)*\x01",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class BearerToken:
    """The client's claim, not yet verified; `user` is "" when the token has to tell. A refused token is answered
    by the challenge `refusal`, and the client's next line, whatever it is, ends the exchange (RFC 7628 §3.2.3)."""

    user: str
    token: str = field(repr=False)
    refusal: Challenge


BearerProgress = Challenge | BearerToken | Failed


class _Bearer:
    pattern: re.Pattern[str]
    refusal: bytes

    def step(self, response: bytes | None) -> BearerProgress:
        if response is None:
            return Challenge(b"")
        match = self.pattern.fullmatch(response.decode("utf-8", "replace"))
        if match is None:
            return Failed("malformed bearer token")
        user = (match["user"] or "").replace("=2C", ",").replace("=3D", "=")
        return BearerToken(user, match["token"], Challenge(self.refusal))


class XOAuth2(_Bearer):
    """XOAUTH2, as Google and Microsoft document it."""

    pattern = _XOAUTH2
    refusal = b'{"status":"401","schemes":"bearer","scope":"mail"}'


class OAuthBearer(_Bearer):
    """OAUTHBEARER (RFC 7628)."""

    pattern = _OAUTHBEARER
    refusal = b'{"status":"invalid_token","scope":"mail"}'
