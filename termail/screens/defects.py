"""Defects: an exception nobody expected becomes one line for the user and a masked traceback in a file."""

import contextlib
import os
import re
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from termail.net.wire import MASK

MAX_FILE_OCTETS = 1_000_000  # the file starts again above this
_SECRETS = (
    re.compile(r"(?i)((?:pass(?:word|wd|phrase)?|secret|token|api_?key)[\"']?\s*[:=]\s*(?:b?[\"'])?)[^\s\"',)]+"),
    re.compile(r"(?i)(\b(?:AUTH(?:ENTICATE)?\s+[A-Z0-9-]+|LOGIN\s+\S+|PASS|Bearer|Basic)\s+)[^\s\"']+"),
    re.compile(r"(://[^\s/:@]*:)[^\s/@]+(?=@)"),
)


def mask_secrets(text: str) -> str:
    """`text` without what looks like a password, a token or a SASL response."""
    for pattern in _SECRETS:
        text = pattern.sub(lambda found: found[1] + MASK, text)
    return text


class DefectLog:
    """Appends to `path` (0600); without a path it only makes the lines."""

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self._path, self._clock = path, clock

    def note(self, error: BaseException) -> tuple[str, list[str]]:
        """→ (one line for the user, the traceback's lines for the log screen). Never raises."""
        lines = mask_secrets("".join(traceback.format_exception(error))).splitlines()
        words = mask_secrets(str(error)).split("\n")[0][:120]
        kept = self._write(lines)
        line = f"Something went wrong here: {type(error).__name__}{f': {words}' if words else ''}"
        return (f"{line} (see {self._path})" if kept else line), lines

    def _write(self, lines: list[str]) -> bool:
        if self._path is None:
            return False
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self._clock()))
        with contextlib.suppress(OSError):
            too_long = self._path.exists() and self._path.stat().st_size > MAX_FILE_OCTETS
            flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | (os.O_TRUNC if too_long else os.O_APPEND)
            with os.fdopen(os.open(self._path, flags, 0o600), "a", encoding="utf-8") as file:
                file.write("\n".join([f"--- {stamp}", *lines, ""]))
            return True
        return False
