"""What the keys of compose do: edit, attach, send, postpone, abort."""

import asyncio
import contextlib
import os
from typing import Any, Protocol

import msgspec

from termail.commands import Context
from termail.mime.draft import Attachment, Draft
from termail.mime.sanitize import clean_line
from termail.screens.desk import CommandError, Desk
from termail.screens.draft_store import encode_draft
from termail.screens.files import complete_path, read_attachment
from termail.screens.folder_names import complete_folder
from termail.screens.outside import edit_outside, editor_of
from termail.screens.writing_actions import answered_action
from termail.widgets.letter import Letter

_ATTACHMENT_WORDS = ("attach", "adjunt", "anhang", "pièce jointe", "allegat", "anexo")


class ComposeDesk(Desk, Protocol):
    """What the compose screen offers."""

    draft: Draft
    answered: int
    draft_id: int
    was_edited: bool
    letter: Letter
    app: Any

    def change(self, **changes: Any) -> None: ...

    def show_draft(self) -> None: ...

    def dismiss(self, result: Any = None) -> Any: ...


class ComposeCommands:
    """A helper of the compose screen."""

    def __init__(self, desk: ComposeDesk) -> None:
        self._desk = desk
        self._is_sent = False

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
        body = await self._desk.visit("editor", self._desk.draft.body, self._desk.draft.subject)
        if body is not None:
            self._desk.change(body=body)

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
        at = self._selected()
        attachments = self._desk.draft.attachments
        self._desk.change(attachments=attachments[:at] + attachments[at + 1 :])

    async def do_edit_description(self, argument: str) -> None:
        await self._change_attachment("description", "Description: ", argument)

    async def do_rename_attachment(self, argument: str) -> None:
        await self._change_attachment("filename", "Send attachment as: ", argument)

    async def _change_attachment(self, field: str, label: str, argument: str) -> None:
        at = self._selected()
        attachments: list[Attachment] = list(self._desk.draft.attachments)
        value = argument or await self._desk.ask(label, getattr(attachments[at], field))
        attachments[at] = msgspec.structs.replace(attachments[at], **{field: value})
        self._desk.change(attachments=tuple(attachments))

    def _selected(self) -> int:
        count = len(self._desk.draft.attachments)
        at = self._desk.letter.attachment
        if not count:
            raise CommandError("There are no attachments.")
        if at is None and count > 1:
            raise CommandError("Select an attachment with j and k first.")
        return at or 0

    # --- sending and keeping

    async def do_send_message(self, argument: str) -> None:
        from termail.mime.draft import build

        draft, services = self._desk.draft, self._desk.services
        if not draft.subject.strip() and not await self._desk.confirm("No subject: send anyway?", default=False):
            return
        if forgot_attachment(draft) and not await self._desk.confirm(
            "The text speaks of an attachment but there is none: send anyway?", default=False
        ):
            return
        if self._is_sent:
            return
        now = services.clock()
        built = build(draft, date=now)
        if not services.account(draft.account).send:
            raise CommandError(f"Account {draft.account} has no `send` server in the settings.")
        delay = services.settings.ui.undo_send_seconds
        outbox_id = services.store.queue_message(
            draft.account, built.sender, built.recipients, built.raw, not_before=now + delay if delay else 0.0
        )
        self._is_sent = True
        services.last_sent.outbox_id = outbox_id
        if self._desk.answered:
            with contextlib.suppress(LookupError):  # it is on its way, whatever became of the message it answers
                services.store.perform(draft.account, answered_action(self._desk.answered), "replied")
        if self._desk.draft_id:
            services.store.delete_draft(self._desk.draft_id)
        await services.work_waits()
        undo = services.keymap.first_key(Context.INDEX, "undo")
        told = f"Sends in {delay:g} s; {undo} takes it back." if delay else "Mail queued."
        self._desk.dismiss(None)
        self._tell_below(told)

    async def do_postpone_message(self, argument: str) -> None:
        self._keep()
        self._desk.dismiss(None)
        self._tell_below("Message postponed; R goes on with it.")

    async def do_quit(self, argument: str) -> None:
        if self._desk.was_edited or self._desk.draft_id:
            answer = await self._desk.choose("Postpone this message? ([yes]/no): ", "yn", "y")
            if answer == "y":
                await self.do_postpone_message(argument)
                return
        if self._desk.draft_id:
            self._desk.services.store.delete_draft(self._desk.draft_id)
        self._desk.dismiss(None)
        self._tell_below("Mail not sent.")

    def autosave(self) -> None:
        """Keep what was written, as far as it is a message already."""
        self._keep()

    def _keep(self) -> None:
        draft = self._desk.draft
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
