"""The journey of one message: the lecture's picture lit as it happens, and what is known at every moment."""

import asyncio
from pathlib import Path
from typing import Any

from textual.app import ComposeResult
from textual.timer import Timer

from termail.agent.messages import OutboxChanged, ToUI
from termail.classroom.answers import as_pretty_json
from termail.classroom.event import Event
from termail.classroom.journey.model import Journey, Moment
from termail.classroom.journey.picture import picture, role_of
from termail.classroom.journey.source import held_message, read_journey
from termail.classroom.journey.svg import as_svg
from termail.classroom.journey.text import as_text, duration
from termail.classroom.wire_log import WireFilter
from termail.commands import Context
from termail.mime.headers import first_value, header_end, scan_headers
from termail.mime.sanitize import clean_line
from termail.screens.desk import CommandError
from termail.screens.everywhere import Everywhere
from termail.screens.files import write_new
from termail.screens.journey_lines import moment_lines, timeline_lines
from termail.screens.list_motions import ListMotions
from termail.screens.mail_screen import MailScreen
from termail.screens.services import Services
from termail.widgets.ink import Run
from termail.widgets.rows import Rows
from termail.widgets.select_list import TextList

GATHER_SECONDS = 0.15  # what happens together is read and drawn together


class JourneyScreen(MailScreen):
    """Of a message that is held here (`row_id`), or of one known by its Message-ID alone."""

    CONTEXT = Context.JOURNEY
    HINTS = (
        ("journey-next", "next"),
        ("journey-previous", "previous"),
        ("journey-timeline", "timeline"),
        ("journey-wire", "wire"),
        ("journey-export", "save"),
        ("quit", "back"),
        ("help", "keys"),
    )

    def __init__(self, services: Services, row_id: int, subject: str, message_id: str = "") -> None:
        super().__init__(services)
        self._row_id, self._subject, self._message_id = row_id, subject, message_id
        self._journey = Journey(message_id=message_id)
        self._at = 0
        self._was_moved = False
        self._shows_timeline = False
        self._gathering: Timer | None = None
        self._queue_ids: set[str] = set()
        self.picture = Rows(id="picture")
        self.list = TextList(id="work")
        self.helpers = [ListMotions(self, self.list, self.list.text_of), Everywhere(self)]

    def compose_work(self) -> ComposeResult:
        yield self.picture
        yield self.list

    def on_mount(self) -> None:
        """What is known now; what happens later is added."""
        self.begin(self._load(), group="message")

    def on_resize(self) -> None:
        """The picture fills the width."""
        self._draw()

    async def _load(self) -> None:
        raw: bytes | None = None
        if self._row_id:
            raw = await self.services.body(self._row_id)
            header = scan_headers(raw[: header_end(raw)[0]])
            self._message_id = first_value(header, "message-id").decode("ascii", "replace").strip()
        elif self._message_id:
            raw = await asyncio.to_thread(held_message, self.services.store, self._message_id)
        spoken = self.services.heard.wire.all_lines()
        world = self.services.settings.practice.world
        store = self.services.store
        self._journey = await read_journey(self._message_id, world=world, store=store, raw=raw, spoken=spoken)
        moments = self._journey.moments
        if not self._was_moved and self._journey.source != "headers":
            self._at = max(0, len(moments) - 1)  # it follows what happens until somebody looks at a moment
        self._at = min(self._at, max(0, len(moments) - 1))
        self._draw()

    # --- as it happens

    def hear_event(self, event: Event) -> None:
        wanted = self._message_id.strip("<>")
        if not wanted:
            return
        if event.message_id.strip("<>") == wanted and event.queue_id:
            self._queue_ids.add(event.queue_id)
        if event.message_id.strip("<>") == wanted or event.queue_id in self._queue_ids:
            self._gather()

    def heard(self, message: ToUI) -> None:
        super().heard(message)
        if isinstance(message, OutboxChanged):
            self._gather()

    def _gather(self) -> None:
        if self._gathering is None:
            self._gathering = self.set_timer(GATHER_SECONDS, self._read_again)

    def _read_again(self) -> None:
        self._gathering = None
        self.begin(self._load(), group="message")

    # --- drawing

    def _draw(self) -> None:
        width = self.size.width
        if not width:
            return
        moment = self._moment()
        chosen = moment.station if moment else None
        self.picture.put(picture(self._journey, width, chosen=chosen))
        if moment is None:
            words = "Nothing is known of the way of this message: it carries no Received field"
            lines: list[list[Run]] = [[(f"  {words}, and no journal speaks of it.", "dim")]]
        elif self._shows_timeline:
            lines = timeline_lines(self._journey, width, self._at)
        else:
            lines = moment_lines(moment, width, said_by=self._journey.source)
        self.list.put_lines(lines)
        self.show_title()

    def _moment(self) -> Moment | None:
        moments = self._journey.moments
        return moments[self._at] if moments else None

    def title_runs(self) -> tuple[Run, ...]:
        journey = self._journey
        subject = clean_line(self._subject or journey.subject) or "(no subject)"
        count = len(journey.moments)
        place = f" · {self._at + 1} of {count}" if count else ""
        state = role_of(journey, journey.moments[-1].station) if count else "dim"
        return (
            ("Journey", "strong"),
            (place, "dim"),
            (f" · {journey.outcome}", state),
            (f" · {duration(journey.transit)}" if count else "", "dim"),
            (f" · {subject}", "text"),
        )

    # --- commands

    def do_journey_next(self, argument: str) -> None:
        self._move(1)

    def do_journey_previous(self, argument: str) -> None:
        self._move(-1)

    def _move(self, step: int) -> None:
        self._was_moved = True
        self._at = max(0, min(len(self._journey.moments) - 1, self._at + step))
        self.list.cursor = 0
        self._draw()

    def do_journey_timeline(self, argument: str) -> None:
        self._shows_timeline = not self._shows_timeline
        self.list.cursor = 0
        self._draw()

    async def do_journey_wire(self, argument: str) -> None:
        await self.services.watch_wire()
        self.services.heard.wire.only = WireFilter(message=self._message_id)
        self.go("wire")

    async def do_journey_export(self, argument: str) -> None:
        name = argument or await self.ask("Save the journey to (.svg .json .txt): ", "journey.svg", history="file")
        data = exported(self._journey, name)
        path = await asyncio.to_thread(lambda: write_new(Path(name).expanduser(), data))
        self.tell(f"Saved to {path}.")


def exported(journey: Journey, name: str) -> bytes:
    """The journey in the format of the file's name. Raises CommandError."""
    ending = name.rpartition(".")[2].lower()
    if ending == "svg":
        return as_svg(journey).encode()
    if ending == "json":
        return as_pretty_json(journey)
    if ending == "txt":
        return ("\n".join(as_text(journey)) + "\n").encode()
    raise CommandError(f"end the name with .svg, .json or .txt, not as {name}")


def journey_of_id(services: Services, message_id: str) -> Any:
    """The journey of a message that may not be held here."""
    return JourneyScreen(services, 0, "", message_id)
