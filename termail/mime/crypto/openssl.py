"""S/MIME by openssl's cms command: the user's certificate and key are files, other people's a folder of files."""

import contextlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from termail.mime.crypto.verdicts import Signature, Standing
from termail.mime.outgoing import DraftError, Protection

DEADLINE_SECONDS: Final = 30.0
_SUBJECT: Final = re.compile(r"(?m)^subject=(.*)$")
_FINGERPRINT: Final = re.compile(r"(?mi)^sha256 Fingerprint=(.*)$")
_EMAIL: Final = re.compile(r"(?m)^[^\s@=:]+@[^\s@=:]+$")


class SmimeError(Exception):
    """openssl cannot do it; the text says why."""


class SmimeFiles(msgspec.Struct, frozen=True, kw_only=True):
    """`own` and `key` are PEM files, `people` a folder of ADDRESS.pem, `authorities` a PEM file (""
    for the system's)."""

    own: str = ""
    key: str = ""
    people: str = ""
    authorities: str = ""


class Openssl:
    """Calls block: use a thread."""

    def __init__(self, files: SmimeFiles, program: str = "openssl") -> None:
        self._files, self._program = files, program

    def __call__(self, entity: bytes, protection: Protection, sender: str, recipients: tuple[str, ...]) -> bytes:
        """Called by `build` (RFC 8551): signed, then encrypted. Raises DraftError."""
        try:
            sealed = self._sign(entity) if protection.signs else entity
            return self._encrypt(sealed, [*recipients, sender]) if protection.encrypts else sealed
        except SmimeError as error:
            raise DraftError(f"S/MIME: {error}") from error

    def _sign(self, entity: bytes) -> bytes:
        if not (self._files.own and self._files.key):
            raise SmimeError("`own` and `key` in [smime] name your certificate and its key")
        words = ["-sign", "-signer", _path(self._files.own), *self._key(), "-md", "sha256"]
        return _entity(self._cms(words, entity))

    def _encrypt(self, entity: bytes, addresses: Sequence[str]) -> bytes:
        certificates = [self._certificate_of(address) for address in dict.fromkeys(addresses)]
        return _entity(self._cms(["-encrypt", "-aes-256-cbc", *certificates], entity))

    def _certificate_of(self, address: str) -> str:
        folder = Path(self._files.people).expanduser() if self._files.people else None
        safe = re.sub(r"[^A-Za-z0-9.@_+-]", "_", address.lower())
        path = folder / f"{safe}.pem" if folder is not None else None
        if path is None or not path.is_file():
            raise SmimeError(f"no certificate for {address}: put it into {path or '`people` of [smime]'}")
        return str(path)

    def decrypt(self, entity: bytes) -> bytes:
        """→ the entity inside. Raises SmimeError."""
        if not (self._files.own and self._files.key):
            raise SmimeError("`own` and `key` in [smime] name your certificate and its key")
        return self._cms(["-decrypt", "-recip", _path(self._files.own), *self._key()], entity)

    def _key(self) -> list[str]:
        """Without a passphrase: openssl would ask for it on the terminal, under the screen."""
        return ["-inkey", _path(self._files.key), "-passin", "pass:"]

    def verify(self, entity: bytes) -> tuple[bytes, Signature]:
        """→ (the entity inside, how its signature stands). Raises SmimeError where there is no openssl."""
        if shutil.which(self._program) is None:
            raise SmimeError(f"{self._program} is not installed")
        with tempfile.TemporaryDirectory(prefix="termail-") as folder:
            signer = str(Path(folder) / "signer.pem")
            trust = ["-CAfile", _path(self._files.authorities)] if self._files.authorities else []
            with contextlib.suppress(SmimeError):  # below: whether it was the authority or the signature
                inside = self._cms(["-verify", "-signer", signer, *trust], entity)
                return inside, self._described(signer, Standing.TRUSTED)
            try:
                inside = self._cms(["-verify", "-noverify", "-signer", signer], entity)
            except SmimeError:
                return b"", Signature(standing=Standing.WRONG)
            return inside, self._described(signer, Standing.UNCERTIFIED)

    def _described(self, path: str, standing: Standing) -> Signature:
        words = [
            "x509",
            "-in",
            path,
            "-noout",
            "-subject",
            "-fingerprint",
            "-sha256",
            "-email",
            "-nameopt",
            "utf8",
        ]
        text = self._run(words, b"").decode("utf-8", "replace")
        subject, email = _SUBJECT.search(text), _EMAIL.search(text)
        fingerprint = _FINGERPRINT.search(text)
        name = subject[1].strip() if subject else "an unnamed certificate"
        return Signature(
            standing=standing,
            signer=f"{name} <{email[0]}>" if email else name,
            fingerprint=fingerprint[1].replace(":", "") if fingerprint else "",
        )

    def _cms(self, words: Sequence[str], octets: bytes) -> bytes:
        return self._run(["cms", *words], octets)

    def _run(self, words: Sequence[str], octets: bytes) -> bytes:
        try:
            done = subprocess.run(
                [self._program, *words], input=octets, capture_output=True, timeout=DEADLINE_SECONDS, check=False
            )
        except FileNotFoundError:
            raise SmimeError(f"{self._program} is not installed") from None
        except subprocess.TimeoutExpired:
            raise SmimeError("openssl did not answer") from None
        if done.returncode:
            words = done.stderr.decode("utf-8", "replace").split("\n")
            raise SmimeError(
                next((line.strip()[:200] for line in reversed(words) if line.strip()), "openssl failed")
            )
        return done.stdout


def _entity(message: bytes) -> bytes:
    """openssl's S/MIME output as an entity of ours: CRLF, without its own MIME-Version."""
    text = message.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return re.sub(rb"(?im)\AMIME-Version:[^\r\n]*\r\n", b"", text)


def _path(text: str) -> str:
    return str(Path(text).expanduser())
