"""The protocol console: a dialogue typed by hand, with what may come next, and the lecture's sessions."""

import asyncio
import time
from pathlib import Path

from textual.app import ComposeResult

from termail.classroom.console.guide import Guide
from termail.classroom.console.line import ConsoleLine
from termail.classroom.console.places import Places
from termail.classroom.console.sessions import LECTURE
from termail.classroom.export.formats import write_as
from termail.classroom.wire_line import Spoken
from termail.commands import Context
from termail.mime.sanitize import clean_line
from termail.screens.desk import CommandError
from termail.screens.everywhere import Everywhere
from termail.screens.files import write_new
from termail.screens.list_motions import ListMotions
from termail.screens.mail_screen import MailScreen
from termail.screens.services import Services
from termail.screens.wire_lines import wire_row
from termail.widgets.ink import Run, fit
from termail.widgets.wire_list import WireList
from termail.widgets.wire_pane import WireRow
from termail.widgets.words import Words

HELP_LINES = 7


class ConsoleScreen(MailScreen):
    """Opens at `place` ("smtp", "imap other.test", HOST:PORT) when one is given."""

    CONTEXT = Context.CONSOLE
    HINTS = (
        ("console-type", "type"),
        ("console-connect", "connect"),
        ("console-smtp", "SMTP"),
        ("console-pop3", "POP3"),
        ("console-imap", "IMAP"),
        ("console-next", "next line"),
        ("console-save", "save"),
        ("quit", "back"),
        ("help", "keys"),
    )

    def __init__(self, services: Services, place: str = "") -> None:
        super().__init__(services)
        self._wanted = place
        self._places = Places(services.settings.practice.world)
        self._line: ConsoleLine | None = None
        self._said: list[Spoken] = []
        self._script: list[str] = []
        self.list = WireList(lambda: len(self._said), self._row, id="work")
        self.words = Words(id="next")
        self.helpers = [ListMotions(self, self.list, self.list.text_of), Everywhere(self)]

    def compose_work(self) -> ComposeResult:
        yield self.list
        yield self.words

    def on_mount(self) -> None:
        """Say what one can do; connect when it is clear where to."""
        self._help()
        self.show_title()
        if self._wanted:
            self.run_command("console-connect", self._wanted)

    def on_unmount(self) -> None:
        """Nobody is left talking to."""
        if self._line is not None:
            self._line.close()

    # --- what is said

    def _row(self, at: int) -> WireRow:
        return wire_row(self._said[at], "")

    def _hear(self, direction: str, text: str, is_content: bool) -> None:
        line = self._line
        spoken = Spoken(
            time=time.time(),
            place=line.place.name if line else "",
            protocol=line.guide.protocol if line else "",
            direction=direction,
            text=text,
            connection="console",
            is_encrypted=bool(line and line.guide.is_encrypted),
            is_content=is_content,
            is_ours=True,
        )
        self._said.append(spoken)
        if self.is_attached:
            self.list.lines_changed()
            self.list.cursor = len(self._said) - 1
            self._help()
            self.show_title()

    def _help(self) -> None:
        """The last line explained, and what may come next."""
        width = max(20, self.size.width - 2)
        if self._line is None:
            lines = _welcome()
            self.words.put([("talk to a server by hand", "strong")], lines, height=HELP_LINES)
            return
        guide = self._line.guide
        lines = []
        if self._script:
            rest = f"   and {len(self._script) - 1} more of the lecture"
            lines.append([("n  ", "accent"), (self._script[0], "strong"), (rest, "dim")])
        for suggestion in guide.suggestions()[: HELP_LINES - len(lines)]:
            column = min(38, max(20, width // 2))
            lines.append([(fit(suggestion.text, column) + " ", "accent"), (suggestion.words, "dim")])
        self.words.put(self._state_runs(guide), lines, height=HELP_LINES)

    def _state_runs(self, guide: Guide) -> list[Run]:
        last = next((line for line in reversed(self._said) if line.direction == "S"), None)
        meaning = guide.meaning("S", last.text) if last else ""
        return [
            (f"{guide.protocol.upper()} · {guide.state}", "strong"),
            (f" · {meaning}" if meaning else "", "dim"),
        ]

    def title_runs(self) -> tuple[Run, ...]:
        line = self._line
        if line is None:
            return (("Console", "strong"),)
        lock: Run = (" · inside TLS", "ok") if line.guide.is_encrypted else (" · in the clear", "warning")
        state: Run = (" · closed", "dim") if not line.is_open else lock
        return (("Console", "strong"), (f" · {clean_line(line.place.name)}", "accent"), state)

    # --- commands

    async def do_console_connect(self, argument: str) -> None:
        label = "Connect to (smtp, submission, pop3, imap, HOST:PORT): "
        text = argument or await self.ask(label, history="console-place", complete=self._places.completions)
        self._script = []
        await self._connect(text)
        await self._type_on()

    async def _connect(self, text: str) -> None:
        place = await self._places.find(text)
        if self._line is not None:
            self._line.close()
        line = self._line = ConsoleLine(place, self._hear, self._places.context)
        self._hear("", f"connecting to {place.host}:{place.port}", False)
        try:
            await line.open()
        except OSError as error:  # TimeoutError is one
            self._line = None
            self._help()
            raise CommandError(f"{place.name} cannot be reached: {error}") from error
        await line.answered()

    def do_console_type(self, argument: str) -> None:
        self._need()
        self.begin(self._type_on())

    async def _type_on(self) -> None:
        """Line after line, until Esc or the end of the connection."""
        while (line := self._need()).is_open:
            guide = line.guide
            text = await self.ask("C: ", history=f"console-{guide.protocol}", complete=guide.completions)
            if text or guide.is_content:
                await self._say(text)

    async def _say(self, text: str) -> None:
        line = self._need()
        line.type(text)
        if not await line.answered():
            self.tell("The server has not answered yet.", "warning")

    async def do_console_smtp(self, argument: str) -> None:
        await self._begin("smtp")

    async def do_console_pop3(self, argument: str) -> None:
        await self._begin("pop3")

    async def do_console_imap(self, argument: str) -> None:
        await self._begin("imap")

    async def _begin(self, name: str) -> None:
        session = LECTURE[name]
        await self._connect(session.service)
        self._script = list(session.lines)
        self._help()
        key = self.services.keymap.first_key(self.CONTEXT, "console-next")
        self.tell(f"{session.title}: {key} says the next line.")

    async def do_console_next(self, argument: str) -> None:
        if not self._script:
            raise CommandError("Nothing is left to say: 1, 2 or 3 begins a session of the lecture.")
        await self._say(self._script.pop(0))
        self._help()

    def do_console_hang_up(self, argument: str) -> None:
        self._need().close()

    async def do_console_save(self, argument: str) -> None:
        if not self._said:
            raise CommandError("Nothing was said yet.")
        name = argument or await self.ask(
            "Save the dialogue to (.txt .json .pcap .mmd): ", "session.txt", history="file"
        )
        said = list(self._said)
        path = await asyncio.to_thread(lambda: write_new(Path(name).expanduser(), write_as(name, said)))
        self.tell(f"Saved to {path}.")

    def _need(self) -> ConsoleLine:
        if self._line is None:
            raise CommandError("There is no connection: o connects, 1 2 3 begin the lecture's sessions.")
        return self._line


def _welcome() -> list[list[Run]]:
    """What one can do before there is a connection."""
    return [
        [("o", "accent"), (" connects: smtp, submission, pop3, imap of the practice world, or HOST:PORT", "text")],
        [("1 2 3", "accent"), (" are the lecture's sessions in SMTP, POP3 and IMAP", "text")],
        [("n", "accent"), (" says their lines one by one", "text")],
        [],
        [("A telnet or nc to the same ports is seen in the wire view (F5, then w).", "dim")],
    ]
