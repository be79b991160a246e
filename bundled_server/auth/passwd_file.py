"""Users from a passwd file: lines NAME:{SCHEME}HASH, read again when the file changes."""

import asyncio
import binascii
import hashlib
import hmac
import logging
import os
import re
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bundled_server.auth.directory import Answer, DirectoryUnavailable
from bundled_server.auth.passwords import SCHEME, is_right
from bundled_server.auth.sha_crypt import is_sha_crypt
from bundled_server.auth.sha_crypt import verify as sha_crypt_is_right

HASHING_THREADS = 2
LARGEST_FILE_OCTETS = 16 * 1024 * 1024
NOBODY = "$6$rounds=5000$nobodynobody$" + "." * 86
"""What an unknown name is held against, so that it takes as long."""

_SCHEME = re.compile(r"\{([A-Za-z0-9.-]{1,30})\}(.*)", re.DOTALL)
_SALTED = {"SSHA": "sha1", "SSHA256": "sha256", "SSHA512": "sha512"}
_CLEAR = ("PLAIN", "CLEAR", "CLEARTEXT")

logger = logging.getLogger(__name__)


class BadPasswdFile(ValueError):
    """The file has a line that cannot be used; the text names it and says what would do."""


class PasswdFileBackEnd:
    """Implements `auth.directory.BackEnd`. A file that cannot be read, or is no longer right, is weather: nobody
    is told that a password is wrong."""

    name = "passwd-file"

    def __init__(self, path: Path, *, allow_clear_text: bool = False) -> None:
        self._path = path
        self._allow_clear_text = allow_clear_text
        self._pool = ThreadPoolExecutor(HASHING_THREADS, thread_name_prefix="passwd file")
        self._stamp: tuple[int, int, int] | None = None
        self._hashes: dict[str, str] = {}

    def load(self) -> None:
        """Read the file unless it is as it was. Raises BadPasswdFile and OSError."""
        status = self._path.stat()
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        if stamp == self._stamp:
            return
        if status.st_size > LARGEST_FILE_OCTETS:
            raise BadPasswdFile(f"{self._path} has more than {LARGEST_FILE_OCTETS} octets")
        try:
            lines = self._path.read_text("utf-8").splitlines()
        except UnicodeDecodeError:
            raise BadPasswdFile(f"{self._path} is not UTF-8") from None
        self._hashes = dict(self._entries(lines))
        self._stamp = stamp
        if os.name == "posix" and status.st_mode & 0o004:
            logger.warning("%s can be read by everybody on this machine: chmod o-r it", self._path)

    def _entries(self, lines: list[str]) -> list[tuple[str, str]]:
        entries = []
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith("#"):
                continue
            name, colon, rest = line.partition(":")
            secret = rest.split(":", 1)[0]
            fault = "has no colon" if not colon else self._fault_of(secret)
            if fault:
                raise BadPasswdFile(f"{self._path}, line {number} ({name[:40]!r}): {fault}")
            entries.append((name.strip().lower(), secret))
        return entries

    def _fault_of(self, secret: str) -> str:
        """Why a hash cannot be used, "" when it can. Nothing of the hash is told."""
        scheme, value = _split(secret)
        if scheme in _CLEAR:
            return "" if self._allow_clear_text else "a password in the clear: hash it, or set allow_clear_text"
        if scheme in _SALTED:
            return "" if _salted_parts(scheme, value) else f"this is no {{{scheme}}} hash"
        if scheme == SCHEME.upper() or is_sha_crypt(value):
            return ""
        return "unknown hash: use {SHA512-CRYPT} or {SHA256-CRYPT} ($6$, $5$), {SSHA512}, {SSHA256} or scrypt"

    # BackEnd

    async def answer(self, user: str, password: str) -> Answer:
        secret = (await self._current()).get(user)
        loop = asyncio.get_running_loop()
        right = await loop.run_in_executor(self._pool, _is_right, password, secret or NOBODY)
        if secret is not None and _is_quick(secret):  # which must not tell who exists
            await loop.run_in_executor(self._pool, _is_right, password, NOBODY)
        if secret is None:
            return Answer.UNKNOWN
        return Answer.RIGHT if right else Answer.WRONG

    async def knows(self, user: str) -> bool:
        return user in await self._current()

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _current(self) -> dict[str, str]:
        try:
            await asyncio.get_running_loop().run_in_executor(self._pool, self.load)
        except (OSError, BadPasswdFile) as fault:
            logger.warning("%s", fault)
            raise DirectoryUnavailable("the file of users cannot be read") from fault
        return self._hashes


def _split(secret: str) -> tuple[str, str]:
    match = _SCHEME.fullmatch(secret)
    if match is not None:
        return match[1].upper().removesuffix(".B64"), match[2]
    return ("SCRYPT" if secret.startswith(f"{SCHEME}$") else ""), secret


def _is_quick(secret: str) -> bool:
    return _split(secret)[0] in (*_SALTED, *_CLEAR)


def _is_right(password: str, secret: str) -> bool:
    scheme, value = _split(secret)
    octets = password.encode("utf-8", "surrogatepass")
    if scheme in _CLEAR:
        return hmac.compare_digest(octets, value.encode("utf-8", "surrogatepass"))
    if scheme in _SALTED:
        parts = _salted_parts(scheme, value)
        return parts is not None and hmac.compare_digest(
            hashlib.new(_SALTED[scheme], octets + parts[1]).digest(), parts[0]
        )
    if scheme == SCHEME.upper():
        return is_right(password, value)
    return sha_crypt_is_right(password, value)


def _salted_parts(scheme: str, value: str) -> tuple[bytes, bytes] | None:
    """Digest and salt (RFC 2307 and what grew from it); None for what is no such hash."""
    try:
        octets = b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None
    size = hashlib.new(_SALTED[scheme]).digest_size
    digest, salt = octets[:size], octets[size:]
    return (digest, salt) if len(digest) == size and salt else None
