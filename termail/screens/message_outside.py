"""Messages to programs outside: pipe, print; a message as it came, and what filters said of it."""

import shlex

from termail.mime.sanitize import clean_text
from termail.screens.desk import CommandError, MailDesk, current_row, targets

MAX_RAW_LINES = 50_000


class MessageOutside:
    """A helper of index and pager."""

    def __init__(self, desk: MailDesk) -> None:
        self._desk = desk

    async def do_pipe_message(self, argument: str) -> None:
        ids = targets(self._desk)
        command = argument or await self._desk.ask("Pipe to command: ", history="shell")
        if not command.strip():
            raise CommandError("No command.")
        await self._pipe(command, ids)

    async def do_print_message(self, argument: str) -> None:
        ids = targets(self._desk)
        command = self._desk.services.settings.ui.print_command
        what = f"{len(ids)} messages" if len(ids) > 1 else "message"
        if await self._desk.confirm(f"Print {what} with {command}?", default=False):
            await self._pipe(command, ids)

    async def _pipe(self, command: str, ids: tuple[int, ...]) -> None:
        raw = b"".join([await self._desk.services.body(message_id) for message_id in ids])
        status = self._desk.outside(command, raw.replace(b"\r\n", b"\n"))
        name = (shlex.split(command) or [command])[0] if status else ""
        self._desk.tell(f"{name} ended with status {status}." if status else "")

    def do_explain_spam(self, argument: str) -> None:
        from termail.screens.reading import own_domains
        from termail.screens.spam_report import spam_texts

        row, services = current_row(self._desk), self._desk.services
        domains = own_domains(services, services.account_of(self._desk.view.folder, row))
        self._desk.go(
            "text", "Why this is spam, or is not", list(spam_texts(services.store.header(row.message_id), domains))
        )

    async def do_view_raw(self, argument: str) -> None:
        row = current_row(self._desk)
        raw = await self._desk.services.body(row.message_id)
        text = clean_text(raw.replace(b"\r\n", b"\n").decode("utf-8", "backslashreplace"))
        lines = text.split("\n", MAX_RAW_LINES)[:MAX_RAW_LINES]
        self._desk.go("text", f"As it came · {len(raw):,} octets", lines)
