"""What the screens work with: the store, the agent, the settings, the keymap; built once by the app."""

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from textual.screen import Screen

from termail.agent.messages import (
    SHOWN,
    WHOLE,
    AccountState,
    AskScripts,
    BodyArrived,
    OperationsWaiting,
    ScriptsAnswered,
    SearchThere,
    ToAgent,
    ToUI,
    WantBody,
    WatchWire,
    WireLine,
)
from termail.classroom.event import Event
from termail.classroom.wire_line import Spoken, spoken_here
from termail.classroom.wire_log import WireLog
from termail.config import Account, Settings
from termail.keymap import Keymap
from termail.model.folder import Folder
from termail.model.folder_view import FolderView
from termail.model.patterns import parse as parse_pattern
from termail.model.patterns.imap import imap_search
from termail.model.row import Row
from termail.screens.address_book import AddressBook
from termail.screens.defects import DefectLog
from termail.screens.lesson_desk import LessonDesk
from termail.screens.listing_cache import ListingCache
from termail.screens.presenter import Presenter
from termail.screens.protected import Protected, Suspend
from termail.screens.virtual_folders import VirtualFolders
from termail.store.local_store import LocalStore

KEPT_LOG_LINES = 1000
KEPT_EVENTS = 20_000
BODY_TIMEOUT_SECONDS = 60.0


class AgentLink(Protocol):
    """The agent as the UI sees it; `AgentClient`, or `NoAgent` where nothing must touch the network."""

    async def connect(self) -> None: ...

    async def send(self, message: ToAgent) -> None: ...

    def messages(self) -> AsyncIterator[ToUI]: ...

    async def close(self) -> None: ...


class NoAgent:
    """Reads and writes the local store alone."""

    async def connect(self) -> None:
        """There is nobody."""

    async def send(self, message: ToAgent) -> None:
        """The journal keeps the work for the next agent."""

    async def messages(self) -> AsyncIterator[ToUI]:
        """Silence."""
        return
        yield

    async def close(self) -> None:
        """Nothing to close."""


def _nothing_to_reload() -> None:
    """Services that were not built from a file."""


