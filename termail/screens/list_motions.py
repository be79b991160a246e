"""The motions every list shares, and searching in what its lines say."""

import re
from collections.abc import Callable

from termail.screens.desk import CommandError, Desk
from termail.widgets.select_list import SelectList

SEARCH_LIMIT = 200_000


class ListMotions:
    """Answers the motion commands for one list; `text_of` gives the words of a line for searching."""

    def __init__(self, desk: Desk, widget: SelectList, text_of: Callable[[int], str]) -> None:
        self._desk, self._list, self._text_of = desk, widget, text_of
        self._pattern: re.Pattern[str] | None = None
        self._step = 1

    def do_next_entry(self, argument: str) -> None:
        self._list.move(1)

    def do_previous_entry(self, argument: str) -> None:
        self._list.move(-1)

    def do_next_page(self, argument: str) -> None:
        self._list.move_page(2)

    def do_previous_page(self, argument: str) -> None:
        self._list.move_page(-2)

    def do_half_down(self, argument: str) -> None:
        self._list.move_page(1)

    def do_half_up(self, argument: str) -> None:
        self._list.move_page(-1)

    def do_next_line(self, argument: str) -> None:
        self._list.scroll_lines(1)

    def do_previous_line(self, argument: str) -> None:
        self._list.scroll_lines(-1)

    def do_first_entry(self, argument: str) -> None:
        self._list.cursor = 0

    def do_last_entry(self, argument: str) -> None:
        self._list.cursor = self._list.count_lines() - 1

    def do_top_page(self, argument: str) -> None:
        self._list.cursor = self._list.line_on_screen(0.0)

    def do_middle_page(self, argument: str) -> None:
        self._list.cursor = self._list.line_on_screen(0.5)

    def do_bottom_page(self, argument: str) -> None:
        self._list.cursor = self._list.line_on_screen(1.0)

    async def do_search(self, argument: str) -> None:
        await self._search(argument, 1)

    async def do_search_reverse(self, argument: str) -> None:
        await self._search(argument, -1)

    async def do_search_next(self, argument: str) -> None:
        if self._pattern is None:
            await self._search("", 1)
        else:
            self._find()

    async def do_search_opposite(self, argument: str) -> None:
        if self._pattern is None:
            await self._search("", -1)
        else:
            self._find(-1)

    async def _search(self, argument: str, step: int) -> None:
        label = "Search for: " if step > 0 else "Reverse search for: "
        text = argument or await self._desk.ask(label, history="search")
        self._pattern, self._step = compile_search(text), step
        self._find()

    def _find(self, direction: int = 1) -> None:
        assert self._pattern is not None
        step = self._step * direction
        count, start = self._list.count_lines(), self._list.cursor
        for distance in range(1, min(count, SEARCH_LIMIT) + 1):
            line = (start + step * distance) % count
            if self._pattern.search(self._text_of(line)):
                self._list.cursor = line
                wrapped = line <= start if step > 0 else line >= start
                self._desk.tell("Search wrapped." if wrapped else "")
                return
        raise CommandError("Not found.")


def compile_search(text: str) -> re.Pattern[str]:
    """What the user typed as a regular expression, or literally when it is none; capitals make case matter."""
    if not text:
        raise CommandError("Nothing to search for.")
    flags = re.IGNORECASE if text.lower() == text else 0
    try:
        return re.compile(text, flags)
    except re.error:
        return re.compile(re.escape(text), flags)
