"""Which messages of a POP3 server were fetched before, whatever the user did with them since."""

import hashlib
import os
from pathlib import Path


class SeenMessages:
    """One unique id a line, in a file of the data folder. Written after the messages are in the store: a crash in
    between finds them there."""

    def __init__(self, data: Path, account: str) -> None:
        name = hashlib.sha256(account.encode("utf-8")).hexdigest()[:16]
        self._path = data / f"pop3-{name}.seen"

    def load(self) -> set[str]:
        """Empty for a new account."""
        try:
            return set(self._path.read_text(encoding="utf-8").split("\n")) - {""}
        except FileNotFoundError:
            return set()

    def save(self, unique_ids: set[str]) -> None:
        """In one step."""
        fresh = self._path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("\n".join(sorted(unique_ids)))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
