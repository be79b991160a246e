"""A mailbox of a dozen messages in a real store, and the client over it without an agent."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import pytest
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from termail.agent.messages import ToAgent, ToUI
from termail.app import TermailApp, places
from termail.config import Account, Settings, Ui
from termail.keymap import Keymap
from termail.screens.services import NoAgent, Services
from termail.store.local_store import Arrived, LocalStore, RemoteFolder

NOW = datetime(2026, 11, 23, 10, 40, tzinfo=UTC)
SEEN = frozenset({"\\Seen"})


class ScriptedAgent(NoAgent):
    """Keeps what the UI sends; says nothing."""

    def __init__(self) -> None:
        self.sent: list[ToAgent] = []

    async def send(self, message: ToAgent) -> None:
        self.sent.append(message)


def mail(number: int, subject: str, *, answers: int = 0, body: str = "Hello.\n", sender: str = "Bob") -> bytes:
    message = EmailMessage()
    message["From"] = f"{sender} <{sender.lower()}@other.test>"
    message["To"] = "Alice <alice@cities.org>"
    message["Subject"] = subject
    message["Date"] = format_datetime(NOW - timedelta(hours=40 - number))
    message["Message-ID"] = f"<m{number}@other.test>"
    if answers:
        message["In-Reply-To"] = message["References"] = f"<m{answers}@other.test>"
    message.set_content(body)
    return message.as_bytes().replace(b"\n", b"\r\n")


def arrived(uid: int, raw: bytes, flags: frozenset[str] = SEEN) -> Arrived:
    header = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    return Arrived(
        uid=uid, flags=flags, internal_date=NOW.timestamp(), size_octets=len(raw), header=header, raw=raw
    )


QUOTED = "Before.\n" + "".join(f"> quoted line {line}\n" for line in range(12)) + "After the quotes.\n"
QUOTED += "more\n" * 60
MAILBOX = (
    (mail(1, "Welcome", sender="Root"), SEEN),
    (mail(2, "Plan", body=QUOTED), SEEN),
    (mail(3, "Re: Plan", answers=2, sender="Carol"), SEEN),
    (mail(4, "Re: Plan", answers=3, sender="Dave"), frozenset()),
    (mail(5, "Lunch?"), SEEN),
    (mail(6, "\x1b]0;owned\x07 evil \u202egnp.exe"), SEEN),
    (mail(7, "Invoice 7", sender="Shop"), frozenset()),
    (
        mail(
            8, "Invoice 8", sender="Shop", body="Pay at https://shop.test/8 or http://xn--pypal-4ve.test/8 now.\n"
        ),
        SEEN,
    ),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    store = LocalStore(tmp_path / "mail.sqlite3", clock=NOW.timestamp)
    store.set_identity("work", ["alice@cities.org"])
    folders = store.put_folders(
        "work",
        [
            RemoteFolder(name="INBOX", role="inbox"),
            RemoteFolder(name="Archive", role="archive"),
            RemoteFolder(name="Sent", role="sent"),
        ],
    )
    inbox = next(folder for folder in folders if folder.role == "inbox")
    store.add_messages(inbox.folder_id, [arrived(uid, raw, flags) for uid, (raw, flags) in enumerate(MAILBOX, 1)])
    yield store
    store.close()


@pytest.fixture
def services(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> Services:
    for name in ("EDITOR", "VISUAL", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLORTERM", "truecolor")
    settings = Settings(
        accounts={
            "work": Account(
                from_="Alice <alice@cities.org>",
                retrieve="imaps://alice@mail.cities.org",
                send="smtp://alice@mail.cities.org",
            )
        },
        ui=Ui(undo_send_seconds=0.0),
    )
    return Services(store, ScriptedAgent(), settings, Keymap(), NOW.timestamp, places())


_CHARACTERS = {"enter": "\r", "tab": "\t", "space": " ", "escape": "\x1b", "backspace": "\x7f"}


class Client:
    """The client as a person sees it: keys in, lines out."""

    def __init__(self, pilot: Pilot[int], app: TermailApp) -> None:
        self.pilot, self.app = pilot, app

    async def press(self, *keys: str) -> None:
        """One after the other, as a person does who looks at the screen."""
        for key in keys:
            self.post(key)
            await self.settle()

    async def burst(self, *keys: str) -> None:
        """All at once, as a person does who knows what will come."""
        for key in keys:
            self.post(key)
        await self.settle()

    def post(self, key: str) -> None:
        name = _character_to_key(key) if len(key) == 1 and not key.isalnum() else key
        character = key if len(key) == 1 else _CHARACTERS.get(key)
        self.app.post_message(events.Key(name, character))

    async def type(self, text: str) -> None:
        """Pasted."""
        self.app.post_message(events.Paste(text))
        await self.settle()

    async def settle(self) -> None:
        """Until every key was answered, and what it began is done and drawn."""
        async with asyncio.timeout(60):
            while not self.app._exit:
                await self._turn(self.app.call_later)
                busy = [worker for worker in self.app.workers if worker.group in ("message", "listing", "preview")]
                if busy:
                    with contextlib.suppress(WorkerCancelled):  # a later one took its place
                        await self.app.workers.wait_for_complete(busy)
                elif self.app.type_ahead.is_idle:
                    break
        if not self.app._exit:
            await self.pilot._wait_for_screen()
            await self._turn(self.app.screen.call_after_refresh)

    async def _turn(self, call: Callable[[Callable[[], None]], object]) -> None:
        """Until what was asked for before this is done."""
        done = asyncio.Event()
        call(done.set)
        while not done.is_set() and not self.app._exit:
            await asyncio.sleep(0.001)

    @property
    def lines(self) -> list[str]:
        """What is on the screen."""
        return [strip.text.rstrip() for strip in self.app.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def screen_name(self) -> str:
        return type(self.app.screen).__name__

    @property
    def selected(self) -> str:
        """The line with the selection bar."""
        return next((line for line in self.lines if line.lstrip().startswith("▌")), "")

    async def hear(self, message: ToUI) -> None:
        """As if the agent said this."""
        await self.app._take(message)
        await self.settle()


@pytest.fixture
def opened(services: Services) -> Callable[..., AbstractAsyncContextManager[Client]]:
    @asynccontextmanager
    async def open_client(width: int = 100, height: int = 30) -> AsyncIterator[Client]:
        app = TermailApp(services)
        async with app.run_test(size=(width, height)) as pilot:
            client = Client(pilot, app)
            await client.settle()
            yield client

    return open_client
