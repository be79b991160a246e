"""Compose: the letter as it will go out, and the keys to change it, send it or keep it."""

from typing import Any

import msgspec
from textual.app import ComposeResult

from termail.commands import Context
from termail.mime.draft import Draft
from termail.screens.compose_commands import ComposeCommands
from termail.screens.compose_options import ComposeOptions
from termail.screens.compose_protection import ComposeProtection, protection_words
from termail.screens.compose_sending import ComposeSending, moment_text
from termail.screens.compose_tools import ComposeTools
from termail.screens.desk import CommandError
from termail.screens.everywhere import Everywhere
from termail.screens.identity import address_of
from termail.screens.list_motions import ListMotions
from termail.screens.mail_screen import MailScreen
from termail.screens.services import Services
from termail.widgets.ink import Run
from termail.widgets.letter import Letter, LetterAttachment


class ComposeScreen(MailScreen):
    """`answered` is the message this one replies to (0: none); `draft_id` the postponed draft it came from,
    `server_draft` the message of a Drafts folder."""

    CONTEXT = Context.COMPOSE
    HINTS = (
        ("send-message", "send"),
        ("edit-message", "edit"),
        ("attach-file", "attach"),
        ("postpone-message", "postpone"),
        ("quit", "abort"),
        ("help", "keys"),
    )

    def __init__(
        self, services: Services, draft: Draft, answered: int = 0, draft_id: int = 0, server_draft: int = 0
    ) -> None:
        super().__init__(services)
        self.server_draft = server_draft
        self.draft = draft
        self.answered = answered
        self.draft_id = draft_id
        self.was_edited = False
        self.letter = Letter(id="work")
        self._is_recalled = bool(draft_id or server_draft)
        self._edit_first = not self._is_recalled
        self.commands = ComposeCommands(self)
        self.helpers = [
            self.commands,
            ComposeSending(self),
            ComposeProtection(self),
            ComposeOptions(self),
            ComposeTools(self),
            ListMotions(self, self.letter, lambda line: ""),
            Everywhere(self),
        ]

    def compose_work(self) -> ComposeResult:
        yield self.letter

    def on_mount(self) -> None:
        """mutt opens the editor first."""
        self.show_status()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.show_draft()
        if self._edit_first:
            self.run_command("edit-message")

    def on_resize(self) -> None:
        """The rules are as long as the screen is wide."""
        self.show_draft()

    def change(self, **changes: Any) -> None:
        """Another draft; kept in the store at once, so that nothing is lost."""
        changed = msgspec.structs.replace(self.draft, **changes)
        if changed == self.draft:
            return
        self.draft = changed
        self.was_edited = True
        self.commands.autosave()
        self.show_draft()

    def show_draft(self) -> None:
        """The page and the bars."""
        draft = self.draft
        headers = [("From", draft.from_), ("To", draft.to)]
        headers += [(name, value) for name, value in (("Cc", draft.cc), ("Bcc", draft.bcc)) if value]
        headers += [("Reply-To", draft.reply_to)] if draft.reply_to else []
        headers += [("Subject", draft.subject)]
        headers += [("Fcc", draft.fcc)] if draft.fcc else []
        attachments = [
            LetterAttachment(item.filename, item.content_type, len(item.data), item.description)
            for item in draft.attachments
        ]
        self.letter.put_letter(headers, draft.body, attachments)
        self.show_title()

    def title_runs(self) -> tuple[Run, ...]:
        kind = "Reply" if self.answered else "Draft" if self._is_recalled else "New message"
        draft, delay = self.draft, self.services.settings.ui.undo_send_seconds
        protected = protection_words(draft.protection)
        words = [f"sends as {address_of(draft.from_)}"]
        words += [protected] if protected else []
        words += ["Markdown"] if draft.is_markdown else []
        words += ["delivery report"] if draft.wants_report else []
        words += [moment_text(draft.send_at)] if draft.send_at else [f"in {delay:g} s"] if delay else []
        return ((kind, "strong"), (f" · {', '.join(words)}", "dim"))

    def selected_attachment(self) -> int:
        """Which attachment a command means. Raises CommandError."""
        count, at = len(self.draft.attachments), self.letter.attachment
        if not count:
            raise CommandError("There are no attachments.")
        if at is None and count > 1:
            raise CommandError("Select an attachment with j and k first.")
        return at or 0
