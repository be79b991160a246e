"""A place for each user of web mail: settings, store and agent of their own; the password while they are in."""

import asyncio
import hashlib
import json
import shlex
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from termail.net.endpoint import Endpoint

SCHEMES = {
    ("imap", "TLS"): "imaps",
    ("imap", "STARTTLS"): "imap",
    ("imap", "NONE"): "imap+insecure",
    ("smtp", "TLS"): "smtps",
    ("smtp", "STARTTLS"): "smtp",
    ("smtp", "NONE"): "smtp+insecure",
}


@dataclass(frozen=True, slots=True)
class MailHost:
    """Where every user of the site has mail. `domain` completes a login name to an address."""

    imap: Endpoint
    smtp: Endpoint | None
    domain: str
    ca: str = ""


@dataclass(slots=True)
class _Household:
    folder: Path
    password: str
    logins: int
    desk: asyncio.Server


class Households:
    """`data` holds a folder for each user, named by a digest: no name is ever part of a path."""

    def __init__(self, data: Path, host: MailHost) -> None:
        self._data = data
        self._host = host
        self._rooms: dict[str, _Household] = {}
        self._moving = asyncio.Lock()
        self._sockets = tempfile.TemporaryDirectory(prefix="termail-web-")  # 0700, and short enough for a socket

    async def move_in(self, user: str, password: str) -> None:
        """The user is logged in once more: until the last login ends their own client is told the password.
        Raises OSError."""
        async with self._moving:  # of two first logins at once one is the second
            await self._move_in(user, password)

    async def _move_in(self, user: str, password: str) -> None:
        room = self._rooms.get(user)
        if room is not None:
            room.password, room.logins = password, room.logins + 1
            return
        digest = hashlib.sha256(user.encode()).hexdigest()[:32]
        folder = self._data / digest
        for part in (self._data, folder, folder / "config", folder / "data"):
            part.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = Path(self._sockets.name) / f"{digest}.sock"

        async def tell(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            household = self._rooms.get(user)
            if household is not None:
                writer.write(household.password.encode())
            writer.close()

        desk = await asyncio.start_unix_server(tell, path)
        path.chmod(0o600)
        (folder / "config" / "config.toml").write_text(self._settings(user, path), encoding="utf-8")
        (folder / "config" / "config.toml").chmod(0o600)
        self._rooms[user] = _Household(folder, password, 1, desk)

    def move_out(self, user: str) -> None:
        """One login less; with the last the password is forgotten."""
        room = self._rooms.get(user)
        if room is None:
            return
        room.logins -= 1
        if room.logins <= 0:
            room.desk.close()
            del self._rooms[user]

    def command(self, user: str) -> list[str]:
        """What starts the user's client."""
        folder = self._rooms[user].folder
        return [
            sys.executable,
            "-m",
            "termail",
            "--config",
            str(folder / "config"),
            "--data",
            str(folder / "data"),
        ]

    def folder(self, user: str) -> Path:
        """Where the user's settings and mail are."""
        return self._rooms[user].folder

    def close(self) -> None:
        """Nobody is told anything any more."""
        for user in list(self._rooms):
            self._rooms[user].logins = 0
            self.move_out(user)
        self._sockets.cleanup()

    def _settings(self, user: str, path: Path) -> str:
        address = user if "@" in user else f"{user}@{self._host.domain}"
        lines = {
            "from": address,
            "retrieve": _url(self._host.imap, user),
            "send": _url(self._host.smtp, user) if self._host.smtp is not None else "",
            "password_command": shlex.join([sys.executable, "-m", "termail.web.secret", str(path)]),
            "ca": self._host.ca,
        }
        table = [f"{key} = {json.dumps(value)}" for key, value in lines.items() if value]
        return "\n".join(["# Written anew at every login of web mail.", "[accounts.mail]", *table, ""])


def _url(endpoint: Endpoint, user: str) -> str:
    scheme = SCHEMES[endpoint.protocol, endpoint.security.name]
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    return f"{scheme}://{quote(user, safe='')}@{host}:{endpoint.port}"
