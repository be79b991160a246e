"""What is kept of a password, as text: a scrypt hash (RFC 7914) and the keys of SCRAM-SHA-256 (RFC 5802 §3).

"scrypt$n$r$p$salt$hash|SCRAM-SHA-256$iterations$salt$stored key$server key"; older secrets end before the bar.
"""

import hashlib
import hmac
import os
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass

from bundled_server.protocols.sasl import ScramKeys
from bundled_server.protocols.sasl.scram import derive_keys

SCHEME = "scrypt"
SCRAM_SCHEME = "SCRAM-SHA-256"
SALT_OCTETS = 16
HASH_OCTETS = 32
MEMORY_OCTETS = 128 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Cost:
    """scrypt's N, r and p, and SCRAM's iterations; the default takes about 80 ms and 16 MB."""

    n: int = 16_384
    r: int = 8
    p: int = 1
    iterations: int = 65_536


DEFAULT_COST = Cost()


@dataclass(frozen=True, slots=True)
class _Parsed:
    cost: Cost
    salt: bytes
    digest: bytes


def hash_password(password: str, cost: Cost = DEFAULT_COST, salt: bytes | None = None) -> str:
    """What the store keeps as a user's secret. Slow on purpose: call it off the event loop."""
    salt = os.urandom(SALT_OCTETS) if salt is None else salt
    digest = _scrypt(password, salt, cost, HASH_OCTETS)
    numbers = f"{cost.n}${cost.r}${cost.p}"
    hashed = f"{SCHEME}${numbers}${b64encode(salt).decode()}${b64encode(digest).decode()}"
    keys = derive_keys(password, os.urandom(SALT_OCTETS), cost.iterations)
    octets = "$".join(b64encode(part).decode() for part in (keys.salt, keys.stored_key, keys.server_key))
    return f"{hashed}|{SCRAM_SCHEME}${cost.iterations}${octets}"


def is_right(password: str, secret: str) -> bool:
    """Whether `password` made `secret`; false for a secret that is not ours. Slow on purpose."""
    parsed = _parse(secret)
    if parsed is None:
        return False
    try:
        digest = _scrypt(password, parsed.salt, parsed.cost, len(parsed.digest))
    except ValueError:  # a cost that scrypt does not know
        return False
    return hmac.compare_digest(digest, parsed.digest)


def scram_keys(secret: str) -> ScramKeys | None:
    """The SCRAM keys in a secret, None in an older one."""
    try:
        scheme, iterations, *octets = secret.partition("|")[2].split("$")
        salt, stored_key, server_key = (b64decode(part, validate=True) for part in octets)
        return ScramKeys(salt, int(iterations), stored_key, server_key) if scheme == SCRAM_SCHEME else None
    except (ValueError, Base64Error):
        return None


def _parse(secret: str) -> _Parsed | None:
    try:
        scheme, n, r, p, salt, digest = secret.partition("|")[0].split("$")
        if scheme != SCHEME:
            return None
        cost = Cost(int(n), int(r), int(p))
        parsed = _Parsed(cost, b64decode(salt, validate=True), b64decode(digest, validate=True))
    except (ValueError, Base64Error):
        return None
    return parsed if parsed.digest else None


def _scrypt(password: str, salt: bytes, cost: Cost, octets: int) -> bytes:
    return hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"),
        salt=salt,
        n=cost.n,
        r=cost.r,
        p=cost.p,
        maxmem=MEMORY_OCTETS,
        dklen=octets,
    )
