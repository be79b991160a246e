"""What the name and the first octets of a file say against it."""

import re
from collections.abc import Collection

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The test file that every scanner finds, harmless by agreement (eicar.org)."""

DOCUMENTS = frozenset(
    {"pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "txt", "rtf", "jpg", "jpeg", "png", "gif"}
)
PROGRAMS = ((b"MZ", "a Windows program"), (b"\x7fELF", "a Unix program"), (b"\xcf\xfa\xed\xfe", "a macOS program"))
DOS_STUB_OCTETS = 64
_TURNED = re.compile("[\u202a-\u202e\u2066-\u2069]")


def against_name(name: str, extensions: Collection[str]) -> str:
    """What is wrong with a file name, "" when nothing is."""
    if _TURNED.search(name):
        return "a name that is written backwards"
    labels = [label.strip() for label in name.lower().rstrip(". ").split(".")]
    if len(labels) < 2 or labels[-1] not in extensions:
        return ""
    if len(labels) > 2 and labels[-2] in DOCUMENTS:
        return f"a .{labels[-1]} that pretends to be a .{labels[-2]}"
    return f"a .{labels[-1]} file"


def against_octets(data: bytes) -> str:
    """What is wrong with a file whatever it is called, "" when nothing is."""
    for magic, what in PROGRAMS:
        if data.startswith(magic) and len(data) >= DOS_STUB_OCTETS:
            return what
    return ""


def has_eicar(data: bytes) -> bool:
    """Whether the test virus is in it."""
    return EICAR in data
