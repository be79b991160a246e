"""Mailbox names as Maildir++ folder names: levels joined by dots, in modified UTF-7 (RFC 3501 §5.1.3)."""

import re
from base64 import b64encode
from typing import Final

_ENCODED: Final = re.compile(r"&([^-]*)-")
_NOT_PLAIN: Final = re.compile(r"[^\x20-\x2d\x30-\x7e]+")  # "." and "/" too: they separate levels


def to_folder(name: str) -> str:
    """`Árbol/a.b` → `&AME-rbol.a&AC4-b`. No name leads out of a folder."""
    return ".".join(_NOT_PLAIN.sub(_encode, level.replace("&", "&-")) for level in name.split("/"))


def from_folder(folder: str) -> str:
    """The name again. What is not modified UTF-7 is taken as it stands."""
    return "/".join(_ENCODED.sub(_decode, level) for level in folder.split("."))


def _encode(match: re.Match[str]) -> str:
    encoded = b64encode(match[0].encode("utf-16-be", "surrogatepass")).decode()
    return "&" + encoded.rstrip("=").replace("/", ",") + "-"


def _decode(match: re.Match[str]) -> str:
    if not match[1]:
        return "&"
    try:
        return f"+{match[1].replace(',', '/')}-".encode("ascii").decode("utf-7")
    except UnicodeError:
        return match[0]
