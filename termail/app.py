"""The client's Textual app: builds the services, opens the first screen, listens to the agent."""

import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.text import Text
from textual import events
from textual.app import App, SystemCommand
from textual.screen import Screen

from termail.agent.client import AgentClient
from termail.agent.messages import Password, PasswordWanted, ToUI, WireLine
from termail.classroom.wire_line import Spoken, spoken_here
from termail.commands import commands_of
from termail.config import GUEST, Settings, SettingsError, load
from termail.guests import confine
from termail.keymap import Keymap, KeymapError
from termail.model.index_format import FormatError, IndexFormat
from termail.model.patterns import PatternError, parse
from termail.screens.defects import DefectLog
from termail.screens.index import IndexScreen
from termail.screens.lesson_desk import LessonDesk
from termail.screens.listing_cache import ListingCache
from termail.screens.mail_screen import MailScreen
from termail.screens.new_letter import NewLetter, letter_draft
from termail.screens.services import NoAgent, Services
from termail.screens.type_ahead import TypeAhead
from termail.screens.waiting import WaitingScreen
from termail.screens.warming import warm_up
from termail.store.local_store import LocalStore
from termail.terminal_keys import keep_alt
from termail.terminal_speed import draw_soon
from termail.themes import THEMES, default_roles, theme_name

SWITCH_INTERVAL_SECONDS = 0.0005  # a key never waits long for a thread that reads a listing


