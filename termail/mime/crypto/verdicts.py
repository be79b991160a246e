"""What became known of a protected message: who signed it, how far the key is trusted, in words."""

from enum import StrEnum

import msgspec


class Standing(StrEnum):
    """How a signature stands; the order is from good to bad."""

    TRUSTED = "trusted"
    UNCERTIFIED = "uncertified"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REVOKED = "revoked"
    WRONG = "wrong"


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """`signer` is the key's user id (not sanitised), `fingerprint` its hexadecimal name or the key's id."""

    standing: Standing
    signer: str = ""
    fingerprint: str = ""

    def in_words(self, sender: str) -> str:
        """One line; `sender` is the bare address the message says it comes from."""
        who = self.signer or "an unknown key"
        key = self.fingerprint[-16:]
        match self.standing:
            case Standing.TRUSTED if not self.is_good(sender):
                return f"signed by {who}, which is not the sender {sender}"
            case Standing.TRUSTED:
                return f"signed by {who}, a key you trust"
            case Standing.UNCERTIFIED:
                return f"signed by {who}; nobody you trust certified this key: compare its fingerprint"
            case Standing.UNKNOWN:
                return f"signed with key {key}, which is not in your keyring (^K looks for it)"
            case Standing.EXPIRED:
                return f"signed by {who}, whose key or signature has expired"
            case Standing.REVOKED:
                return f"signed by {who}, whose key was revoked"
            case Standing.WRONG:
                return "the signature is WRONG: the message was changed, or somebody pretends"

    def is_good(self, sender: str) -> bool:
        """Trusted, and the sender's own."""
        mailbox = self.signer.rpartition("<")[2].rstrip(">").strip()
        return self.standing is Standing.TRUSTED and sender.lower() == mailbox.lower()


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """A protected message opened: `raw` reads like any message. `trouble` says why it stays closed;
    `wants_passphrase` that the agent would have to ask for one."""

    raw: bytes
    is_encrypted: bool = False
    signature: Signature | None = None
    covers_all: bool = True
    trouble: str = ""
    wants_passphrase: bool = False