@dataclass(slots=True)
class Heard:
    """What the agent said so far, kept for whoever looks later."""

    accounts: dict[str, AccountState] = field(default_factory=dict)
    wire: WireLog = field(default_factory=WireLog)
    events: deque[Event] = field(default_factory=lambda: deque(maxlen=KEPT_EVENTS))
    log: deque[tuple[float, str]] = field(default_factory=lambda: deque(maxlen=KEPT_LOG_LINES))


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key and the command it meant."""

    key: str = ""
    command: str = ""


@dataclass(slots=True)
class LastSent:
    """The mail this session sent last, for taking it back."""

    outbox_id: int = 0


@dataclass
class Services:
    """Handed to every screen. `places` makes screens by name, so that no screen imports another."""

    store: LocalStore
    agent: AgentLink
    settings: Settings
    keymap: Keymap
    clock: Callable[[], float]
    places: dict[str, Callable[..., Screen[Any]]] = field(default_factory=dict)
    heard: Heard = field(default_factory=Heard)
    defects: DefectLog = field(default_factory=DefectLog)
    aliases_path: Path | None = None
    templates_path: Path | None = None
    listing_cache: ListingCache = field(default_factory=ListingCache)
    histories: dict[str, list[str]] = field(default_factory=dict)
    last_sent: LastSent = field(default_factory=LastSent)
    previous_folder_id: int = 0
    is_guest: bool = False
    reload: Callable[[], None] = _nothing_to_reload
    shown_folder: Callable[[], FolderView] | None = None
    next_notice: str = ""
    wire_is_shown: bool = False
    wire_is_beside: bool = False
    is_watching: bool = False
    _next_request: int = field(default_factory=lambda: secrets.randbits(40))
    presenter: Presenter = field(default_factory=Presenter)
    lesson: LessonDesk = field(default_factory=LessonDesk)
    pressed: Pressed = Pressed()
    causes: dict[int, Pressed] = field(default_factory=dict)
    _waiting_bodies: dict[tuple[int, str], asyncio.Future[str]] = field(default_factory=dict)
    _waiting_scripts: dict[int, asyncio.Future[ScriptsAnswered]] = field(default_factory=dict)

    @cached_property
    def address_book(self) -> AddressBook:
        """Made when the first address is completed."""
        return AddressBook(self.store, self.aliases_path, self.settings.ui.query_command)

    def refuse_guests(self) -> None:
        """Raises PermissionError for a user who is a guest on this machine."""
        if self.is_guest:
            raise PermissionError("Web mail runs no programs and touches no files.")

    # --- folders, the virtual ones included

    @cached_property
    def virtual(self) -> VirtualFolders:
        return VirtualFolders(self.store, self.settings.searches, self.account_names)

    def folders(self) -> list[Folder]:
        """Virtual folders first."""
        return [*self.virtual.all(), *self.store.folders()]

    def folder(self, folder_id: int) -> Folder | None:
        return self.virtual.get(folder_id) if folder_id < 0 else self.store.folder(folder_id)

    def account_of(self, folder: Folder, row: Row) -> str:
        """Whose message it is: in a virtual folder its own folder tells."""
        real = self.store.folder(row.folder_id) if not folder.account else folder
        return real.account if real is not None else ""

    @cached_property
    def protected(self) -> Protected:
        """The user's gpg, in front of protected mail."""
        return Protected(self.settings.pgp, self.settings.smime)

    def take_settings(self, settings: Settings, keymap: Keymap) -> None:
        """Settings that were read anew. Raises PatternError, and has changed nothing."""
        self.store.set_scores(settings.scores)
        self.settings, self.keymap = settings, keymap
        for made_from_settings in ("virtual", "address_book"):
            self.__dict__.pop(made_from_settings, None)

    # --- accounts

    @property
    def account_names(self) -> list[str]:
        return list(self.settings.accounts)

    def account(self, name: str) -> Account:
        """The account called `name`, else the first. Raises LookupError when there is none."""
        if name in self.settings.accounts:
            return self.settings.accounts[name]
        if not self.settings.accounts:
            raise LookupError("There is no account: `termail account add` makes one.")
        return next(iter(self.settings.accounts.values()))

    # --- work for the agent

    async def work_waits(self) -> None:
        """The journal or the outbox has something new."""
        if self.is_watching:
            for operation in self.store.operations():
                self.causes.setdefault(operation.operation_id, self.pressed)
        await self.agent.send(OperationsWaiting())

    async def watch_wire(self) -> None:
        """From now on hear every line of dialogue."""
        if not self.is_watching:
            self.is_watching = True
            await self.agent.send(WatchWire())

    async def search_there(self, folder_id: int, pattern: str) -> None:
        """While the wire is watched, the server searches as well: a key becomes protocol before one's eyes."""
        if not (self.is_watching and pattern):
            return
        search = imap_search(parse_pattern(pattern, now=self.clock()))
        if search.text.isascii() and search.text != "ALL":
            await self.agent.send(SearchThere(folder_id=folder_id, criteria=search.text))

    def cause_of(self, line: Spoken) -> str:
        """The key and the command, or else the words, for which a line was said; "" when nobody asked for it."""
        pressed = self.causes.get(line.operation_id) if line.operation_id else None
        if pressed is not None and pressed.command:
            return f"⌨ {pressed.key} {pressed.command}".replace("  ", " ")
        return f"⌨ {line.cause}" if line.cause else ""

    async def body(self, message_id: int) -> bytes:
        """The whole message, fetched by the agent when it is not here. Raises LookupError."""
        raw = self.store.raw(message_id)
        if raw is None:
            error = await self._fetched(message_id, WHOLE)
            raw = self.store.raw(message_id)
            if raw is None:
                raise LookupError(error or "The message is gone.")
        return raw

    async def _fetched(self, message_id: int, section: str) -> str:
        """The agent brings it into the store → "" or why not."""
        if isinstance(self.agent, NoAgent):
            raise LookupError("This message is not here yet, and no agent runs to fetch it.")
        key = (message_id, section)
        waiting = self._waiting_bodies.get(key)
        if waiting is None:
            waiting = self._waiting_bodies[key] = asyncio.get_running_loop().create_future()
        await self.agent.send(WantBody(message_id=message_id, section=section))
        try:
            async with asyncio.timeout(BODY_TIMEOUT_SECONDS):
                return await asyncio.shield(waiting)
        except TimeoutError:
            raise LookupError("The message did not arrive in a minute: is the account online?") from None
        finally:
            self._waiting_bodies.pop(key, None)

    async def shown_body(self, message_id: int) -> tuple[bytes, bool]:
        """What is needed to read the message → (octets, whether large parts are left out). Raises LookupError."""
        raw = self.store.raw(message_id)
        if raw is None and not self.store.skeleton(message_id) and not isinstance(self.agent, NoAgent):
            await self._fetched(message_id, SHOWN)
            raw = self.store.raw(message_id)
        if raw is not None:
            return raw, False
        skeleton = self.store.skeleton(message_id)
        return (skeleton, True) if skeleton is not None else (await self.body(message_id), False)

    async def part(self, message_id: int, section: str) -> bytes:
        """One part of a message that is not held whole, as it is encoded. Raises LookupError."""
        octets = self.store.part(message_id, section)
        if octets is None:
            error = await self._fetched(message_id, section)
            octets = self.store.part(message_id, section)
            if octets is None:
                raise LookupError(error or "This part is gone.")
        return octets

    async def readable(self, message_id: int, suspend: Suspend | None = None) -> bytes:
        """The message with its protection taken off, where that is possible. Raises LookupError."""
        raw = await self.body(message_id)
        opening = await self.protected.open(message_id, raw, suspend)
        return raw if opening is None else opening.raw

    async def scripts(self, account: str, verb: str, name: str = "", text: str = "") -> ScriptsAnswered:
        """An errand to the server's Sieve scripts, see `AskScripts`. Raises LookupError with the reason."""
        if isinstance(self.agent, NoAgent):
            raise LookupError("No agent runs: the server's scripts cannot be reached.")
        request = self._next_request = self._next_request + 1
        waiting: asyncio.Future[ScriptsAnswered] = asyncio.get_running_loop().create_future()
        self._waiting_scripts[request] = waiting
        try:
            await self.agent.send(AskScripts(request=request, account=account, verb=verb, name=name, text=text))
            async with asyncio.timeout(BODY_TIMEOUT_SECONDS):
                answer = await waiting
        except TimeoutError:
            raise LookupError("The server of the scripts does not answer.") from None
        finally:
            self._waiting_scripts.pop(request, None)
        if answer.error:
            raise LookupError(answer.error)
        return answer

    def take(self, message: ToUI) -> None:
        """Remember what the agent said."""
        match message:
            case AccountState():
                self.heard.accounts[message.account] = message
                if message.state in ("error", "offline"):
                    self.log(f"{message.account}: {message.text}")
            case WireLine():
                self.heard.wire.add(spoken_here(message))
            case ScriptsAnswered(request=request):
                asked = self._waiting_scripts.get(request)
                if asked is not None and not asked.done():
                    asked.set_result(message)
            case BodyArrived():
                waiting = self._waiting_bodies.get((message.message_id, message.section))
                if waiting is not None and not waiting.done():
                    waiting.set_result(message.error)
            case _:
                pass

    def say_next(self, text: str) -> None:
        """A notice for the screen that comes back when this one closes."""
        self.next_notice = text

    def log(self, text: str) -> None:
        """Keep a line for the log screen."""
        self.heard.log.append((self.clock(), text))

    def defect(self, error: BaseException) -> str:
        """An exception nobody expected, kept for the log screen → the line for the user."""
        line, traceback = self.defects.note(error)
        for entry in traceback:
            self.log(entry)
        return line

    # --- folders

    def first_folder(self, wanted: str | None) -> Folder | None:
        """The folder to start with: the one asked for, else the first account's inbox, else any."""
        folders = self.folders()
        if wanted:
            for folder in folders:
                if wanted in (folder.name, f"{folder.account}/{folder.name}", f"{folder.account}:{folder.name}"):
                    return folder
            self.say_next(f"There is no folder {wanted}; y lists them.")
        for name in self.account_names:
            inbox = self.store.folder_with_role(name, "inbox")
            if inbox is not None:
                return inbox
        return next((folder for folder in folders if not folder.search), None)
