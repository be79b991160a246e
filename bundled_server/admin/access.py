"""Who may use the admin API: those who can read DATA/admin.json."""

import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Access:
    """Where the admin API of a running host is, and the token it asks for."""

    url: str
    token: str


def new_token() -> str:
    """A fresh secret for one run of the server."""
    return secrets.token_urlsafe(32)


def write_access(path: Path, access: Access) -> None:
    """Leave the address and token for the owner of the data folder (0600), in one step."""
    fresh = path.with_name(f".{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        json.dump({"url": access.url, "token": access.token}, file)
    fresh.replace(path)


def read_access(path: Path) -> Access | None:
    """What a running host left there; None when there is nothing that can be used."""
    try:
        table = json.loads(path.read_text("utf-8"))
        return Access(str(table["url"]), str(table["token"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_authorized(header: str, token: str) -> bool:
    """Whether an Authorization header carries the token (RFC 6750 §2.1); takes the same time either way."""
    scheme, _, given = header.partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())
