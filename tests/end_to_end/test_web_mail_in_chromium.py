"""Web mail in a real browser: log in as alice, read, answer, log out; the answer is in bob's mailbox."""

from imaplib import IMAP4
from pathlib import Path

import pytest
from chromium import PROGRAM, Page, chromium
from test_web_mail import site
from worlds import RunningWorld

from termail.store.local_store import LocalStore

__all__ = ["site"]

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(not PROGRAM, reason="chromium is not installed"),
]

LOGIN = """
    document.querySelector('#user').value = '{user}';
    document.querySelector('#password').value = '{password}';
    document.querySelector('form.login').submit();
"""


async def logs_in(page: Page, address: str, password: str = "123456", user: str = "alice") -> None:
    await page.opens(address)
    await page.until("document.querySelector('form.login') !== null")
    await page.evaluates(LOGIN.format(user=user, password=password))


def held(data: Path) -> bool:
    """Whether alice's own store at the site has her mail by now."""
    paths = list(data.rglob("mail.sqlite3"))
    if not paths:
        return False
    store = LocalStore(paths[0])
    try:
        return any(folder.total for folder in store.folders())
    finally:
        store.close()


def subjects(world: RunningWorld, domain: str, user: str, *criteria: str) -> list[bytes]:
    """Of the messages in the inbox that match."""
    with IMAP4("127.0.0.1", world.port(domain, "imap")) as client:
        client.login(user, "123456")
        client.select(readonly=True)
        found = client.search(None, *criteria)[1][0].split()
        return [client.fetch(number, "(BODY.PEEK[])")[1][0][1] for number in found]  # type: ignore[index]


async def test_alice_reads_answers_and_logs_out(site: str, world: RunningWorld, tmp_path: Path) -> None:
    async with chromium(tmp_path / "profile") as page:
        await logs_in(page, site, "wrong")
        await page.until("document.querySelector('.told')?.textContent", lambda told: "wrong" in (told or ""))
        await logs_in(page, site)
        await page.until("document.body.classList.contains('-first-byte')")
        assert "alice" in await page.evaluates("document.querySelector('header').textContent")
        await page.until("document.querySelector('.xterm-helper-textarea') !== null")
        await page.evaluates("document.querySelector('.xterm-helper-textarea').focus()")
        while not held(tmp_path / "data"):
            await page.rests()
        await page.rests()  # the listing is drawn
        await page.types("/Esto es una\r\rrDesde el navegador\r\x1b")
        await page.rests()  # Esc and y at once were Alt-y
        await page.types("y")
        answered = ("SUBJECT", '"Re: Esto es una prueba"')
        for _ in range(100):
            arrived = subjects(world, "other.test", "bob", *answered)
            if arrived and subjects(world, "cities.org", "alice", "SUBJECT", '"Esto es una prueba"', "ANSWERED"):
                break
            await page.rests()
        assert len(arrived) == 1
        assert b"Desde el navegador" in arrived[0]
        assert b"> Esto es una prueba" in arrived[0]
        (tmp_path / "page.png").write_bytes(await page.picture())
        await page.evaluates("document.querySelector('header form').submit()")
        await page.until("document.querySelector('form.login') !== null")
        await page.opens(site)
        await page.until("location.pathname", lambda path: path == "/login")


async def test_two_browsers_at_once_see_their_own_mail_alone(site: str, tmp_path: Path) -> None:
    async with chromium(tmp_path / "one") as alice, chromium(tmp_path / "two") as juan:
        for page, user, own in ((alice, "alice", b"Lunch?"), (juan, "juan", "Práctica de redes".encode())):
            await logs_in(page, site, user=user)
            await page.until("document.body.classList.contains('-first-byte')")
            assert user in await page.evaluates("document.querySelector('header').textContent")
            await page.until("1", lambda _, page=page, own=own: own in page.received)  # type: ignore[misc]
        await juan.rests()
        await juan.evaluates("1")
        assert b"Lunch?" not in juan.received
        assert b"Esto es una prueba" not in juan.received
