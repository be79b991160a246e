"""Moving between messages by what they are: undeleted, new, threads; the same in index and pager."""

import asyncio

from termail.model.folder_view import WINDOW
from termail.model.row import Row
from termail.screens.desk import CommandError, MailDesk, current_row
from termail.screens.virtual_folders import listing_of


class MessageMotions:
    """Answers the message motions for an index or a pager."""

    def __init__(self, desk: MailDesk) -> None:
        self._desk = desk

    async def do_jump(self, argument: str) -> None:
        typed = await self._desk.ask("Jump to message: ", argument) if len(argument) < 2 else argument
        line = self._desk.view.line_of_number(int(typed)) if typed.isdigit() else None
        if line is None:
            raise CommandError(f"There is no message number {typed}.")
        self._desk.go_to(line)

    def do_next_undeleted(self, argument: str) -> None:
        self._go(
            self._desk.view.find(self._desk.line, 1, lambda row: not row.is_deleted),
            "You are on the last message.",
        )

    def do_previous_undeleted(self, argument: str) -> None:
        self._go(
            self._desk.view.find(self._desk.line, -1, lambda row: not row.is_deleted),
            "You are on the first message.",
        )

    async def do_next_new(self, argument: str) -> None:
        await self._to_new(1)

    async def do_previous_new(self, argument: str) -> None:
        await self._to_new(-1)

    async def _to_new(self, step: int) -> None:
        """mutt's next-new-then-unread."""
        view = self._desk.view
        near = view.find(self._desk.line, step, _is_new, WINDOW)
        if near is not None:
            self._desk.go_to(near)
            return
        for pattern in ("~N !~D", "~U !~D"):
            store = self._desk.services.store
            ids = await asyncio.to_thread(listing_of, store, view.folder, view.order, pattern)
            found = view.next_of(self._desk.line, step, set(ids)) if len(ids) else None
            if found is not None:
                self._desk.go_to(found)
                return
        raise CommandError("No unread messages.")

    def do_next_thread(self, argument: str) -> None:
        self._go(self._desk.view.next_thread(self._desk.line, 1), "No more threads.")

    def do_previous_thread(self, argument: str) -> None:
        self._go(self._desk.view.next_thread(self._desk.line, -1), "You are on the first thread.")

    def do_next_subthread(self, argument: str) -> None:
        self._go(self._desk.view.next_subthread(self._desk.line, 1), "No more threads.")

    def do_previous_subthread(self, argument: str) -> None:
        self._go(self._desk.view.next_subthread(self._desk.line, -1), "You are on the first thread.")

    def do_parent_message(self, argument: str) -> None:
        self._go(self._desk.view.parent(self._desk.line), "The parent message is not here.")

    def _go(self, line: int | None, otherwise: str) -> None:
        current_row(self._desk)
        if line is None:
            raise CommandError(otherwise)
        self._desk.go_to(line)


def _is_new(row: Row) -> bool:
    return not row.is_read and not row.is_old and not row.is_deleted
