"""The base of every screen: title bar, work, wire pane, status bar, prompt; keys become commands."""

import inspect
import io
import sqlite3
from collections.abc import Awaitable, Coroutine, Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult, SuspendNotSupported
from textual.worker import Worker

from termail.agent.messages import (
    AccountState,
    OperationsChanged,
    OutboxChanged,
    SyncFinished,
    ToUI,
)
from termail.commands import COMMANDS, Context
from termail.guests import HOST_COMMANDS
from termail.keymap import Found, KeyReader, Unbound, Waiting, steps_of, stroke_of
from termail.mime.sanitize import clean_line
from termail.model.outbox import OutboxState
from termail.screens.asking_screen import AskingScreen
from termail.screens.desk import Cancelled, CommandError, Handler
from termail.screens.outside import run_outside
from termail.screens.phrases import OUTBOX_WORDS, words_of
from termail.screens.services import Pressed, Services
from termail.widgets.bars import TitleBar, key_hints
from termail.widgets.ink import Run

# What a command may raise and the user reads as one line; anything else is a defect, kept with its traceback.
EXPECTED = (CommandError, LookupError, ValueError, OSError, sqlite3.Error, SuspendNotSupported)
PATIENCE_SECONDS = 1.5  # how long keys wait for a message that is slow to draw
_STATE_ROLES = {"error": "error", "offline": "warning", "idle": "ok"}


