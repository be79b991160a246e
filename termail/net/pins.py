"""The fingerprints a user pins."""

import re
from typing import Final

_DIGEST: Final = re.compile(r"[0-9A-F]{64}")


def parse_pins(text: str) -> tuple[str, ...]:
    """The fingerprints of the setting `pin`: "sha256:" and 64 hexadecimal digits, colons between them or not;
    several are separated by spaces. Raises ValueError that says what is allowed."""
    pins = []
    for word in text.split():
        digits = word.removeprefix("sha256:").replace(":", "").upper()
        if not word.startswith("sha256:") or not _DIGEST.fullmatch(digits):
            raise ValueError('write "sha256:" and the 64 hexadecimal digits `termail account test` shows')
        pins.append(":".join(digits[at : at + 2] for at in range(0, len(digits), 2)))
    return tuple(pins)
