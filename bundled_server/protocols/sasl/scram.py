"""SCRAM-SHA-256 (RFC 5802, RFC 7677), the server's side: proof of a password that is never sent."""

import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from contextlib import suppress
from dataclasses import dataclass, field

from bundled_server.protocols.sasl.exchange import Challenge, Failed
from bundled_server.protocols.sasl.prep import saslprep

_FIRST = re.compile(r"(?P<gs2>(?P<flag>[ny]|p=[A-Za-z0-9.-]+),(?:a=(?P<authzid>[^,]+))?,)(?P<bare>.*)", re.S)
_FIRST_BARE = re.compile(r"n=(?P<user>[^,]+),r=(?P<nonce>[!-+\--~]+)(?:,[A-Za-z]=[^,]*)*")
_FINAL = re.compile(
    r"(?P<bare>c=(?P<binding>[A-Za-z0-9+/=]+),r=(?P<nonce>[!-+\--~]+)(?:,[A-Za-z]=[^,]*)*),p=(?P<proof>[A-Za-z0-9+/=]+)"
)


@dataclass(frozen=True, slots=True)
class ScramKeys:
    """What the server keeps of a password (RFC 5802 §3)."""

    salt: bytes
    iterations: int
    stored_key: bytes = field(repr=False)
    server_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeysWanted:
    """Look up this user's keys (made-up ones for nobody) and `supply` them."""

    user: str


@dataclass(frozen=True, slots=True)
class Proven:
    """The client knows the password, and has been shown that we do. `authzid` is "" when it acts for itself."""

    authzid: str
    user: str


@dataclass(frozen=True, slots=True)
class Disproven:
    """The proof is wrong: no such password, or no such user."""

    user: str


ScramProgress = Challenge | KeysWanted | Proven | Disproven | Failed


def derive_keys(password: str, salt: bytes, iterations: int) -> ScramKeys:
    """The keys of a password. Slow on purpose. A password that SASLprep refuses is taken as it is."""
    with suppress(ValueError):
        password = saslprep(password)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("utf-8", "surrogatepass"), salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    return ScramKeys(salt, iterations, hashlib.sha256(client_key).digest(), server_key)


class ScramSha256:
    """One exchange; `nonce` is this server's share, printable and without commas. There is no channel binding."""

    def __init__(self, nonce: str) -> None:
        self._nonce = nonce
        self._gs2 = ""
        self._authzid = ""
        self._user = ""
        self._client_first = ""
        self._server_first = ""
        self._keys: ScramKeys | None = None
        self._is_proven = False

    def step(self, response: bytes | None) -> ScramProgress:
        if response is None:
            return Challenge(b"")
        if self._is_proven:
            return Failed("words after the end") if response else Proven(self._authzid, self._user)
        try:
            text = response.decode("utf-8")
        except UnicodeDecodeError:
            return Failed("not UTF-8")
        return self._first(text) if self._keys is None else self._final(text, self._keys)

    def supply(self, keys: ScramKeys) -> Challenge:
        """The keys that were wanted → what to send next."""
        self._keys = keys
        self._server_first = f"r={self._nonce},s={b64encode(keys.salt).decode()},i={keys.iterations}"
        return Challenge(self._server_first.encode("ascii"))

    def _first(self, text: str) -> ScramProgress:
        match = _FIRST.fullmatch(text)
        bare = _FIRST_BARE.fullmatch(match["bare"]) if match else None
        if match is None or bare is None or self._user:
            return Failed("malformed SCRAM message")
        if match["flag"].startswith("p"):
            return Failed("channel binding is not supported")
        try:
            self._user = saslprep(_name(bare["user"]))
            self._authzid = saslprep(_name(match["authzid"] or ""))
        except ValueError as fault:
            return Failed(f"bad user name: {fault}")
        self._gs2, self._client_first = match["gs2"], match["bare"]
        self._nonce = bare["nonce"] + self._nonce
        return KeysWanted(self._user)

    def _final(self, text: str, keys: ScramKeys) -> ScramProgress:
        match = _FINAL.fullmatch(text)
        if match is None:
            return Failed("malformed SCRAM message")
        try:
            proof = b64decode(match["proof"], validate=True)
            binding = b64decode(match["binding"], validate=True)
        except (Base64Error, ValueError):
            return Failed("malformed base64")
        if binding != self._gs2.encode("utf-8") or match["nonce"] != self._nonce:
            return Failed("the exchange was tampered with")
        message = ",".join((self._client_first, self._server_first, match["bare"])).encode("utf-8")
        signature = hmac.digest(keys.stored_key, message, "sha256")
        if len(proof) != len(signature):
            return Failed("a proof of the wrong length")
        client_key = bytes(a ^ b for a, b in zip(proof, signature, strict=True))
        if not hmac.compare_digest(hashlib.sha256(client_key).digest(), keys.stored_key):
            return Disproven(self._user)
        self._is_proven = True
        return Challenge(b"v=" + b64encode(hmac.digest(keys.server_key, message, "sha256")))


def _name(text: str) -> str:
    """A saslname: "=2C" and "=3D" stand for comma and equals sign. Raises ValueError."""
    if "=" in text.replace("=2C", "").replace("=3D", ""):
        raise ValueError("a stray equals sign")
    return text.replace("=2C", ",").replace("=3D", "=")
