"""A place for each user of web mail: who is told the password, and for how long."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from termail.net.endpoint import Endpoint, Security
from termail.web.households import Households, MailHost

IMAP = Endpoint("imap", Security.TLS, "user", "mail.example.org", 993)


@pytest.fixture
def households(tmp_path: Path) -> Iterator[Households]:
    opened = Households(tmp_path / "web", MailHost(IMAP, None, "example.org"))
    yield opened
    opened.close()


def _desk(households: Households, user: str) -> str:
    """The socket that the settings of a user name."""
    settings = (households.folder(user) / "config" / "config.toml").read_text()
    return settings.partition("termail.web.secret ")[2].partition('"')[0].strip("'")


async def _told(path: str) -> bytes:
    reader, writer = await asyncio.open_unix_connection(path)
    try:
        return await reader.read()
    finally:
        writer.close()


async def test_the_password_is_told_until_the_last_login_ends(households: Households) -> None:
    await asyncio.gather(*(households.move_in("alice", "secret") for _ in range(2)))
    desk = _desk(households, "alice")
    assert await _told(desk) == b"secret"
    households.move_out("alice")
    assert await _told(desk) == b"secret", "one of two logins is left"
    households.move_out("alice")
    with pytest.raises(OSError):
        await _told(desk)


async def test_places_are_private_and_apart_and_hold_no_password(households: Households) -> None:
    for user in ("alice", "Alice", '../bob"\\', "ñandú@x"):
        await households.move_in(user, f"secret of {user}")
    folders = {households.folder(user) for user in ("alice", "Alice", '../bob"\\', "ñandú@x")}
    assert len(folders) == 4
    for folder in folders:
        assert folder.parent.name == "web"
        assert folder.stat().st_mode & 0o077 == 0
        settings = folder / "config" / "config.toml"
        assert settings.stat().st_mode & 0o077 == 0
        assert "secret of" not in settings.read_text()
    assert await _told(_desk(households, "Alice")) == b"secret of Alice"
