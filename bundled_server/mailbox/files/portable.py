"""A message on its way into or out of the store, and how its line ends look in files."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PortableMessage:
    """`mailbox` is the decoded name with "/" between levels; `data` has whatever line ends the file had;
    `internal_date` in epoch seconds. `key` names the message in its mailbox for good, where something does."""

    mailbox: str
    data: bytes
    flags: frozenset[str]
    internal_date: float
    key: str = ""


def with_lf(data: bytes) -> bytes:
    """`data` as Unix mail files keep it."""
    return data.replace(b"\r\n", b"\n")
