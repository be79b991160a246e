"""What else compose can do with a draft: Markdown, templates, how an attachment is encoded and shown."""

from pathlib import Path

import msgspec

from termail.mime.draft import Attachment
from termail.mime.entities import ENCODINGS
from termail.mime.sanitize import clean_text
from termail.screens.compose_commands import ComposeDesk
from termail.screens.compose_tools import from_headers
from termail.screens.desk import CommandError

TEMPLATE_OCTETS = 1_000_000


class ComposeOptions:
    """A helper of the compose screen. Templates are files of the folder `templates` beside the settings."""

    def __init__(self, desk: ComposeDesk) -> None:
        self._desk = desk

    def do_toggle_markdown(self, argument: str) -> None:
        is_markdown = not self._desk.draft.is_markdown
        self._desk.change(is_markdown=is_markdown)
        self._desk.tell(
            "The text is Markdown: it goes out as plain text and as HTML." if is_markdown else "Plain text alone."
        )

    async def do_edit_encoding(self, argument: str) -> None:
        at = self._desk.selected_attachment()
        now = self._desk.draft.attachments[at].encoding
        typed = argument or await self._desk.ask(
            "Content-Transfer-Encoding: ",
            now or "base64",
            complete=lambda text: [name for name in ENCODINGS if name.startswith(text)],
            offered=True,
        )
        if typed.strip().lower() not in ENCODINGS:
            raise CommandError(f"{typed!r} is no encoding; there are {', '.join(ENCODINGS)}.")
        self._replace(at, encoding=typed.strip().lower())

    def do_toggle_disposition(self, argument: str) -> None:
        at = self._desk.selected_attachment()
        inline = not self._desk.draft.attachments[at].inline
        self._replace(at, inline=inline)
        self._desk.tell("Shown in the text (inline)." if inline else "Shown as a file (attachment).")

    def _replace(self, at: int, **changes: object) -> None:
        attachments: list[Attachment] = list(self._desk.draft.attachments)
        attachments[at] = msgspec.structs.replace(attachments[at], **changes)
        self._desk.change(attachments=tuple(attachments))

    async def do_insert_template(self, argument: str) -> None:
        folder = self._desk.services.templates_path
        names = (
            sorted(path.name for path in folder.iterdir() if path.is_file()) if folder and folder.is_dir() else []
        )
        if not names or folder is None:
            raise CommandError(f"There are no templates: put text files into {folder or 'the settings folder'}.")
        name = argument or await self._desk.ask(
            f"Template ({', '.join(names)[:40]}): ",
            names[0],
            history="template",
            complete=lambda text: [entry for entry in names if entry.startswith(text)],
            offered=True,
        )
        if name not in names:
            raise CommandError(f"There is no template {name!r}; there are {', '.join(names)}.")
        self._desk.change(**filled_in(read_template(folder / name), self._desk.draft.body))


def read_template(path: Path) -> str:
    """Its text, sanitised. Raises OSError."""
    with path.open(encoding="utf-8", errors="replace") as file:
        return clean_text(file.read(TEMPLATE_OCTETS))


def filled_in(template: str, body: str) -> dict[str, str]:
    """What a template changes: the headers it begins with (those that say something), and its text above what is
    written already."""
    head, _, rest = template.partition("\n\n")
    try:
        fields = from_headers(f"{head}\n\n{rest}")
    except CommandError:
        fields = {"body": template}
    changes = {name: value for name, value in fields.items() if value and name != "body"}
    text = fields["body"].rstrip("\n")
    return {**changes, "body": f"{text}\n{body}" if body.strip() else f"{text}\n"}