class TermailApp(App[int], inherit_bindings=False):
    """Small: themes, the palette, and the agent's messages handed to the screens."""

    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "f12"
    TITLE = "termail"
    ALLOW_SELECT = False
    CSS = """
    .-presenter Ink > .ink--text, .-presenter Ink > .ink--accent, .-presenter Ink > .ink--ok,
    .-presenter Ink > .ink--quote-1, .-presenter Ink > .ink--quote-2, .-presenter Ink > .ink--quote-3,
    .-presenter Ink > .ink--warning { text-style: bold; }
    .-presenter Ink > .ink--dim { color: $mail-text; }
    .-presenter Ink > .ink--faint { color: $mail-dim; }
    .-presenter Ink > .ink--text, .-presenter Ink > .ink--dim { text-style: bold; }
    .-presenter #folders { display: none; }
    .-presenter WirePane.shown { height: 45%; }
    .-presenter #narration { padding: 1 3; background: $mail-bar-background; }
    .-presenter #keys { padding: 0 2; background: $mail-bar-background; }
    .-presenter WirePane.beside { height: 1fr; }
    """

    def __init__(
        self,
        services: Services,
        *,
        folder: str | None = None,
        letter: NewLetter | None = None,
        lesson: str | None = None,
    ) -> None:
        no_color = "NO_COLOR" in os.environ
        super().__init__(ansi_color=no_color or None)
        self.services = services
        self._wanted_folder = folder
        self._wanted_lesson = lesson
        self._letter = letter
        self._is_warm = False
        self.type_ahead = TypeAhead(self, super().on_event)
        for theme in THEMES.values():
            self.register_theme(theme)
        self._reload, services.reload = services.reload, self._read_settings_again
        self._follow_settings()

    def _read_settings_again(self) -> None:
        self._reload()
        self._follow_settings()
        for screen in self._mail_screens():
            screen.settings_changed()

    def _follow_settings(self) -> None:
        ui = self.services.settings.ui
        terminal = os.environ.get("TERM", "")
        true_color = os.environ.get("COLORTERM", "") in ("truecolor", "24bit") or "256" in terminal
        self.theme = theme_name(ui.theme, no_color="NO_COLOR" in os.environ, has_true_color=true_color)
        self.set_class(ui.ascii, "-ascii")

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Screens opened under a theme that is not ours still find every role."""
        return default_roles()

    async def on_event(self, event: events.Event) -> None:
        """Keys go through the type-ahead; everything else its usual way."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            await self.type_ahead.take(event)
        else:
            await super().on_event(event)

    def on_resize(self, event: events.Resize) -> None:
        """A recording tells of it."""
        if self.services.presenter.recording is not None:
            self.services.presenter.recording.resize(*event.size)

    async def on_asking_screen_ready(self) -> None:
        """A screen can take the next key; the first of all begins the warming up."""
        await self.type_ahead.deliver()
        if not self._is_warm:
            self._is_warm = True
            warm_up(self.set_timer)

    def on_mount(self) -> None:
        """The first screen from the store, then the agent."""
        self.screen_change_signal.subscribe(self, lambda screen: self.call_later(self.type_ahead.deliver))
        self.show_mail()
        self.run_worker(self._listen(), name="agent", exit_on_error=False)
        if self.services.settings.practice.world:
            self.run_worker(self._listen_to_the_world(), name="world", exit_on_error=False)
            self.services.lesson.changed = self._show_lesson
            self.run_worker(self.services.lesson.watch(), name="lesson", exit_on_error=False)

    async def on_unmount(self) -> None:
        """Tell the agent that nobody looks any more; a recording is whole."""
        if self.services.presenter.recording is not None:
            self.services.presenter.stop()
        await self.services.lesson.leave()
        await self.services.agent.close()

    def show_mail(self) -> None:
        """The index when there is a folder, else the screen that waits for one."""
        folder = self.services.first_folder(self._wanted_folder)
        screen = IndexScreen(self.services, folder) if folder else WaitingScreen(self.services, self.show_mail)
        if isinstance(self.screen, WaitingScreen):
            if folder is not None:
                self.switch_screen(screen)
        else:
            self.push_screen(screen)
        if folder is not None:
            self._begin_letter()
        if folder is not None and self._wanted_lesson is not None:
            lesson, self._wanted_lesson = self._wanted_lesson, None
            self.call_later(self._begin_lesson, lesson)

    def _begin_letter(self) -> None:
        """Compose over the index, once: while there is no folder yet, that screen would come up over it."""
        letter, self._letter = self._letter, None
        if letter is not None and self.services.account_names:
            draft = letter_draft(self.services, letter)
            self.push_screen(self.services.places["compose"](self.services, draft))

    async def _listen(self) -> None:
        """Everything the agent says, to the services and every open screen."""
        agent = self.services.agent
        try:
            await agent.connect()
            async for message in agent.messages():
                try:
                    await self._take(message)
                except Exception as error:  # noqa: BLE001 # the next message may be fine
                    self._tell(self.services.defect(error))
        except OSError as error:
            self._tell(f"The agent cannot be reached: {error.strerror or error}")

    async def _listen_to_the_world(self) -> None:
        """In a practice world: what every host says and does, for the wire views and the journey."""
        from termail.classroom.wire_line import spoken_there
        from termail.classroom.world_feed import WorldFeed

        feed = WorldFeed(Path(self.services.settings.practice.world))
        async for event in feed.events():
            self.services.heard.events.append(event)
            self.services.lesson.something_happened()
            self._hear(spoken_there(event))
            for screen in self._mail_screens():
                screen.hear_event(event)

    def discreet(self, text: str) -> str:
        """What an audience may see of a line that is drawn."""
        return self.services.presenter.discreet(text)

    def _show_lesson(self) -> None:
        for screen in self._mail_screens():
            screen.show_lesson()

    def _begin_lesson(self, name: str) -> None:
        """The lesson asked for at the start; "" is the chooser."""
        from termail.screens.lesson import begin_lesson

        top = self._mail_screens()[-1]
        lesson = next((one for one in self.services.lesson.lessons() if name in (one.name, str(one.number))), None)

        async def begin() -> None:
            if lesson is not None:
                await begin_lesson(top, lesson)
            top.go("lesson" if lesson is not None else "lessons")

        top.begin(begin())

    def _hear(self, line: Spoken) -> None:
        """One more line on the wire."""
        shows = self.services.heard.wire.add(line)
        for screen in self._mail_screens():
            screen.hear_wire(shows=shows)

    def _tell(self, text: str) -> None:
        for screen in self._mail_screens():
            screen.tell(text, "error")

    def _fatal_error(self) -> None:
        """A defect in drawing ends the client: in one line, without the values of a traceback."""
        error = self._exception or RuntimeError("unknown")
        self.panic(Text(f"termail has to stop. {self.services.defect(error)}"))

    async def _take(self, message: ToUI) -> None:
        if isinstance(message, WireLine):
            self._hear(spoken_here(message))
            return
        self.services.take(message)
        screens = self._mail_screens()
        for screen in screens:
            screen.heard(message)
        if isinstance(message, PasswordWanted) and screens:
            top = screens[-1]
            top.run_worker(top.guard(self._ask_password(top, message)), group="password")

    async def _ask_password(self, screen: MailScreen, wanted: PasswordWanted) -> None:
        label = f"{wanted.prompt or f'Password for {wanted.account}'}: "
        secret = await screen.ask(label, secret=True)
        await self.services.agent.send(Password(account=wanted.account, secret=secret))

    def _mail_screens(self) -> list[MailScreen]:
        return [screen for screen in self.screen_stack if isinstance(screen, MailScreen)]

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The palette: the commands of the screen below it, with their keys."""
        if not isinstance(screen, MailScreen):
            return
        for command in commands_of(screen.CONTEXT):
            keys = " ".join(self.services.keymap.keys_of(screen.CONTEXT, command.name))
            if screen.handler_of(command.name) is not None:
                yield SystemCommand(command.name, f"{command.help} ({keys})", _runner(screen, command.name))


def _runner(screen: MailScreen, command: str) -> Any:
    return lambda: screen.run_command(command)


def places() -> dict[str, Any]:
    """The screens by name. Imported when first opened: the first screen comes sooner."""
    return {
        "pager": _place("termail.screens.pager", "PagerScreen"),
        "compose": _place("termail.screens.compose", "ComposeScreen"),
        "compose from raw": _compose_from_raw,
        "editor": _place("termail.screens.editor", "EditorScreen"),
        "wire": _place("termail.screens.wire", "WireScreen"),
        "world": _place("termail.screens.world", "WorldScreen"),
        "lesson": _place("termail.screens.lesson", "LessonScreen"),
        "lessons": _place("termail.screens.lesson", "LessonsScreen"),
        "anatomy": _place("termail.screens.anatomy", "AnatomyScreen"),
        "console": _place("termail.screens.console", "ConsoleScreen"),
        "folders": _place("termail.screens.folders", "FoldersScreen"),
        "journey": _place("termail.screens.journey", "JourneyScreen"),
        "journey of": _place("termail.screens.journey", "journey_of_id"),
        "search": _place("termail.screens.search_everywhere", "SearchScreen"),
        "links": _place("termail.screens.links", "LinksScreen"),
        "attachments": _place("termail.screens.attachments", "AttachmentsScreen"),
        "scripts": _place("termail.screens.scripts", "ScriptsScreen"),
        **{
            name: _place("termail.screens.reports", screen)
            for name, screen in {
                "help": "HelpScreen",
                "outbox": "OutboxScreen",
                "operations": "OperationsScreen",
                "drafts": "DraftsScreen",
                "log": "LogScreen",
                "text": "TextScreen",
                "people": "PeopleScreen",
            }.items()
        },
    }


def _place(module: str, name: str) -> Any:
    def make(*arguments: Any) -> Screen[Any]:
        from importlib import import_module

        screen: Screen[Any] = getattr(import_module(module), name)(*arguments)
        return screen

    return make


def _compose_from_raw(services: Services, raw: bytes, account: str) -> Screen[Any]:
    """A message taken back from the outbox, as a draft again: kept at once, as the outbox has it no more."""
    from termail.mime.draft import parse_draft
    from termail.screens.compose import ComposeScreen
    from termail.screens.draft_store import encode_draft

    draft = parse_draft(raw, account)
    return ComposeScreen(services, draft, draft_id=services.store.save_draft(account, encode_draft(draft)))


def build_services(config: Path, data: Path, *, agent: bool = True) -> Services:
    """Settings, store, keymap, agent. Raises SettingsError."""
    settings, keymap = read_settings(config)
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    is_guest = os.environ.get(GUEST) == "1"
    if is_guest:
        confine(config, data)
    store = LocalStore(data / "mail.sqlite3")
    link = AgentClient(config, data) if agent else NoAgent()
    defects = DefectLog(data / "termail.log")
    services = Services(
        store,
        link,
        settings,
        keymap,
        time.time,
        places(),
        defects=defects,
        is_guest=is_guest,
        aliases_path=config / "aliases",
        templates_path=config / "templates",
        listing_cache=ListingCache(data / "listings"),
    )
    services.reload = lambda: services.take_settings(*read_settings(config))
    services.take_settings(settings, keymap)
    return services


def read_settings(config: Path) -> tuple[Settings, Keymap]:
    """config.toml with everything in it judged that can be. Raises SettingsError."""
    settings = load(config)
    path = config / "config.toml"
    for table, patterns in (("searches", settings.searches.values()), ("scores", settings.scores)):
        for pattern in patterns:
            try:
                parse(pattern, now=time.time())
            except PatternError as error:
                raise SettingsError(f"{path}: [{table}] {pattern!r}: {error}") from error
    try:
        keymap = Keymap(settings.keys)
        IndexFormat(settings.ui.index_format, clean=str, now=time.time)
    except (KeymapError, FormatError) as error:
        raise SettingsError(f"{path}: {error}") from error
    return settings, keymap


def run(
    config: Path,
    data: Path,
    *,
    folder: str | None = None,
    agent: bool = True,
    letter: NewLetter | None = None,
    lesson: str | None = None,
    lessons: LessonDesk | None = None,
) -> int:
    """The client, until the user leaves → exit status. `folder` is a name or ACCOUNT/NAME; with a `letter` it
    opens with compose, with a `lesson` by its name it begins that one ("": the chooser)."""
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    keep_alt()
    draw_soon()
    services = build_services(config, data, agent=agent)
    services.lesson = lessons or services.lesson
    app = TermailApp(services, folder=folder, letter=letter, lesson=lesson)
    try:
        status = app.run(mouse=services.settings.ui.mouse)
    finally:
        services.store.close()
    return app.return_code or 0 if status is None else status
