"""How compose protects: signing and encrypting by one menu, and looking for keys."""

import asyncio

from termail.mime.draft import Protection
from termail.mime.sanitize import clean_line
from termail.screens.compose_commands import ComposeDesk
from termail.screens.compose_sending import recipients_of
from termail.screens.desk import CommandError

_CHOICES = {"s": (True, False), "e": (False, True), "b": (True, True), "c": (False, False)}


class ComposeProtection:
    """A helper of the compose screen."""

    def __init__(self, desk: ComposeDesk) -> None:
        self._desk = desk

    async def do_pgp_menu(self, argument: str) -> None:
        await self._choose("PGP", "pgp", argument)

    async def do_smime_menu(self, argument: str) -> None:
        await self._choose("S/MIME", "smime", argument)

    async def _choose(self, name: str, method: str, argument: str) -> None:
        letter = argument[:1] or await self._desk.choose(f"{name}: (s)ign, (e)ncrypt, (b)oth, (c)lear? ", "sebc")
        if letter not in _CHOICES:
            raise CommandError(f"No choice {letter!r}; there are s, e, b and c.")
        self._desk.change(protection=Protection(*_CHOICES[letter], method))

    async def do_find_key(self, argument: str) -> None:
        gpg = self._desk.services.protected.gpg()
        missing = []
        for address in recipients_of(self._desk.draft):
            if not await asyncio.to_thread(gpg.keys, address):
                missing.append(address)
        if not missing:
            raise CommandError("There is a key for everybody this goes to.")
        if await self._desk.confirm(f"Look for keys of {clean_line(', '.join(missing))} on the network?"):
            told = [await asyncio.to_thread(gpg.locate, address) for address in missing]
            self._desk.tell(" ".join(told))


def protection_words(protection: Protection) -> str:
    """For the title: "signed", "signed and encrypted", or ""."""
    words = [word for word, is_so in (("signed", protection.signs), ("encrypted", protection.encrypts)) if is_so]
    return " and ".join(words) + (" by S/MIME" if words and protection.method == "smime" else "")
