"""PGP/MIME for our own messages (RFC 3156): an entity becomes multipart/signed or multipart/encrypted."""

from collections.abc import Sequence

from termail.mime.crypto.gpg import Gpg, GpgError, Key, PassphraseWanted
from termail.mime.entities import multipart
from termail.mime.outgoing import DraftError, Protection


class PgpSealer:
    """Called by `build`. With `may_ask` the agent may ask for the passphrase on the terminal."""

    def __init__(self, gpg: Gpg, *, may_ask: bool = False) -> None:
        self._gpg, self._may_ask = gpg, may_ask

    def __call__(self, entity: bytes, protection: Protection, sender: str, recipients: tuple[str, ...]) -> bytes:
        """Raises DraftError; PassphraseWanted when the agent would have to ask and may not."""
        try:
            signer = self._signer(sender) if protection.signs else ""
            if not protection.encrypts:
                return self._signed(entity, signer)
            keys = [key.fingerprint for key in self.keys_for((*recipients, sender))]
            sealed = self._gpg.encrypt(entity, recipients=keys, signer=signer, may_ask=self._may_ask)
        except PassphraseWanted:
            raise
        except GpgError as error:
            raise DraftError(f"PGP: {error}") from error
        return _encrypted(sealed)

    def keys_for(self, addresses: Sequence[str]) -> list[Key]:
        """The best key of each address. Raises DraftError naming those without one."""
        found: list[Key] = []
        missing: list[str] = []
        for address in dict.fromkeys(addresses):
            keys = sorted(self._gpg.keys(address), key=lambda key: key.is_certified, reverse=True)
            found += keys[:1]
            missing += [] if keys else [address]
        if missing:
            raise DraftError(
                f"PGP: no key for {', '.join(missing)} (^K looks for one); or send it unencrypted with p"
            )
        return found

    def _signer(self, sender: str) -> str:
        keys = self._gpg.keys(sender, secret=True)
        if not keys:
            raise DraftError(f"PGP: you have no secret key for {sender}; `gpg --quick-gen-key {sender}` makes one")
        return keys[0].fingerprint

    def _signed(self, entity: bytes, signer: str) -> bytes:
        signature, digest = self._gpg.sign(entity, signer=signer, may_ask=self._may_ask)
        head = (
            b'Content-Type: application/pgp-signature; name="signature.asc"\r\n'
            b"Content-Description: OpenPGP digital signature\r\n"
            b'Content-Disposition: attachment; filename="signature.asc"\r\n\r\n'
        )
        parameters = ('protocol="application/pgp-signature"', f"micalg=pgp-{digest}")
        return multipart("signed", [entity, head + _with_crlf(signature)], parameters)


def _encrypted(sealed: bytes) -> bytes:
    version = (
        b"Content-Type: application/pgp-encrypted\r\nContent-Description: PGP/MIME version identification\r\n\r\n"
        b"Version: 1\r\n"
    )
    head = (
        b'Content-Type: application/octet-stream; name="encrypted.asc"\r\n'
        b"Content-Description: OpenPGP encrypted message\r\n"
        b'Content-Disposition: inline; filename="encrypted.asc"\r\n\r\n'
    )
    parameters = ('protocol="application/pgp-encrypted"',)
    return multipart("encrypted", [version, head + _with_crlf(sealed)], parameters)


def _with_crlf(octets: bytes) -> bytes:
    return octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
