"""SRS, the Sender Rewriting Scheme: forwarded mail leaves from an address of ours that leads back to its sender.

Without it the next host asks the sender's domain (SPF) whether we may speak for it, and we may not. The form is
the one of Mengwong and Beck: SRS0=HASH=TIME=DOMAIN=LOCAL@us; a sender that another forwarder rewrote becomes
SRS1=HASH=FORWARDER==HASH=TIME=DOMAIN=LOCAL@us, so that it leads back past us to that forwarder.
"""

import base64
import hmac
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from bundled_server.envelope import split_address

SECRET_OCTETS = 32
HASH_LETTERS = 6
DAYS_VALID = 21
DAY_SECONDS = 86_400
DAYS_COUNTED = 1024  # two letters of base 32: after almost three years the days repeat
LONGEST_LOCAL_PART = 255
BASE_32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

_PLAIN = re.compile(r"[A-Za-z0-9.&'*+/=?^_{}~#$-]+")
_REWRITTEN = re.compile(r"SRS([01])[=+-](.+)", re.IGNORECASE)
_FIRST = re.compile(r"([A-Z2-7]+)=([A-Z2-7]{2})=([^=]+)=(.+)", re.IGNORECASE)
_SECOND = re.compile(r"([A-Z2-7]+)=([^=]+)=([=+-].+)", re.IGNORECASE)


class SenderRewriting:
    """`own` are the domains that are ours, addresses are made in the first; `now` gives epoch seconds; whoever
    knows `secret` can make addresses that lead through us."""

    def __init__(self, secret: bytes, own: Sequence[str], now: Callable[[], float]) -> None:
        self._secret = secret
        self._own = own
        self._now = now

    def outward(self, sender: str) -> str:
        """The sender to forward with. The null sender, one of a domain of ours and one that would become too long
        or needs quotes stay as they are."""
        local, domain = split_address(sender)
        if not domain or domain in self._own or not _PLAIN.fullmatch(local):
            return sender
        match = _REWRITTEN.fullmatch(local)
        if match is None:
            day = self._day()
            rest = f"{BASE_32[day // 32]}{BASE_32[day % 32]}={domain}={local}"
            rewritten = f"SRS0={self._hash(rest)}={rest}"
        elif match[1] == "0":
            rest = f"{domain}={local[4:]}"
            rewritten = f"SRS1={self._hash(rest)}={rest}"
        elif (second := _SECOND.fullmatch(match[2])) is not None:
            rest = f"{second[2]}={second[3]}"
            rewritten = f"SRS1={self._hash(rest)}={rest}"
        else:
            return sender
        return f"{rewritten}@{self._own[0]}" if len(rewritten) <= LONGEST_LOCAL_PART else sender

    def inward(self, local_part: str) -> str | None:
        """Where mail for this local part of ours goes back to; None when we did not make it, or too long ago."""
        match = _REWRITTEN.fullmatch(local_part)
        if match is None:
            return None
        if match[1] == "1":
            second = _SECOND.fullmatch(match[2])
            if second is None or not self._is_ours(second[1], f"{second[2]}={second[3]}"):
                return None
            return f"SRS0{second[3]}@{second[2]}"
        first = _FIRST.fullmatch(match[2])
        if first is None or not self._is_ours(first[1], f"{first[2]}={first[3]}={first[4]}"):
            return None
        age_days = (self._day() - _day_of(first[2])) % DAYS_COUNTED
        return f"{first[4]}@{first[3]}" if age_days <= DAYS_VALID else None

    def _day(self) -> int:
        return int(self._now() // DAY_SECONDS) % DAYS_COUNTED

    def _hash(self, rest: str) -> str:
        """Letters that survive whoever changes their case on the way."""
        digest = hmac.digest(self._secret, rest.lower().encode("utf-8", "surrogateescape"), "sha256")
        return base64.b32encode(digest)[:HASH_LETTERS].decode("ascii")

    def _is_ours(self, claimed: str, rest: str) -> bool:
        return hmac.compare_digest(claimed.upper().encode(), self._hash(rest).encode())


def _day_of(letters: str) -> int:
    high, low = (BASE_32.index(letter) for letter in letters.upper())
    return high * 32 + low


def secret_in(path: Path) -> bytes:
    """The host's secret, made when the file is missing. Raises OSError, also for a file that holds none."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        secret = path.read_bytes()
        if len(secret) < SECRET_OCTETS:
            raise OSError(f"{path} holds no secret: remove it, a new one will be made") from None
        return secret
    with os.fdopen(descriptor, "wb") as file:
        secret = os.urandom(SECRET_OCTETS)
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    return secret
