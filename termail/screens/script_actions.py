"""The way from a message to the scripts that sort its account's mail."""

from termail.screens.desk import MailDesk


class ScriptActions:
    """A helper of index and pager."""

    def __init__(self, desk: MailDesk) -> None:
        self._desk = desk

    def do_scripts(self, argument: str) -> None:
        desk, services = self._desk, self._desk.services
        row = desk.view.row_at(desk.line) if len(desk.view) else None
        account = desk.view.folder.account if row is None else services.account_of(desk.view.folder, row)
        if row is None:
            desk.go("scripts", account)
        else:
            desk.go("scripts", account, row.message_id, row.subject)
