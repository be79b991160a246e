"""The encrypted password file: for machines without a keyring, opened with one passphrase."""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

FILE_NAME: Final = "passwords.vault"
FILE_LIMIT: Final = 1_000_000
_COST: Final = 2**15
_BLOCK: Final = 8
_VERSION: Final = 1


class WrongPassphrase(Exception):
    """The passphrase does not open the file, or the file was changed by somebody else."""


class Vault:
    """scrypt (RFC 7914) makes the key, AES-256-GCM seals one JSON object {account: secret}."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE_NAME

    def exists(self) -> bool:
        """Whether anything was ever put in."""
        return self.path.is_file()

    def open(self, passphrase: str) -> dict[str, str]:
        """All secrets by account; slow on purpose, call it in a thread. Raises WrongPassphrase, OSError."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            with self.path.open("rb") as file:
                sealed = json.loads(file.read(FILE_LIMIT))
            if sealed["version"] != _VERSION:
                raise WrongPassphrase(f"{self.path} was written by a later version")
            salt, nonce, data = (base64.b64decode(sealed[name]) for name in ("salt", "nonce", "data"))
            opened: Any = json.loads(AESGCM(_key(passphrase, salt)).decrypt(nonce, data, salt))
            return {str(name): str(secret) for name, secret in opened.items()}
        except (InvalidTag, ValueError, KeyError, TypeError, AttributeError) as error:
            raise WrongPassphrase(f"{self.path}: the passphrase does not open it") from error

    def seal(self, passphrase: str, entries: Mapping[str, str]) -> None:
        """Write all secrets anew: a new salt, a new nonce, the old file replaced in one step, mode 0600."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
        data = AESGCM(_key(passphrase, salt)).encrypt(nonce, json.dumps(dict(entries)).encode(), salt)
        sealed = {"version": _VERSION} | {
            name: base64.b64encode(value).decode("ascii")
            for name, value in (("salt", salt), ("nonce", nonce), ("data", data))
        }
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self.path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            json.dump(sealed, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)


def _key(passphrase: str, salt: bytes) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    return Scrypt(salt=salt, length=32, n=_COST, r=_BLOCK, p=1).derive(passphrase.encode("utf-8"))
