"""Protected messages opened through the user's gpg; the last ones stay open in memory, never on disk."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from termail.config import Pgp, Smime
from termail.mime.headers import first_value, header_end, parse_addresses, scan_headers
from termail.mime.outgoing import Protection
from termail.mime.sanitize import clean_line
from termail.widgets.ink import Run

if TYPE_CHECKING:
    from termail.mime.compose import Sealer
    from termail.mime.crypto.gpg import Gpg
    from termail.mime.crypto.openssl import Openssl
    from termail.mime.crypto.verdicts import Opening

KEPT_OPEN = 8
Suspend = Callable[[], AbstractContextManager[None]]


class Protected:
    """gpg is imported when the first protected message is met."""

    def __init__(self, settings: Pgp, smime: Smime) -> None:
        self._settings, self._smime = settings, smime
        self._open: dict[int, Opening] = {}

    def gpg(self) -> "Gpg":
        """The user's gpg, or the one of the settings."""
        from termail.mime.crypto.gpg import Gpg

        home = Path(self._settings.home).expanduser() if self._settings.home else None
        return Gpg(self._settings.program, home=home)

    def openssl(self) -> "Openssl":
        """With the certificates of the settings."""
        from termail.mime.crypto.openssl import Openssl, SmimeFiles

        smime = self._smime
        return Openssl(
            SmimeFiles(own=smime.own, key=smime.key, people=smime.people, authorities=smime.authorities)
        )

    def sealer(self, protection: Protection, *, may_ask: bool) -> "Sealer":
        """What signs and encrypts for `build`."""
        from termail.mime.crypto.sealing import PgpSealer

        return PgpSealer(self.gpg(), may_ask=may_ask) if protection.method == "pgp" else self.openssl()

    async def open(self, message_id: int, raw: bytes, suspend: Suspend | None = None) -> "Opening | None":
        """None when nothing is protected. The agent asks for a passphrase only while `suspend` gives the terminal
        away."""
        if message_id in self._open:
            return self._open[message_id]
        if not any(word in raw for word in (b"pgp", b"PGP ", b"pkcs7")):
            return None
        opening = await asyncio.to_thread(self._opened, raw, False)
        if opening is not None and opening.wants_passphrase and suspend is not None:
            with suspend():
                opening = self._opened(raw, True)
        if opening is not None and not opening.wants_passphrase:
            self._open[message_id] = opening
            while len(self._open) > KEPT_OPEN:
                del self._open[next(iter(self._open))]
        return opening

    def _opened(self, raw: bytes, may_ask: bool) -> "Opening | None":
        from termail.mime.crypto.opening import open_message

        return open_message(raw, self.gpg(), self.openssl(), may_ask=may_ask)

    def forget(self) -> None:
        """New keys may say something else."""
        self._open.clear()


def protection_runs(opening: "Opening | None") -> list[Run]:
    """What the trust line says of it."""
    if opening is None:
        return []
    header = opening.raw[: header_end(opening.raw)[0]]
    senders = parse_addresses(first_value(scan_headers(header), "from"))
    sender = senders[0][1] if senders else ""
    runs: list[Run] = []
    if opening.trouble:
        runs += [(f"✗ {'encrypted: ' if opening.is_encrypted else ''}{clean_line(opening.trouble)}", "error")]
    elif opening.is_encrypted:
        runs += [("✓ encrypted", "ok")]
    signature = opening.signature
    if signature is not None:
        words = clean_line(signature.in_words(sender))
        is_good = signature.is_good(sender) and opening.covers_all
        part = "" if opening.covers_all else "a part is "
        role = "ok" if is_good else "error" if signature.standing == "wrong" else "warning"
        runs += [("  ", "dim")] if runs else []
        runs += [(f"{'✓' if is_good else '!'} {part}{words}", role)]
    return [*runs, ("  ", "dim")] if runs else []
