"""Which messages of a POP3 server were fetched before, whatever the user did with them since."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path


class SeenMessages:
    """One unique id a line, and when it was first fetched, in a file of the data folder. Written after the
    messages are in the store: a crash in between finds them there."""

    def __init__(self, data: Path, account: str) -> None:
        name = hashlib.sha256(account.encode("utf-8")).hexdigest()[:16]
        self._path = data / f"pop3-{name}.seen"

    def load(self, now: float) -> dict[str, float]:
        """Epoch seconds by unique id, which has no space in it (RFC 1939 §7); empty for a new account. What was
        written down without a time is as of `now`."""
        try:
            lines = self._path.read_text(encoding="utf-8").split("\n")
        except FileNotFoundError:
            return {}
        found = {}
        for line in filter(None, lines):
            unique, _, moment = line.partition(" ")
            found[unique] = float(moment) if moment.isdigit() else now
        return found

    def save(self, seen: Mapping[str, float]) -> None:
        """In one step."""
        fresh = self._path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("\n".join(f"{unique} {moment:.0f}" for unique, moment in sorted(seen.items())))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
