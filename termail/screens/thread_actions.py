"""Threads changed by hand: broken and linked."""

from termail.model.actions import Rethread
from termail.model.row import Row
from termail.screens.desk import CommandError, MailDesk, current_row
from termail.screens.message_actions import MessageActions


class ThreadActions:
    """A helper of index and pager."""

    def __init__(self, desk: MailDesk, actions: MessageActions) -> None:
        self._desk, self._actions = desk, actions

    async def do_break_thread(self, argument: str) -> None:
        row = self._threaded_row()
        if self._desk.view.parent(self._desk.line) is None:
            raise CommandError("The message is the first of its thread already.")
        await self._actions.perform(Rethread((row.message_id,)), "break a thread", (row.message_id,))
        self._desk.reload(to_message=row.message_id)
        self._desk.tell("Thread broken.")

    async def do_link_threads(self, argument: str) -> None:
        row = self._threaded_row()
        self._desk.take_tag_prefix()
        tagged = tuple(entry for entry in self._desk.view.ids if entry in self._desk.view.tagged)
        below = tuple(entry for entry in tagged if entry != row.message_id)
        if not below:
            raise CommandError("First tag (t) the messages that answer this one.")
        await self._actions.perform(Rethread(below, row.message_id), f"link {len(below)} to a thread", below)
        self._desk.reload(to_message=row.message_id)
        self._desk.tell("Threads linked.")

    def _threaded_row(self) -> Row:
        row = current_row(self._desk)
        if not self._desk.view.is_threaded:
            raise CommandError("Threading is not on; o t sorts by thread.")
        return row
