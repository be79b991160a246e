"""What compose does by other programs and other folders: headers in the editor, filters, spelling, copies."""

import asyncio
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

import msgspec

from termail.mime.draft import Attachment, Draft, build
from termail.mime.sanitize import clean_line
from termail.model.actions import AppendTo
from termail.screens.compose_commands import ComposeDesk
from termail.screens.desk import CommandError
from termail.screens.folder_names import complete_folder
from termail.screens.outside import edit_outside, editor_of

_HEADERS = {"From": "from_", "To": "to", "Cc": "cc", "Bcc": "bcc", "Reply-To": "reply_to", "Subject": "subject",
            "Fcc": "fcc"}  # fmt: skip
FILTER_TIMEOUT_SECONDS = 60.0
_TYPE = re.compile(r"[A-Za-z0-9.+-]{1,64}/[A-Za-z0-9.+-]{1,64}")


def with_headers(draft: Draft) -> str:
    """The draft as one text to edit: headers, an empty line, the body."""
    headers = [f"{name}: {clean_line(getattr(draft, field))}" for name, field in _HEADERS.items()]
    return "\n".join([*headers, "", draft.body])


def from_headers(text: str) -> dict[str, str]:
    """The fields of such a text; a header that was removed is empty. Raises CommandError."""
    head, _, body = text.partition("\n\n")
    fields = dict.fromkeys(_HEADERS.values(), "")
    by_name = {name.lower(): field for name, field in _HEADERS.items()}
    field = ""
    for line in head.split("\n"):
        if line[:1] in (" ", "\t") and field:
            fields[field] = f"{fields[field]} {line.strip()}"
            continue
        name, colon, value = line.partition(":")
        if not colon or name.strip().lower() not in by_name:
            raise CommandError(f"{line[:40]!r} is no header to edit; there are {', '.join(_HEADERS)}.")
        field = by_name[name.strip().lower()]
        fields[field] = value.strip()
    return fields | {"body": body}


class ComposeTools:
    """A helper of the compose screen."""

    def __init__(self, desk: ComposeDesk) -> None:
        self._desk = desk

    async def do_edit_with_headers(self, argument: str) -> None:
        before = with_headers(self._desk.draft)
        editor = editor_of(dict(os.environ), self._desk.services.settings.ui.editor)
        if editor:
            with self._desk.app.suspend():
                after: str | None = edit_outside(editor, before)
            self._desk.app.refresh(layout=True)
        else:
            after = await self._desk.visit("editor", before, self._desk.draft.subject)
        if after is not None and after != before:
            self._desk.change(**from_headers(after))

    async def do_filter_message(self, argument: str) -> None:
        command = argument or await self._desk.ask("Filter through: ", history="shell")
        if not command.strip():
            raise CommandError("No command.")
        body = await asyncio.to_thread(_filtered, command, self._desk.draft.body)
        self._desk.change(body=body)

    async def do_check_spelling(self, argument: str) -> None:
        with tempfile.TemporaryDirectory(prefix="termail-") as folder:
            path = Path(folder) / "message.txt"
            path.touch(mode=0o600)
            path.write_text(self._desk.draft.body, encoding="utf-8")
            command = self._desk.services.settings.ui.spell_command
            if shutil.which((shlex.split(command) or [""])[0]) is None:
                raise CommandError(
                    f"{command or 'No spell_command'} is not installed; spell_command sets another."
                )
            status = self._desk.outside(f"{command} {shlex.quote(str(path))}")
            body = path.read_text(encoding="utf-8", errors="replace")
        if status:
            raise CommandError(f"It ended with status {status}; the text is as it was.")
        self._desk.change(body=body)

    async def do_write_to_folder(self, argument: str) -> None:
        services, draft = self._desk.services, self._desk.draft
        folders = services.store.folders(draft.account)
        name = argument or await self._desk.ask(
            "Write message to folder: ",
            history="folder",
            complete=lambda text: complete_folder(text, folders, draft.account),
        )
        folder = services.store.folder_named(draft.account, name.strip())
        if folder is None:
            raise CommandError(f"No folder {name!r} in {draft.account}.")
        built = build(draft, date=services.clock())
        action = AppendTo(folder.folder_id, built.raw, ("\\Seen",), built.message_id)
        services.store.perform(draft.account, action, f"copy to {folder.name}")
        await services.work_waits()
        self._desk.tell(f"A copy goes to {folder.name}.")

    async def do_attach_message(self, argument: str) -> None:
        services = self._desk.services
        if services.shown_folder is None:
            raise CommandError("Open a folder first.")
        view = services.shown_folder()
        typed = argument or await self._desk.ask(f"Attach message number (of {clean_line(view.folder.name)}): ")
        ids = view.ids
        if not typed.strip().isdigit() or not 1 <= int(typed) <= len(ids):
            raise CommandError(f"There is no message number {typed}.")
        raw = await services.body(ids[int(typed) - 1])
        (row,) = services.store.rows([ids[int(typed) - 1]]) or (None,)
        name = clean_line(row.subject if row else "")[:60].replace("/", "_") or "message"
        item = Attachment(filename=f"{name}.eml", content_type="message/rfc822", data=raw)
        self._desk.change(attachments=(*self._desk.draft.attachments, item))

    async def do_edit_type(self, argument: str) -> None:
        attachments = list(self._desk.draft.attachments)
        at = self._desk.selected_attachment()
        value = argument or await self._desk.ask("Content-Type: ", attachments[at].content_type)
        if not _TYPE.fullmatch(value.strip()):
            raise CommandError(f"{value!r} is no type like text/plain.")
        attachments[at] = msgspec.structs.replace(attachments[at], content_type=value.strip().lower())
        self._desk.change(attachments=tuple(attachments))


def _filtered(command: str, text: str) -> str:
    """The text as a shell command the user typed gives it back. Raises CommandError."""
    shell = os.environ.get("SHELL") or "/bin/sh"
    try:
        done = subprocess.run(
            [shell, "-c", command],
            input=text.encode(),
            capture_output=True,
            timeout=FILTER_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CommandError("The filter did not end; the text is as it was.") from None
    if done.returncode:
        raise CommandError(f"The filter ended with status {done.returncode}; the text is as it was.")
    return done.stdout.decode("utf-8", "replace")
