"""SCRAM-SHA-256 as a client (RFC 5802, RFC 7677): the password stays here, and the server proves itself."""

import base64
import binascii
import hashlib
import hmac
import unicodedata
from typing import Final

ITERATIONS: Final = (4_096, 600_000)
"""Fewer are forbidden (RFC 7677 §4); more would only keep us busy."""
SALT_OCTETS: Final = 1_024


class ScramRefused(Exception):
    """The server does not follow the protocol or cannot prove that it knows the password."""


class Scram:
    """One exchange. `nonce` is fresh printable ASCII without a comma."""

    def __init__(self, user: str, password: str, nonce: str) -> None:
        name = unicodedata.normalize("NFKC", user).replace("=", "=3D").replace(",", "=2C")
        self._bare = f"n={name},r={nonce}"
        self._nonce = nonce
        self._password = unicodedata.normalize("NFKC", password).encode()
        self._signature = b""
        self.is_proved = False

    def first(self) -> bytes:
        """client-first-message; no channel binding."""
        return f"n,,{self._bare}".encode()

    def answer(self, challenge: bytes) -> bytes:
        """To server-first-message our proof, to server-final-message nothing more. Raises ScramRefused."""
        fields = _fields(challenge)
        if self._signature:
            self._check(fields)
            return b""
        nonce, salt, count = fields.get("r", ""), _decoded(fields.get("s", "")), fields.get("i", "")
        if not nonce.startswith(self._nonce) or len(nonce) == len(self._nonce):
            raise ScramRefused("the server's nonce is not made from ours")
        iterations = int(count) if count.isascii() and count.isdigit() and len(count) < 10 else 0
        if not ITERATIONS[0] <= iterations <= ITERATIONS[1] or not 0 < len(salt) <= SALT_OCTETS:
            raise ScramRefused("the server asks for a strange number of iterations or a strange salt")
        without_proof = f"c=biws,r={nonce}"
        message = f"{self._bare},{challenge.decode('utf-8', 'replace')},{without_proof}".encode()
        salted = hashlib.pbkdf2_hmac("sha256", self._password, salt, iterations)
        key = _mac(salted, b"Client Key")
        signature = _mac(hashlib.sha256(key).digest(), message)
        self._signature = _mac(_mac(salted, b"Server Key"), message)
        proof = bytes(one ^ other for one, other in zip(key, signature, strict=True))
        return f"{without_proof},p={base64.b64encode(proof).decode()}".encode()

    def _check(self, fields: dict[str, str]) -> None:
        if not hmac.compare_digest(_decoded(fields.get("v", "")), self._signature):
            raise ScramRefused("the server could not prove that it knows the password")
        self.is_proved = True


def _mac(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256")


def _fields(message: bytes) -> dict[str, str]:
    pairs = (part.partition("=") for part in message.decode("utf-8", "replace").split(","))
    return {name: value for name, _, value in pairs}


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
