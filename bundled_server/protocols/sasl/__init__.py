"""The server's side of SASL exchanges (RFC 4422), without IO: base64 lines in, challenges or claims out."""

from bundled_server.protocols.sasl.bearer import BearerToken, OAuthBearer, XOAuth2
from bundled_server.protocols.sasl.exchange import (
    MAXIMUM_RESPONSE_OCTETS,
    Challenge,
    Credentials,
    Exchange,
    Failed,
    Mechanism,
)
from bundled_server.protocols.sasl.plain import MECHANISMS, Login, Plain, Progress, SaslExchange
from bundled_server.protocols.sasl.scram import Disproven, KeysWanted, Proven, ScramKeys, ScramSha256

__all__ = [
    "MAXIMUM_RESPONSE_OCTETS",
    "MECHANISMS",
    "BearerToken",
    "Challenge",
    "Credentials",
    "Disproven",
    "Exchange",
    "Failed",
    "KeysWanted",
    "Login",
    "Mechanism",
    "OAuthBearer",
    "Plain",
    "Progress",
    "Proven",
    "SaslExchange",
    "ScramKeys",
    "ScramSha256",
    "XOAuth2",
]
