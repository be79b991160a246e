"""Password hashes: scrypt (RFC 7914) as text, "scrypt$n$r$p$salt$hash"."""

import hashlib
import hmac
import os
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass

SCHEME = "scrypt"
SALT_OCTETS = 16
HASH_OCTETS = 32
MEMORY_OCTETS = 128 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Cost:
    """scrypt's N, r and p; the default takes about 50 ms and 16 MB."""

    n: int = 16_384
    r: int = 8
    p: int = 1


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
    return f"{SCHEME}${numbers}${b64encode(salt).decode()}${b64encode(digest).decode()}"


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


def _parse(secret: str) -> _Parsed | None:
    try:
        scheme, n, r, p, salt, digest = secret.split("$")
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
