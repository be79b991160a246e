"""What can be done with the parts of a message: save all, show by the user's programs, open HTML in a browser."""

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from termail.mime.attachment_names import save_attachment
from termail.mime.mailcap import Entry, fill_in, find, needs_file, printed, read_entries, write_part
from termail.mime.message import attachments, main_text, parse_message
from termail.mime.part import Part
from termail.mime.sanitize import clean_line
from termail.screens.desk import CommandError, Desk, MailDesk, current_row
from termail.screens.files import complete_path
from termail.screens.services import Services


class PartActions:
    """A helper of index and pager."""

    def __init__(self, desk: MailDesk) -> None:
        self._desk = desk

    async def do_save_attachments(self, argument: str) -> None:
        row = current_row(self._desk)
        root = await asyncio.to_thread(parse_message, await self._desk.services.readable(row.message_id))
        await save_all(self._desk, files_of(root), argument)

    async def do_open_in_browser(self, argument: str) -> None:
        row = current_row(self._desk)
        root = await asyncio.to_thread(parse_message, await self._desk.services.readable(row.message_id))
        part = main_text(root, prefer_html=True)
        if part is None or part.content_type != "text/html":
            raise CommandError("This message has no HTML.")
        await open_html(self._desk, part)


def files_of(root: Part) -> list[Part]:
    """The parts a person would call attachments."""
    return [part for part in attachments(root) if part.filename or part.disposition == "attachment"]


async def save_all(desk: Desk, parts: Sequence[Part], typed: str) -> None:
    """Into one folder, each under a free and harmless name."""
    if not parts:
        raise CommandError("There are no attachments.")
    what = f"{len(parts)} attachments" if len(parts) > 1 else "the attachment"
    typed = typed or await desk.ask(
        f"Save {what} into folder: ", "./", history="file", complete=complete_path, offered=True
    )
    folder = await asyncio.to_thread(_save_into, typed, parts)
    desk.tell(f"Saved {what} into {folder}.")


def _save_into(typed: str, parts: Sequence[Part]) -> Path:
    folder = Path(typed).expanduser()
    if not folder.is_dir():
        raise CommandError(f"{folder} is no folder.")
    for part in parts:
        save_attachment(folder, part.filename or f"part-{part.number}", part.decoded())
    return folder


async def open_html(desk: Desk, part: Part) -> None:
    """The HTML made safe by the process with a deadline, then the user's browser."""
    from termail.screens.links import start

    path = await asyncio.to_thread(_browser_file, part)
    start(desk.services.settings.ui.url_command, path.as_uri())
    desk.tell("Opened in the browser, without scripts, images or anything remote.")


def _browser_file(part: Part) -> Path:
    from termail.mime.html_process import shared_process
    from termail.mime.html_worker import Request

    rendered = shared_process().render(Request(part.text(), 0, for_browser=True))
    if rendered is None:
        raise CommandError("This HTML took too long to make safe.")
    octets = rendered.text.encode("utf-8", "replace")
    return save_attachment(Path(kept_folder()), "message.html", octets)


async def show_by_mailcap(desk: Desk, part: Part, text_place: Callable[[str, list[str]], None]) -> None:
    """By the user's program for the type; one that prints is shown here. Raises CommandError."""
    entry = await asyncio.to_thread(mailcap_entry, desk.services, part)
    if entry is None:
        raise CommandError(f"No mailcap entry shows {clean_line(part.content_type)}; s saves it.")
    data = await asyncio.to_thread(part.decoded)
    if entry.is_copious:
        text = await asyncio.to_thread(printed, entry, part.filename, part.content_type, part.parameters, data)
        if text is None:
            raise CommandError("The program of the mailcap printed nothing.")
        text_place(part.filename or part.content_type, text.split("\n"))
        return
    folder = Path(tempfile.mkdtemp(prefix="part-", dir=kept_folder()))
    path = write_part(folder, entry, part.filename, data)
    command = fill_in(entry.command, str(path), part.content_type, part.parameters)
    if entry.needs_terminal:
        desk.outside(command, None if needs_file(entry) else data)
        shutil.rmtree(folder, ignore_errors=True)
        return
    await asyncio.to_thread(_start_shell, command)
    desk.tell(f"{clean_line(part.filename) or 'The part'} is shown by the mailcap's program.")


def _start_shell(command: str) -> None:
    """A command line of the user's mailcap; it outlives the question."""
    subprocess.run(
        ["/bin/sh", "-c", f"({command}) </dev/null >/dev/null 2>&1 &"], start_new_session=True, check=False
    )


def mailcap_entry(services: Services, part: Part, *, copious: bool | None = None) -> Entry | None:
    """The user's program for a part; a guest has none."""
    if services.is_guest:
        return None
    entries = _entries(services.settings.ui.mailcap)
    return find(entries, part.content_type, part.parameters, copious=copious)


def html_program(services: Services) -> Callable[[Part], str | None] | None:
    """What lays out HTML instead of ours, when the settings want the mailcap's program."""
    if not services.settings.ui.html_by_mailcap:
        return None

    def render(part: Part) -> str | None:
        entry = mailcap_entry(services, part, copious=True)
        if entry is None:
            return None
        return printed(entry, part.filename, part.content_type, part.parameters, part.decoded())

    return render


@cache
def _entries(places: str) -> list[Entry]:
    return read_entries(places)


@cache
def kept_folder() -> str:
    """Files a program outside may still be reading; they go when the client ends."""
    import atexit

    folder = tempfile.mkdtemp(prefix="termail-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
