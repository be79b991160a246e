"""SHA-crypt, the $5$ and $6$ passwords of Unix (Ulrich Drepper, "Unix crypt using SHA-256 and SHA-512", 2008)."""

import hashlib
import hmac
import re
from collections.abc import Callable
from typing import Any, Final

MOST_ROUNDS: Final = 500_000
"""More would keep a thread busy for seconds; /etc/shadow has 5,000, or what its administrator chose."""

_LETTERS: Final = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_FORM: Final = re.compile(
    r"\$([56])\$(?:rounds=(\d{1,9})\$)?([^$:\s]{0,16})\$([./0-9A-Za-z]{43}|[./0-9A-Za-z]{86})"
)
_DEFAULT_ROUNDS: Final = 5_000
Hash = Callable[[bytes], Any]


def is_sha_crypt(text: str) -> bool:
    """Whether this is a hash that `verify` can work with."""
    match = _FORM.fullmatch(text)
    return match is not None and int(match[2] or 0) <= MOST_ROUNDS


def verify(password: str, text: str) -> bool:
    """Whether the password made the hash; false for what `is_sha_crypt` does not take. Slow on purpose."""
    match = _FORM.fullmatch(text)
    if match is None or int(match[2] or 0) > MOST_ROUNDS:
        return False
    rounds = max(1_000, int(match[2])) if match[2] else _DEFAULT_ROUNDS
    make = hashlib.sha256 if match[1] == "5" else hashlib.sha512
    digest = _digest(make, password.encode("utf-8", "surrogatepass"), match[3].encode("utf-8"), rounds)
    return hmac.compare_digest(_encoded(digest).encode("ascii"), match[4].encode("ascii"))


def _digest(make: Hash, password: bytes, salt: bytes, rounds: int) -> bytes:
    """Steps 1 to 21 of the specification."""
    length = len(password)
    other = make(password + salt + password).digest()
    first = make(password + salt + _stretched(other, length))
    bits = length
    while bits:
        first.update(other if bits & 1 else password)
        bits >>= 1
    digest: bytes = first.digest()
    p = _stretched(make(password * length).digest(), length)
    s = _stretched(make(salt * (16 + digest[0])).digest(), len(salt))
    for number in range(rounds):
        start, end = (p, digest) if number & 1 else (digest, p)
        middle = (s if number % 3 else b"") + (p if number % 7 else b"")
        digest = make(start + middle + end).digest()
    return digest


def _stretched(octets: bytes, length: int) -> bytes:
    return (octets * (length // len(octets) + 1))[:length] if length else b""


def _encoded(digest: bytes) -> str:
    """Step 22: the octets in their odd order, six bits to a letter."""
    third = len(digest) // 3
    a, b, c = 0, third, 2 * third
    groups = []
    for _ in range(third):
        groups.append(_letters(digest[a], digest[b], digest[c], 4))
        a, b, c = (c + 1, a + 1, b + 1) if third == 10 else (b + 1, c + 1, a + 1)
    rest = _letters(0, digest[31], digest[30], 3) if third == 10 else _letters(0, 0, digest[63], 2)
    return "".join(groups) + rest


def _letters(high: int, middle: int, low: int, count: int) -> str:
    value = high << 16 | middle << 8 | low
    return "".join(_LETTERS[value >> 6 * position & 63] for position in range(count))
