"""The desk: what a screen offers to the helpers that carry out commands on it."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from termail.model.folder import Folder
from termail.model.folder_view import FolderView
from termail.model.row import Row
from termail.screens.services import Services

Handler = Callable[[str], Awaitable[None] | None]


class Cancelled(Exception):
    """The user left a question without an answer; the command ends silently."""


class CommandError(Exception):
    """A command cannot do what was asked; the text is the one line the user sees."""


class Desk(Protocol):
    """Asking, telling and going places; every screen is one."""

    services: Services

    async def ask(
        self,
        label: str,
        default: str = "",
        *,
        history: str = "",
        complete: Callable[[str], Sequence[str]] | None = None,
        secret: bool = False,
        offered: bool = False,
        changed: Callable[[str], None] | None = None,
    ) -> str:
        """A line of text; an `offered` default is replaced by what is typed, `changed` hears every change. Raises
        Cancelled."""
        ...

    async def choose(self, label: str, letters: str, default: str = "") -> str:
        """One key of `letters`. Raises Cancelled."""
        ...

    async def confirm(self, label: str, *, default: bool = True) -> bool:
        """Yes or no. Raises Cancelled."""
        ...

    def tell(self, text: str, role: str = "text") -> None:
        """One line for the user."""
        ...

    async def visit(self, place: str, *arguments: Any) -> Any:
        """Open another screen and wait for what it returns."""
        ...

    def go(self, place: str, *arguments: Any) -> None:
        """Open another screen."""
        ...

    def run_command(self, command: str, argument: str = "") -> None:
        """Go on with another command."""
        ...

    def suspend(self) -> AbstractContextManager[None]:
        """Give the whole terminal away for a while."""
        ...

    def show_url(self, url: str) -> None:
        """Open it in a guest's browser."""
        ...

    def deliver(self, name: str, octets: bytes) -> None:
        """Give a guest's browser a file."""
        ...

    def outside(self, command: str, stdin: bytes | None = None) -> int:
        """Run a shell command with the whole terminal → its exit status."""
        ...


class MailDesk(Desk, Protocol):
    """A desk with a folder on it: the index and the pager."""

    @property
    def view(self) -> FolderView: ...

    @property
    def line(self) -> int: ...

    def go_to(self, line: int) -> None:
        """Select another message."""
        ...

    def advance(self) -> None:
        """After an action on one message: to the next undeleted one."""
        ...

    def take_tag_prefix(self) -> bool:
        """Whether `;` was typed before this command; it is used up."""
        ...

    def rows_changed(self, message_ids: Sequence[int]) -> None:
        """Draw these rows again."""
        ...

    def reload(self, *, to_message: int | None = None) -> None:
        """Read the listing again."""
        ...

    def open_folder(self, folder: Folder, *, read_only: bool = False, to_message: int | None = None) -> None:
        """Look at another folder, at that message when given."""
        ...


def current_row(desk: MailDesk) -> Row:
    """The selected message. Raises CommandError when there is none."""
    row = desk.view.row_at(desk.line) if len(desk.view) else None
    if row is None:
        raise CommandError("There are no messages.")
    return row


def targets(desk: MailDesk) -> tuple[int, ...]:
    """What a command applies to: after `;` the tagged messages, else the selected one or its collapsed thread."""
    if desk.take_tag_prefix():
        shown = [message_id for message_id in desk.view.ids if message_id in desk.view.tagged]
        if not shown:
            raise CommandError("No tagged messages.")
        return tuple(shown)
    current_row(desk)
    return desk.view.covered_ids(desk.line)
