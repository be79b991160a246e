"""The last listing of a large folder, kept in a file: the next start paints it at once, then reads it anew."""

import contextlib
import os
from array import array
from pathlib import Path

from termail.model.order import Order

LARGE = 5_000  # messages; below this, reading the listing is as fast
MAX_OCTETS = 80_000_000


class ListingCache:
    """One file for each folder and order, in `folder`; without a folder it keeps nothing."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    def load(self, folder_id: int, order: Order) -> "array[int] | None":
        """Message ids as they stood when the folder was left, or None."""
        path = self._path(folder_id, order)
        ids: array[int] = array("q")
        with contextlib.suppress(OSError, ValueError):
            if path is not None and path.stat().st_size <= MAX_OCTETS:
                ids.frombytes(path.read_bytes())
        return ids or None

    def save(self, folder_id: int, order: Order, ids: "array[int]") -> None:
        """Keep it; a disk that is full only makes the next start slower."""
        path = self._path(folder_id, order)
        if path is None:
            return
        with contextlib.suppress(OSError):
            if len(ids) < LARGE:
                path.unlink(missing_ok=True)
                return
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = path.with_suffix(".new")
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(ids.tobytes())
            fresh.replace(path)

    def _path(self, folder_id: int, order: Order) -> Path | None:
        if self._folder is None:
            return None
        reverse = "-reverse" if order.reverse else ""
        return self._folder / f"{folder_id}-{order.key}{reverse}-{order.second}.ids"
