"""The address book's commands: an alias for somebody, and writing to somebody found by a few letters."""

import asyncio

from termail.screens.address_book import mailbox_text
from termail.screens.desk import CommandError, MailDesk, current_row


class AddressActions:
    """A helper of index and pager."""

    def __init__(self, desk: MailDesk) -> None:
        self._desk = desk

    async def do_create_alias(self, argument: str) -> None:
        row = current_row(self._desk)
        book = self._desk.services.address_book
        name = argument or await self._desk.ask("Alias as: ", row.sender_address.partition("@")[0])
        mailbox = await self._desk.ask("Address: ", mailbox_text(row.sender_name, row.sender_address))
        path = await asyncio.to_thread(book.add_alias, name.strip(), mailbox)
        self._desk.tell(f"Alias {name.strip()} written to {path}.")

    async def do_query(self, argument: str) -> None:
        services = self._desk.services
        words = argument or await self._desk.ask("Find people: ", history="address")
        found = await asyncio.to_thread(services.address_book.query, words)
        if not found:
            raise CommandError(f"Nobody found for {words!r}.")
        chosen = found[0] if len(found) == 1 else await self._desk.visit("people", found)
        if chosen:
            self._desk.run_command("mail", chosen)
