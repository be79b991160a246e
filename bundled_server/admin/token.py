"""The bearer token of the admin API, kept 0600 in the data folder beside the address to use it at."""

import contextlib
import os
import secrets
from pathlib import Path

import msgspec

ADMIN_FILE = "admin.json"


class AdminAddress(msgspec.Struct, frozen=True):
    """Where a running host's admin API is, and the token it wants."""

    url: str
    token: str


def publish(data: Path, port: int) -> AdminAddress:
    """Make a new token and write it down with the URL."""
    address = AdminAddress(f"http://127.0.0.1:{port}", secrets.token_urlsafe(32))
    path = data / ADMIN_FILE
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(address) + b"\n")
    return address


def find(data: Path) -> AdminAddress | None:
    """What a running host has published in its data folder; None when there is nothing that can be read."""
    try:
        return msgspec.json.decode((data / ADMIN_FILE).read_bytes(), type=AdminAddress)
    except (OSError, msgspec.MsgspecError):
        return None


def withdraw(data: Path) -> None:
    """The host stops."""
    with contextlib.suppress(OSError):
        (data / ADMIN_FILE).unlink()
