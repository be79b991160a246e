"""What the keys of compose do: edit, attach, postpone, abort."""

import asyncio
import os
from typing import Any, Protocol

import msgspec

from termail.mime.draft import Attachment, Draft
from termail.mime.sanitize import clean_line
from termail.screens.desk import Desk
from termail.screens.draft_store import encode_draft
from termail.screens.drafts_desk import drop_draft, keep_draft
from termail.screens.files import complete_path, read_attachment
from termail.screens.folder_names import complete_folder
from termail.screens.outside import edit_outside, editor_of
from termail.widgets.letter import Letter

_ATTACHMENT_WORDS = ("attach", "adjunt", "anhang", "pièce jointe", "allegat", "anexo")


class ComposeDesk(Desk, Protocol):
    """What the compose screen offers."""

    draft: Draft
    answered: int
    draft_id: int
    server_draft: int
    was_edited: bool
    letter: Letter
    app: Any

    def change(self, **changes: Any) -> None: ...

    def show_draft(self) -> None: ...

    def selected_attachment(self) -> int: ...

    def dismiss(self, result: Any = None) -> Any: ...


class ComposeCommands:
    """A helper of the compose screen."""

    def __init__(self, desk: ComposeDesk) -> None:
        self._desk = desk

    # --- the text

    async def do_edit_message(self, argument: str) -> None:
        editor = editor_of(dict(os.environ), self._desk.services.settings.ui.editor)
        if not editor:
            await self.do_edit_here(argument)
            return
        with self._desk.app.suspend():
            body = edit_outside(editor, self._desk.draft.body)
        self._desk.app.refresh(layout=True)
        self._desk.change(body=body)

    async def do_edit_here(self, argument: str) -> None:
        body = await self._desk.visit("editor", self._desk.draft.body, self._desk.draft.subject, self._keep_text)
        if body is not None:
            self._desk.change(body=body)
        elif self._desk.draft_id:
            self.autosave()  # the text is as it was, and so is what is kept

    # --- the headers

    async def do_edit_from(self, argument: str) -> None:
        await self._edit("from_", "From", argument)

    async def do_edit_to(self, argument: str) -> None:
        await self._edit("to", "To", argument, history="address")

    async def do_edit_cc(self, argument: str) -> None:
        await self._edit("cc", "Cc", argument, history="address")

    async def do_edit_bcc(self, argument: str) -> None:
        await self._edit("bcc", "Bcc", argument, history="address")

    async def do_edit_subject(self, argument: str) -> None:
        await self._edit("subject", "Subject", argument, history="subject")

    async def do_edit_fcc(self, argument: str) -> None:
        await self._edit("fcc", "Fcc", argument, history="folder")

    async def do_edit_reply_to(self, argument: str) -> None:
        await self._edit("reply_to", "Reply-To", argument, history="address")

    async def _edit(self, field: str, label: str, argument: str, history: str = "") -> None:
        book = self._desk.services.address_book
        complete = {"address": book.complete, "folder": self._folders}.get(history)
        now = getattr(self._desk.draft, field)
        value = argument or await self._desk.ask(f"{label}: ", now, history=history, complete=complete)
        self._desk.change(**{field: book.expand(value) if history == "address" else value})

    def _folders(self, typed: str) -> list[str]:
        account = self._desk.draft.account
        return complete_folder(typed, self._desk.services.store.folders(account), account)

    # --- attachments

    async def do_attach_file(self, argument: str) -> None:
        typed = argument or await self._desk.ask("Attach file: ", history="file", complete=complete_path)
        attachment = await asyncio.to_thread(read_attachment, typed)
        self._desk.change(attachments=(*self._desk.draft.attachments, attachment))

    def do_detach_file(self, argument: str) -> None:
        at = self._desk.selected_attachment()
        attachments = self._desk.draft.attachments
        self._desk.change(attachments=attachments[:at] + attachments[at + 1 :])

    async def do_edit_description(self, argument: str) -> None:
        await self._change_attachment("description", "Description: ", argument)

    async def do_rename_attachment(self, argument: str) -> None:
        await self._change_attachment("filename", "Send attachment as: ", argument)

    async def _change_attachment(self, field: str, label: str, argument: str) -> None:
        at = self._desk.selected_attachment()
        attachments: list[Attachment] = list(self._desk.draft.attachments)
        value = argument or await self._desk.ask(label, getattr(attachments[at], field))
        attachments[at] = msgspec.structs.replace(attachments[at], **{field: value})
        self._desk.change(attachments=tuple(attachments))

    # --- keeping

    async def do_postpone_message(self, argument: str) -> None:
        desk = self._desk
        where = keep_draft(desk.services, desk.draft, desk.draft_id, desk.server_draft)
        await desk.services.work_waits()
        desk.dismiss(None)
        self._tell_below(f"Message postponed {where}; R goes on with it.")

    async def do_quit(self, argument: str) -> None:
        desk = self._desk
        if desk.was_edited or desk.draft_id or desk.server_draft:
            answer = await desk.choose("Postpone this message? ([yes]/no): ", "yn", "y")
            if answer == "y":
                await self.do_postpone_message(argument)
                return
        drop_draft(desk.services, desk.draft.account, desk.draft_id, desk.server_draft)
        desk.dismiss(None)
        self._tell_below("Mail not sent.")

    def autosave(self) -> None:
        """Keep what was written so far on this machine."""
        self._keep(self._desk.draft)

    def _keep_text(self, text: str) -> None:
        self._keep(msgspec.structs.replace(self._desk.draft, body=text))

    def _keep(self, draft: Draft) -> None:
        store = self._desk.services.store
        self._desk.draft_id = store.save_draft(draft.account, encode_draft(draft), self._desk.draft_id or None)

    def _tell_below(self, text: str) -> None:
        """On the screen that is seen next."""
        self._desk.services.say_next(clean_line(text))


def forgot_attachment(draft: Draft) -> bool:
    """The user's own words (not quoted ones) speak of an attachment, and there is none."""
    if draft.attachments:
        return False
    own = "\n".join(line for line in draft.body.split("\n") if not line.startswith(">")).lower()
    return any(word in own for word in _ATTACHMENT_WORDS)