class MailScreen(AskingScreen, inherit_bindings=False):
    """`helpers` answer the commands the screen itself has no `do_…` method for."""

    HINTS: ClassVar[tuple[tuple[str, str], ...]] = (("quit", "back"), ("help", "keys"))
    AUTO_FOCUS = "#work"
    DEFAULT_CSS = """
    MailScreen { background: $mail-background; color: $mail-text; layout: vertical; }
    """

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.helpers: list[object] = []
        self.title_bar = TitleBar(id="title")
        self.reader = KeyReader(
            services.keymap, self.CONTEXT, numbers=self.CONTEXT in (Context.INDEX, Context.PAGER)
        )
        self._notice: Run | None = None
        self._busy: set[Worker[None]] = set()
        self._is_open = False

    def compose(self) -> ComposeResult:
        yield self.title_bar
        yield from self.compose_work()
        yield from self.compose_classroom()
        yield self.status_bar
        yield self.prompt

    def compose_work(self) -> ComposeResult:
        """The widgets between the bars; the one with the keyboard has the id `work`."""
        yield from ()

    def on_mount(self) -> None:
        """Runs after the `on_mount` of the screen itself, so what that put off is done first."""
        self.call_after_refresh(self._opened)

    def _opened(self) -> None:
        self._is_open = True
        self.post_message(self.Ready())

    def on_screen_resume(self) -> None:
        """Back on top: things may have changed meanwhile."""
        self.post_message(self.Ready())
        self.show_classroom()
        notice, self.services.next_notice = self.services.next_notice, ""
        if notice:
            self.tell(notice)
        self.show_title()
        self.show_status()

    # --- bars

    def title_runs(self) -> tuple[Run, ...]:
        """The left of the title bar."""
        return ()

    def show_title(self) -> None:
        """Write the title bar: where, and what waits."""
        self.title_bar.left = self.title_runs()
        pending = self.services.store.pending_count()
        states = [item.state for item in self.services.store.outbox()]
        failed = sum(state in (OutboxState.FAILED, OutboxState.POSSIBLY_SENT) for state in states)
        outgoing = len(states) - states.count(OutboxState.SENT) - failed
        waits = [(f"⟳ {pending} pending  ", "accent")] if pending else []
        waits += [(f"✉ {outgoing} in outbox  ", "accent")] if outgoing else []
        where = self.services.keymap.first_key(self.CONTEXT, "outbox")
        waits += [(f"✗ {failed} not sent{where and f' ({where})'}  ", "error")] if failed else []
        self.title_bar.right = (*waits[:-1], *((text.rstrip(), role) for text, role in waits[-1:]))

    def show_status(self) -> None:
        """Write the status bar: the notice or the connection, and the keys that matter now."""
        self.status_bar.left = (self._notice,) if self._notice else self.connection_runs()
        first_key = self.services.keymap.first_key
        self.status_bar.right = key_hints([(first_key(self.CONTEXT, name), text) for name, text in self.hints()])

    def hints(self) -> Sequence[tuple[str, str]]:
        """(command, short meaning) pairs for the status bar."""
        return self.HINTS

    def connection_runs(self) -> tuple[Run, ...]:
        """The state of the accounts: the one that needs attention first."""
        states = sorted(
            self.services.heard.accounts.values(), key=lambda state: state.state in ("idle", "syncing")
        )
        if not states:
            return (("offline", "dim"),) if not self.services.account_names else (("starting…", "dim"),)
        state = states[0]
        more = f" · +{len(states) - 1} accounts" if len(states) > 1 else ""
        text = f" · {clean_line(state.text)}" if state.text and state.text != state.state else ""
        return ((clean_line(state.account), "dim"), (f" · {state.state}", _STATE_ROLES.get(state.state, "dim")),
                (text + more, "dim"))  # fmt: skip

    def tell(self, text: str, role: str = "text") -> None:
        """Say one line until the next key."""
        self._notice = (clean_line(text), role) if text else None
        if text:
            self.services.log(text)
        self.show_status()

    # --- keys

    @property
    def is_busy(self) -> bool:
        """A command that was begun has not finished."""
        self._busy = {worker for worker in self._busy if not worker.is_finished}
        return bool(self._busy)

    @property
    def is_ready(self) -> bool:
        """Whether the next key may come: for the question that is asked, or as a command."""
        return self._is_open and (self.prompt.is_asking or not self.is_busy)

    def take_key(self, event: events.Key) -> None:
        """A key from the terminal. The focus has no say: it follows a question only after a drawing."""
        if self.prompt.wants_text:
            self.prompt.take_key(event)
            return
        stroke = stroke_of(event.key, event.character)
        if self.prompt.wants_key:
            self.prompt.answer_key(stroke)
        elif stroke:
            self.press(stroke)

    def take_paste(self, text: str) -> None:
        """Pasted text answers a question; it is never a row of commands."""
        if self.prompt.wants_text:
            self.prompt.take_text(text.splitlines()[0] if text else "")

    def interrupt(self) -> None:
        """Give up what is running: its keys came to nothing."""
        for worker in self._busy:
            worker.cancel()
        self.tell("Interrupted.")

    def press(self, stroke: str) -> None:
        """One stroke."""
        had_notice = self._notice is not None
        self._notice = None
        match self.reader.feed(stroke):
            case Found(command, number):
                self.services.pressed = Pressed(stroke, command)
                self.services.presenter.pressed(stroke, command)
                self._run_binding(command, str(number) if number else "")
            case Waiting(shown):
                self.tell_quietly(f"{shown}-")
            case Unbound(shown):
                if shown:
                    help_key = self.services.keymap.first_key(self.CONTEXT, "help")
                    self.tell_quietly(f"{shown} is not bound here; {help_key} shows the keys")
        if had_notice and self._notice is None:
            self.show_status()
        self.show_keys()

    def _run_binding(self, binding: str, argument: str) -> None:
        """A command, or the steps of a user's macro, each when the one before it has finished."""
        if binding in COMMANDS:
            self.run_command(binding, argument)
        else:
            self.begin(self._run_steps(steps_of(binding)))

    async def _run_steps(self, steps: list[tuple[str, str]]) -> None:
        for name, argument in steps:
            handler = self.handler_of(name)
            if handler is None:
                raise CommandError(f"{name} does not work here.")
            waiting = handler(argument)
            if waiting is not None:
                await waiting

    def settings_changed(self) -> None:
        """The settings were read again."""
        numbers = self.CONTEXT in (Context.INDEX, Context.PAGER)
        self.reader = KeyReader(self.services.keymap, self.CONTEXT, numbers=numbers)
        self.show_status()

    def tell_quietly(self, text: str) -> None:
        """A notice that is not worth a line in the log."""
        self._notice = (clean_line(text), "dim")
        self.show_status()

    def handler_of(self, command: str) -> Handler | None:
        """The method that carries out a command here; what belongs to the machine's owner is not a guest's."""
        if self.services.is_guest and command in HOST_COMMANDS:
            return None
        name = COMMANDS[command].handler
        for helper in (self, *self.helpers):
            handler: Handler | None = getattr(helper, name, None)
            if handler is not None:
                return handler
        return None

    def run_command(self, command: str, argument: str = "") -> None:
        """Carry out a command; one that waits for something runs as a worker."""
        handler = self.handler_of(command)
        if handler is None:
            self.tell(f"{command} does not work here", "warning")
            return
        try:
            waiting = handler(argument)
        except Cancelled:
            return
        except EXPECTED as error:
            self.tell(words_of(error), "error")
            return
        except Exception as error:  # noqa: BLE001 # a defect in one command never ends the client
            self.tell(self.services.defect(error), "error")
            return
        if inspect.iscoroutine(waiting):
            self.begin(waiting)

    def begin(
        self, waiting: Coroutine[Any, Any, None], *, group: str = "command", exclusive: bool = False
    ) -> None:
        """Start a part of a command that takes time; keys wait until it has finished or asks."""
        worker = self.run_worker(self.guard(waiting), group=group, exclusive=exclusive)
        self._busy.add(worker)

    def be_patient_with(self, group: str) -> None:
        """Keys wait for the workers of a group, but not for long."""
        slow = {worker for worker in self._busy if worker.group == group}
        self.set_timer(PATIENCE_SECONDS, lambda: self._lose_patience(slow))

    def _lose_patience(self, slow: set[Worker[None]]) -> None:
        if self.is_busy and self._busy & slow:
            self._busy -= slow
            self.post_message(self.Ready())

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Keys typed ahead may go on."""
        if event.worker.is_finished:
            self._busy.discard(event.worker)
            self.post_message(self.Ready())

    async def guard(self, waiting: Awaitable[None]) -> None:
        """Never a modal error: one clear line."""
        try:
            await waiting
        except Cancelled:
            self.show_status()
        except EXPECTED as error:
            self.tell(words_of(error), "error")
        except Exception as error:  # noqa: BLE001 # a defect in one command never ends the client
            self.tell(self.services.defect(error), "error")

    # --- other places

    async def visit(self, place: str, *arguments: Any) -> Any:
        """Open another screen and wait for what it returns."""
        return await self.app.push_screen_wait(self.services.places[place](self.services, *arguments))

    def go(self, place: str, *arguments: Any) -> None:
        """Open another screen; the one that is open already is not opened over itself."""
        screen = self.services.places[place](self.services, *arguments)
        if arguments or type(screen) is not type(self):
            self.app.push_screen(screen)

    def suspend(self) -> AbstractContextManager[None]:
        """The terminal is somebody else's meanwhile."""
        return self.app.suspend()

    def outside(self, command: str, stdin: bytes | None = None) -> int:
        """Give the terminal to a shell command."""
        self.services.refuse_guests()
        with self.app.suspend():
            status = run_outside(command, stdin)
        self.refresh(layout=True)
        return status

    def show_url(self, url: str) -> None:
        """In the browser the guest sits at."""
        self.app.open_url(url)

    def deliver(self, name: str, octets: bytes) -> None:
        """To the browser the guest sits at, as a download."""
        self.app.deliver_binary(io.BytesIO(octets), save_filename=name, mime_type="application/octet-stream")

    # --- the agent

    def heard(self, message: ToUI) -> None:
        """The agent said something; subclasses add what concerns them."""
        match message:
            case AccountState():
                self.show_status()
            case SyncFinished(account=account, error=error) if self.is_current:
                self.tell(
                    f"{account}: {error}" if error else f"{account} is up to date.", "error" if error else "text"
                )
            case OutboxChanged():
                self.show_title()
                self._tell_of_last_sent()
            case OperationsChanged():
                self.show_title()
            case _:
                pass

    def _tell_of_last_sent(self) -> None:
        """How the mail of this session that was sent last fares."""
        last = self.services.last_sent
        if not last.outbox_id or not self.is_current:
            return
        for item in self.services.store.outbox():
            if item.outbox_id == last.outbox_id and item.state in OUTBOX_WORDS:
                words, role = OUTBOX_WORDS[item.state]
                self.tell(words.format(to=", ".join(item.recipients), reason=item.reason), role)
                if item.state in (OutboxState.SENT, OutboxState.FAILED):
                    last.outbox_id = 0
