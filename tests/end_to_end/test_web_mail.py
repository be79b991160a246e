"""`termail web` before a practice world: log in, read, log out; two users at once; pages of others; guests."""

import asyncio
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import aiohttp
import pyte
import pytest
from worlds import RunningWorld

pytest.importorskip("textual_serve", reason="the web extra is not installed")

LINES, COLUMNS = 24, 80


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def site(world: RunningWorld, tmp_path: Path) -> Iterator[str]:
    """The address of web mail for cities.org; afterwards it has to end well."""
    port = free_port()
    command = [sys.executable, "-m", "termail", "web", "--port", str(port), "--data", str(tmp_path / "data")]
    command += ["--imap", f"imap://127.0.0.1:{world.port('cities.org', 'imap')}", "--domain", "cities.org"]
    command += ["--smtp", f"smtp://127.0.0.1:{world.port('cities.org', 'submission')}"]
    command += ["--ca", str(world.folder / "ca.pem")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert f"http://127.0.0.1:{port}" in process.stdout.readline()
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)
            _, complaints = process.communicate(timeout=60)
        assert process.returncode == 0, complaints
        assert "Traceback" not in complaints
        assert "123456" not in complaints


class Browser:
    """A person's browser: cookies of its own, and a page that draws what comes."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.session = aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            headers={"Origin": site},  # an address has no domain
        )
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def __aenter__(self) -> "Browser":
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._socket is not None:
            await self._socket.close()
        await self.session.close()

    @property
    def text(self) -> str:
        return "\n".join(self._screen.display)

    async def logs_in(self, user: str, password: str = "123456") -> str:
        async with self.session.post(f"{self.site}/login", data={"user": user, "password": password}) as answer:
            return await answer.text()

    async def opens(self) -> None:
        async with self.session.get(self.site) as answer:
            found = re.search(r'data-session-websocket-url="([^"]+)"', await answer.text())
        assert found is not None
        self._socket = await self.session.ws_connect(f"{found[1]}?width={COLUMNS}&height={LINES}")

    async def types(self, keys: str) -> None:
        assert self._socket is not None
        await self._socket.send_json(["stdin", keys])

    async def sees(self, condition: Callable[[str], bool]) -> None:
        assert self._socket is not None
        try:
            async with asyncio.timeout(45):
                while not condition(self.text):
                    message = await self._socket.receive()
                    assert message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT), self.text
                    if message.type is aiohttp.WSMsgType.BINARY:
                        self._stream.feed(message.data)
        except TimeoutError:
            raise AssertionError(f"this was on the screen:\n{self.text}") from None

    async def is_hung_up(self) -> None:
        assert self._socket is not None
        async with asyncio.timeout(60):
            while (await self._socket.receive()).type is not aiohttp.WSMsgType.CLOSED:
                pass


async def test_two_users_at_once_see_their_own_mail_alone(site: str) -> None:
    async with Browser(site) as alice, Browser(site) as juan:
        for browser, name in ((alice, "alice"), (juan, "juan")):
            assert f"termail · {name}" in await browser.logs_in(name)
            await browser.opens()
        await alice.sees(lambda text: "mail/INBOX" in text and "Lunch?" in text)
        await juan.sees(lambda text: "mail/INBOX" in text and "Práctica de redes" in text)
        assert "Lunch?" not in juan.text
        await alice.types("/Esto es una\r\r")
        await alice.sees(lambda text: "Subject: Esto es una prueba" in text)
        assert "Esto es una prueba" not in juan.text
        async with alice.session.post(f"{site}/logout") as answer:
            assert 'action="/login"' in await answer.text()
        await alice.is_hung_up()
        async with alice.session.get(f"{site}/ws") as answer:
            assert answer.status == 403
        await juan.types("G")
        await juan.sees(lambda text: "up to date" in text or "Checking" in text)


async def test_a_guest_runs_nothing_on_the_host(site: str) -> None:
    async with Browser(site) as alice:
        await alice.logs_in("alice")
        await alice.opens()
        await alice.sees(lambda text: "Lunch?" in text)
        for keys, command in (("!", "shell-escape"), ("|", "pipe-message"), ("\x1bS", "save-attachments")):
            await alice.types(keys)
            await alice.sees(lambda text, command=command: "does not work here" in text or "not bound" in text)
        await alice.types(":shell-escape id\r")
        await alice.sees(lambda text: "shell-escape does not work here" in text)
        await alice.types("?")
        await alice.sees(lambda text: "Keys · index" in text)
        await alice.types("/shell\r")
        await alice.sees(lambda text: "not found" in text.lower())


async def test_who_logs_in_over_another_s_login_ends_it(site: str) -> None:
    async with Browser(site) as shared:
        await shared.logs_in("alice")
        cookies = {cookie.key: cookie.value for cookie in shared.session.cookie_jar}
        await shared.opens()
        assert "termail · juan" in await shared.logs_in("juan")
        await shared.is_hung_up()
        headers = {"Cookie": f"termail={cookies['termail']}"}
        async with aiohttp.ClientSession() as old, old.get(site, headers=headers) as answer:
            assert answer.url.path == "/login"


async def test_a_wrong_password_says_so_and_opens_nothing(site: str) -> None:
    async with Browser(site) as stranger:
        page = await stranger.logs_in("alice<script>", "wrong")
        assert "User or password is wrong." in page
        assert "<script>" not in page
        assert 'value="alice&lt;script&gt;"' in page
        async with stranger.session.get(site) as answer:
            assert answer.url.path == "/login"


@pytest.mark.parametrize(
    ("headers", "path"),
    [
        ({"Origin": "http://elsewhere.example"}, "/"),
        ({"Origin": "http://elsewhere.example"}, "/ws"),
        ({"Host": "elsewhere.example"}, "/login"),
        ({"Origin": "null"}, "/login"),
    ],
)
async def test_pages_of_others_are_refused(site: str, headers: dict[str, str], path: str) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(site + path, headers=headers) as answer:
            assert answer.status == 403
        async with session.post(f"{site}/login", data={"user": "alice", "password": "123456"}) as answer:
            assert answer.status == 403, "a form without an origin is not from a page of ours"


async def test_cookie_and_headers_keep_the_page_to_itself(site: str) -> None:
    form = {"user": "alice", "password": "123456"}
    async with (
        aiohttp.ClientSession(headers={"Origin": site}) as session,
        session.post(f"{site}/login", data=form, allow_redirects=False) as answer,
    ):
        cookie = answer.headers["Set-Cookie"]
        assert all(word in cookie for word in ("HttpOnly", "SameSite=Strict", "Path=/"))
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"


async def test_no_password_is_in_any_file_or_command_line(site: str, tmp_path: Path) -> None:
    async with Browser(site) as alice:
        await alice.logs_in("alice")
        await alice.opens()
        await alice.sees(lambda text: "Lunch?" in text)
        listing = subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True).stdout
        ours = [line for line in listing.splitlines() if str(tmp_path) in line]
        assert ours
        assert not any("123456" in line for line in ours)
        configured = [path.read_bytes() for path in (tmp_path / "data").rglob("*.toml")]
        assert configured
        assert not any(b"123456" in text for text in configured)


def test_passwords_never_travel_in_the_clear() -> None:
    command = [sys.executable, "-m", "termail", "web", "--imap", "imaps://mail.example.org", "--listen", "0.0.0.0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "--tls-cert" in done.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--imap", "pop3s://mail.example.org"], "imaps://HOST"),
        (["--imap", "mail.example.org"], "begins with none of"),
        (["--imap", "imaps://mail.example.org", "--smtp", "imaps://x"], "--smtp"),
        (["--imap", "imaps://mail.example.org", "--tls-cert", "/nowhere.pem"], "cannot be used"),
    ],
)
def test_wrong_words_on_the_command_line_are_refused_with_what_is_allowed(options: list[str], words: str) -> None:
    command = [sys.executable, "-m", "termail", "web", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


async def test_under_tls_the_cookie_is_this_host_s_alone(world: RunningWorld, tmp_path: Path) -> None:
    port = free_port()
    key = world.folder / "brasilia.cities.org.key"
    command = [sys.executable, "-m", "termail", "web", "--port", str(port), "--data", str(tmp_path)]
    command += [
        "--imap",
        f"imap://127.0.0.1:{world.port('cities.org', 'imap')}",
        "--ca",
        str(world.folder / "ca.pem"),
    ]
    command += ["--tls-cert", str(key.with_suffix(".pem")), "--tls-key", str(key)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            site = f"https://127.0.0.1:{port}"
            assert site in process.stdout.readline()
            form = {"user": "alice", "password": "123456"}
            async with (
                aiohttp.ClientSession(headers={"Origin": site}) as session,
                session.post(f"{site}/login", data=form, allow_redirects=False, ssl=False) as answer,
            ):
                assert answer.headers["Set-Cookie"].startswith("__Host-termail=")
                assert "Secure" in answer.headers["Set-Cookie"]
        finally:
            process.send_signal(signal.SIGINT)
