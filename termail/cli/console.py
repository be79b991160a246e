"""`termail console [PLACE]`: telnet with help in a plain terminal; a pipe works too."""

import argparse
import asyncio
import contextlib
import ssl
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from termail.classroom.console.line import SERVICES, ConsoleLine, NoPlace, Place
from termail.classroom.console.places import Places
from termail.classroom.console.sessions import LECTURE
from termail.classroom.practice_world import PracticeWorld, WorldDidNotStart
from termail.cli.errors import UserError
from termail.cli.settings import settings_of
from termail.mime.sanitize import clean_line

HELP = """:help     what may come next    :next     say the next line of the lecture's session
:play     say all of it         :save FILE  keep the transcript          :quit  leave"""


def run(options: argparse.Namespace) -> int:
    """Exit code 0 when the dialogue ended well, 1 when there was none."""
    world = settings_of(options, need_account=False).practice.world
    needs_world = options.place.partition(" ")[0] in SERVICES
    try:
        with _world(world, needed=needs_world) as folder:
            return asyncio.run(_talk(options.place, Places(folder)))
    except NoPlace as error:
        raise UserError(str(error), 2) from error
    except WorldDidNotStart as error:
        raise UserError(str(error)) from error


@contextlib.contextmanager
def _world(running: str, *, needed: bool) -> Iterator[str]:
    """The world of the settings, or one for as long as this lasts."""
    if running or not needed:
        yield running
        return
    with (
        tempfile.TemporaryDirectory(prefix="termail-console-", ignore_cleanup_errors=True) as folder,
        PracticeWorld(Path(folder) / "world") as world,
    ):
        yield str(world.data)


class _Console:
    """One dialogue on a plain terminal."""

    def __init__(self, place: Place, contexts: Callable[[], ssl.SSLContext]) -> None:
        self.line = ConsoleLine(place, self._hear, contexts)
        self._transcript: list[str] = []
        self._is_typed = sys.stdin.isatty()
        self.is_playing = False
        session = LECTURE.get(place.protocol)
        self.script = list(session.lines) if session else []

    def _hear(self, direction: str, text: str, is_content: bool) -> None:
        """Print what is heard, with its meaning, and keep it; what was typed stands on the screen already."""
        line = f"{f'{direction}:' if direction else '--'} {clean_line(text)}"
        self._transcript.append(line)
        if direction == "C" and self._is_typed and not self.is_playing:
            return
        meaning = self.line.guide.meaning(direction, text) if self._is_typed and direction == "S" else ""
        with contextlib.suppress(BrokenPipeError):  # whoever read this has left; the dialogue ends by itself
            print(f"{line}   · {meaning}" if meaning else line, flush=True)

    def help(self) -> None:
        """What may come next."""
        for suggestion in self.line.guide.suggestions():
            print(f"   {suggestion.text:<34} {suggestion.words}")
        if self.script:
            print(f"   {':next':<34} {self.script[0]}")

    async def command(self, text: str) -> bool:
        """A line for the console itself → False to leave."""
        word, _, rest = text.partition(" ")
        match word:
            case ":quit" | ":q":
                return False
            case ":next" if self.script:
                await self.play(1)
            case ":play":
                await self.play(len(self.script))
            case ":save" if rest:
                await asyncio.to_thread(Path(rest).write_text, "\n".join(self._transcript) + "\n")
                print(f"   saved to {rest}")
            case ":help":
                print(HELP)
                self.help()
            case _:
                print(HELP)
        return True

    async def play(self, count: int) -> None:
        """So many lines of the lecture's session, shown as they are said."""
        self.is_playing = True
        for text in self.script[:count]:
            if self.line.is_open:
                await self.say(text)
        del self.script[:count]
        self.is_playing = False

    async def say(self, text: str) -> None:
        """One line, and the whole answer to it."""
        self.line.type(text)
        if not await self.line.answered():
            print("   (no answer yet)")


async def _talk(text: str, places: Places) -> int:
    place = await places.find(text)
    console = _Console(place, places.context)
    line = console.line
    try:
        await line.open()
    except OSError as error:
        raise UserError(f"{place.name} cannot be reached: {error}") from error
    await line.answered()
    _complete_by(line)
    if sys.stdin.isatty():
        print(HELP)
    while line.is_open:
        typed = await asyncio.to_thread(_typed)
        if typed is None:
            break
        if typed.startswith(":") and not line.guide.is_content:
            if not await console.command(typed):
                break
        elif typed or line.guide.is_content:
            await console.say(typed)
    line.close()
    return 0


def _typed() -> str | None:
    """The next line of standard input, None at its end."""
    try:
        return input("" if not sys.stdin.isatty() else "C: ")
    except EOFError:
        return None


def _complete_by(line: ConsoleLine) -> None:
    """Tab completes what may come next."""
    if not sys.stdin.isatty():
        return
    with contextlib.suppress(ImportError):
        import readline

        def complete(text: str, state: int) -> str | None:
            offers = line.guide.completions(readline.get_line_buffer())
            return offers[state] if state < len(offers) else None

        readline.set_completer_delims("")
        readline.set_completer(complete)
        readline.parse_and_bind("tab: complete")
