"""The archives of the lists as their members see them: shared mailboxes, to be read."""

from dataclasses import replace

from bundled_server.mailbox.store import Mailbox
from bundled_server.mda.lists.shelf import ARCHIVES, ListShelf


async def archives_of(shelf: ListShelf, user: str, prefix: str) -> list[Mailbox]:
    """Those of the lists whose member or owner the user is, called PREFIX + list."""
    found = []
    for mailing_list in shelf.lists:
        address = f"{user}@{mailing_list.domain}"
        may_read = address in mailing_list.owners or await shelf.member(mailing_list.name, address) is not None
        mailbox = await shelf.store.mailbox(ARCHIVES, mailing_list.name) if may_read else None
        if mailbox is not None:
            found.append(replace(mailbox, name=prefix + mailing_list.name))
    return found
