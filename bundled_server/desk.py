"""The desk of a stopped host: its store, users, domains and queue without its ports, for the administrator."""

import os
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from bundled_server.admin.control import Clerk
from bundled_server.auth.app_passwords import AppPasswords
from bundled_server.auth.store_directory import StoreDirectory
from bundled_server.auth.user_clerk import UserClerk
from bundled_server.clock import SystemClock
from bundled_server.config import SieveLimits
from bundled_server.filters.bayes.bayes import Bayes
from bundled_server.filters.bayes.clerk import BayesClerk
from bundled_server.filters.clerk import FilterClerk
from bundled_server.host.folder import HostFolder
from bundled_server.journal import Journal
from bundled_server.mailbox.sqlite_store import SqliteStore
from bundled_server.mda.domains import Domains
from bundled_server.mda.lists.circulation import Circulation
from bundled_server.mda.lists.clerk import ListClerk
from bundled_server.mda.lists.shelf import ListShelf
from bundled_server.mda.sieve.clerk import ScriptClerk
from bundled_server.queue.ids import QueueIds
from bundled_server.queue.spool import Spool


@dataclass(frozen=True, slots=True)
class Desk:
    """What can be done without the ports."""

    store: SqliteStore
    directory: StoreDirectory
    spool: Spool
    domains: Domains
    clerks: Mapping[str, Clerk]


async def open_desk(data: Path, stack: AsyncExitStack, *, beside_a_server: bool = False) -> Desk:
    """Open the host in `data`, until `stack` is closed. Raises FolderError (a server holds it) and StoreError;
    `beside_a_server`, for reading alone, does not mind the server."""
    clock = SystemClock()
    folder = HostFolder(data)
    if not beside_a_server:
        stack.enter_context(folder)
    journal = Journal("administrator", clock.now, folder.journal)
    stack.callback(journal.close)
    store = SqliteStore(folder.database, clock.now)
    await store.open()
    stack.push_async_callback(store.close)
    directory = StoreDirectory(store, clock)
    stack.callback(directory.close)
    ids = QueueIds(clock.now, os.getpid())
    spool = Spool(store, clock, ids, journal, None, None)
    domains = Domains(folder.domains)
    lists = ListShelf(store, clock.now, domains.canonical)
    await lists.load()

    async def is_user(local: str, domain: str) -> bool:
        return await directory.exists(local)

    app_passwords = AppPasswords(store, clock.now)
    await app_passwords.load()
    directory.goes_along.append(app_passwords.go_with)
    clerks: dict[str, Clerk] = {
        "bayes": BayesClerk(store, Bayes(store), clock.now),
        "lists": ListClerk(
            lists,
            Circulation(lists, ids.next, clock.now),
            domains[0] if domains else "",
            is_user,
            is_domain=domains.__contains__,
        ),
        "user": UserClerk(directory, app_passwords),
        "filters": FilterClerk(store),
        "sieve": ScriptClerk(store, SieveLimits()),
    }
    return Desk(store, directory, spool, domains, clerks)
