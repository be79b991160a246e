"""gpg as a subprocess: the user's agent, keys and cards do the work; only its status lines are believed."""

import contextlib
import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from termail.mime.crypto.verdicts import Signature, Standing

DEADLINE_SECONDS: Final = 60.0
LARGEST_OCTETS: Final = 200_000_000
_STATUS: Final = "[GNUPG:] "
_UID: Final = re.compile(r"\\x([0-9a-f]{2})")
_HASHES: Final = {"1": "sha1", "2": "md5", "3": "ripemd160", "8": "sha256", "9": "sha384", "10": "sha512",
                  "11": "sha224"}  # fmt: skip
_TRUSTED: Final = frozenset({"TRUST_FULLY", "TRUST_ULTIMATE"})
_STANDINGS: Final = {
    "GOODSIG": Standing.UNCERTIFIED,
    "EXPSIG": Standing.EXPIRED,
    "EXPKEYSIG": Standing.EXPIRED,
    "REVKEYSIG": Standing.REVOKED,
    "BADSIG": Standing.WRONG,
    "ERRSIG": Standing.UNKNOWN,
}
_ORDER: Final = tuple(Standing)


class GpgError(Exception):
    """gpg cannot do it; the text says why, in words for the user."""


class PassphraseWanted(GpgError):
    """The agent has no passphrase at hand, and may not ask now: the terminal is ours."""


class Done(msgspec.Struct, frozen=True):
    """Octets and status lines of one run."""

    octets: bytes
    status: tuple[tuple[str, ...], ...]

    def first(self, name: str) -> tuple[str, ...]:
        """The words after the first status line of that name; () when there is none."""
        return next((words[1:] for words in self.status if words[0] == name), ())


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key somebody could encrypt to; `validity` is gpg's letter (u, f: certified)."""

    fingerprint: str
    user_ids: tuple[str, ...]
    validity: str

    @property
    def is_certified(self) -> bool:
        """Whether the user, or somebody the user trusts, vouches for it."""
        return self.validity in ("f", "u")


class Gpg:
    """`home` is another GNUPGHOME than the user's. With `may_ask` the agent may ask for a passphrase on the
    terminal, so only while the client has given it away. Calls block: use a thread."""

    def __init__(self, program: str = "gpg", *, home: Path | None = None) -> None:
        self._program, self._home = program, home

    def sign(self, octets: bytes, *, signer: str, may_ask: bool = False) -> tuple[bytes, str]:
        """→ (armored detached signature, hash name for micalg)."""
        done = self._run(["--detach-sign", "--armor", "--local-user", signer], octets, may_ask=may_ask)
        created = done.first("SIG_CREATED")
        if not created:
            raise GpgError(f"gpg did not sign as {signer}")
        return done.octets, _HASHES.get(created[2], "sha256")

    def encrypt(
        self, octets: bytes, *, recipients: Sequence[str], signer: str = "", may_ask: bool = False
    ) -> bytes:
        """Armored; `recipients` are fingerprints. With `signer` it is signed inside."""
        words = ["--encrypt", "--armor", "--trust-model", "always"]  # who may be believed was asked before
        for recipient in recipients:
            words += ["--recipient", recipient]
        if signer:
            words += ["--sign", "--local-user", signer]
        return self._run(words, octets, may_ask=may_ask).octets

    def decrypt(self, octets: bytes, *, may_ask: bool = False) -> tuple[bytes, Signature | None]:
        """→ (what was inside, its signature)."""
        done = self._run(["--decrypt"], octets, may_ask=may_ask, is_signature_enough=True)
        names = {words[0] for words in done.status}
        if "DECRYPTION_OKAY" not in names or "DECRYPTION_FAILED" in names:
            raise GpgError(_why_not(done))
        return done.octets, signature_of(done.status)

    def open_clear_text(self, octets: bytes) -> tuple[bytes, Signature | None]:
        """An inline signed text → (the text that is signed, its signature)."""
        done = self._run(["--decrypt"], octets, is_signature_enough=True)
        return done.octets, signature_of(done.status)

    def verify(self, octets: bytes, signature: bytes) -> Signature | None:
        """None when gpg found no signature."""
        with tempfile.TemporaryDirectory(prefix="termail-") as folder:
            path = Path(folder) / "signature.asc"
            path.write_bytes(signature)
            return signature_of(self._run(["--verify", str(path), "-"], octets, is_signature_enough=True).status)

    def keys(self, words: str, *, secret: bool = False) -> list[Key]:
        """Usable keys whose user id has `words` (an address is looked for as a whole)."""
        wanted = f"<{words}>" if "@" in words else words
        listing = "--list-secret-keys" if secret else "--list-keys"
        done = self._run(["--with-colons", "--fixed-list-mode", listing, "--", wanted], b"", may_fail=True)
        return _keys(done.octets.decode("utf-8", "replace"))

    def locate(self, words: str) -> str:
        """Ask the user's key servers and WKD → what gpg says, in one line."""
        verb = ["--locate-external-keys", "--", words] if "@" in words else ["--receive-keys", "--", words]
        done = self._run(verb, b"", may_fail=True)
        imported = done.first("IMPORT_OK")
        return f"Key {imported[1][-16:]} is in your keyring now." if len(imported) > 1 else "No key was found."

    def import_keys(self, octets: bytes) -> int:
        """→ how many keys are new or changed."""
        done = self._run(["--import"], octets, may_fail=True)
        return sum(words[0] == "IMPORT_OK" and words[1] != "0" for words in done.status)

    def _run(
        self,
        words: Sequence[str],
        octets: bytes,
        *,
        may_ask: bool = False,
        is_signature_enough: bool = False,
        may_fail: bool = False,
    ) -> Done:
        command = [self._program, "--batch", "--no-tty", "--no-verbose", "--display-charset", "utf-8"]
        if self._home is not None:
            command += ["--homedir", str(self._home)]
        if not may_ask:
            command += ["--pinentry-mode", "cancel"]
        with tempfile.TemporaryDirectory(prefix="termail-") as folder:
            status = Path(folder) / "status"  # apart from the output, where a message could forge such lines
            status.touch(mode=0o600)
            command += ["--status-file", str(status), *words]
            try:
                done = subprocess.run(
                    command, input=octets, capture_output=True, timeout=None if may_ask else DEADLINE_SECONDS,
                    env=_environment(), check=False,
                )  # fmt: skip
            except FileNotFoundError:
                raise GpgError(f"{self._program} is not installed") from None
            except subprocess.TimeoutExpired:
                raise GpgError("gpg did not answer") from None
            lines = status.read_text("utf-8", "replace").splitlines()
        read = Done(done.stdout, tuple(tuple(line[len(_STATUS) :].split(" ")) for line in lines))
        if done.returncode and not may_fail and not (is_signature_enough and _has_signature(read)):
            raise _failure(read)
        return read


