"""The uids we give to messages of a place that has none: kept in a file of the data folder."""

import contextlib
import hashlib
import os
from pathlib import Path

import msgspec

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(dict[str, dict[str, int]])


class Numbers:
    """{folder name: {unique name: uid}}; a uid is never given twice in a folder."""

    def __init__(self, data: Path, account: str) -> None:
        name = hashlib.sha256(account.encode("utf-8")).hexdigest()[:16]
        self._path = data / f"local-{name}.numbers"
        self._folders: dict[str, dict[str, int]] = {}
        self._uniques: dict[str, dict[int, str]] = {}
        with contextlib.suppress(FileNotFoundError, msgspec.MsgspecError):
            self._folders = _DECODER.decode(self._path.read_bytes())

    def uid(self, folder: str, unique: str) -> int:
        """The number of a message, a new one when it has none yet."""
        known = self._folders.setdefault(folder, {"": 0})
        found = known.get(unique)
        if found is None:
            known[""] += 1
            found = known[unique] = known[""]
            self._uniques.pop(folder, None)
        return found

    def unique(self, folder: str, uid: int) -> str | None:
        """The opposite of `uid`."""
        known = self._uniques.get(folder)
        if known is None:
            numbers = self._folders.get(folder, {})
            known = self._uniques[folder] = {number: name for name, number in numbers.items() if name}
        return known.get(uid)

    def keep(self, folder: str, uniques: set[str]) -> None:
        """Forget messages that are gone."""
        known = self._folders.get(folder, {})
        for name in [name for name in known if name and name not in uniques]:
            self._uniques.pop(folder, None)
            del known[name]

    def save(self) -> None:
        """In one step."""
        fresh = self._path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(_ENCODER.encode(self._folders))
        fresh.replace(self._path)