def signature_of(status: Sequence[tuple[str, ...]]) -> Signature | None:
    """The worst of what the status lines tell: one wrong signature spoils the rest."""
    found: list[Signature] = []
    for words in status:
        if words[0] in _STANDINGS and len(words) > 1:
            name = _user_id(" ".join(words[2:])) if words[0] != "ERRSIG" else ""
            found.append(Signature(standing=_STANDINGS[words[0]], signer=name, fingerprint=words[1]))
        elif not found:
            continue
        elif words[0] == "VALIDSIG" and len(words) > 1:
            found[-1] = msgspec.structs.replace(found[-1], fingerprint=words[1])
        elif words[0] in _TRUSTED and found[-1].standing is Standing.UNCERTIFIED:
            found[-1] = msgspec.structs.replace(found[-1], standing=Standing.TRUSTED)
    return max(found, key=lambda entry: _ORDER.index(entry.standing), default=None)


def _has_signature(done: Done) -> bool:
    return signature_of(done.status) is not None


def _user_id(text: str) -> str:
    return _UID.sub(lambda found: chr(int(found[1], 16)), text)


def _failure(done: Done) -> GpgError:
    codes = {words[-1] for words in done.status if words[0] in ("ERROR", "FAILURE")}
    canceled = {"83886179", "67108963", "83886142", "67108961", "67108922", "67109041", "83886194"}
    if codes & canceled or any(words[0] == "PINENTRY_LAUNCHED" for words in done.status):
        return PassphraseWanted("a passphrase is wanted")
    return GpgError(_why_not(done))


def _why_not(done: Done) -> str:
    """The failure in words, from the status lines."""
    invalid = done.first("INV_RECP")
    if invalid:
        return f"there is no usable key for {invalid[-1]}"
    if done.first("INV_SGNR"):
        return "there is no secret key to sign with"
    if any(words[0] == "NO_SECKEY" for words in done.status):
        return "it is encrypted to keys you do not have"
    if any(words[0] == "NODATA" for words in done.status):
        return "there is no OpenPGP data in it"
    return "gpg could not read it"


def _keys(listing: str) -> list[Key]:
    """The colon format of gpg's doc/DETAILS; revoked, expired and disabled keys are left out."""
    keys: list[Key] = []
    validity = ""
    is_new = False
    for line in listing.splitlines():
        fields = line.split(":")
        match fields[0]:
            case "pub" | "sec":
                validity = fields[1]
                is_new = not (set(validity) & set("redin")) and "D" not in (fields[11] if len(fields) > 11 else "")
            case "fpr" if is_new:
                keys.append(Key(fingerprint=fields[9], user_ids=(), validity=validity))
                is_new = False
            case "uid" if keys and fields[1] not in ("r", "e"):
                last = keys[-1]
                better = fields[1] if fields[1] in ("f", "u") else last.validity
                keys[-1] = msgspec.structs.replace(
                    last, user_ids=(*last.user_ids, _user_id(fields[9])), validity=better
                )
            case _:
                pass
    return keys


def _environment() -> dict[str, str]:
    """English, so that nothing depends on the user's language; the terminal for pinentry."""
    environment = {**os.environ, "LC_MESSAGES": "C", "LANGUAGE": "en"}
    if "GPG_TTY" not in environment:
        with contextlib.suppress(OSError):
            environment["GPG_TTY"] = os.ttyname(0)
    return environment
