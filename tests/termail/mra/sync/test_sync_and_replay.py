"""A folder brought up to date, and actions replayed, against servers that changed meanwhile or lack extensions."""

import contextlib
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from termail.model.actions import AppendTo, CopyTo, Expunge, MoveTo, SetFlags
from termail.model.folder import Folder
from termail.model.order import Order
from termail.mra.imap.connection import ImapConnection, Listed
from termail.mra.imap.limits import DEFAULT
from termail.mra.imap.login import Credentials
from termail.mra.imap.opening import imap_connection
from termail.mra.sync.folder_sync import FolderSync, Step
from termail.mra.sync.mailboxes import Mailboxes
from termail.mra.sync.replay import Impossible, NotYet, Replay
from termail.net.endpoint import Endpoint, Security
from termail.net.trust import client_context
from termail.store.local_store import LocalStore, SyncState

QUICK = dataclasses.replace(DEFAULT, silence_seconds=0.5, abandoned_seconds=0.2, connect_seconds=5.0)


def hello(capabilities: str = "UIDPLUS MOVE") -> str:
    offered = f"[CAPABILITY IMAP4rev1 {capabilities}]"
    return f"S: * OK {offered} ready\nC: LOGIN\nS: {{tag}} OK {offered} in\n"


def select(name: str, exists: int, uid_validity: int = 7, more: str = "") -> str:
    return f"""
    C: SELECT "{name}"
    S: * {exists} EXISTS
    S: * OK [UIDVALIDITY {uid_validity}] ok
    S: * OK [UIDNEXT 100] ok
    {more}
    S: {{tag}} OK [READ-WRITE] done
    """


def search(answer: str) -> str:
    return f"C: UID SEARCH\nS: * SEARCH {answer}\nS: {{tag}} OK\n"


def header(number: int, uid: int, flags: str = "") -> str:
    text = f"Subject: m{uid}\\r\\nMessage-ID: <m{uid}@x>\\r\\n\\r\\n"
    size = len(text.replace("\\r\\n", "\r\n"))
    return (
        f'S: * {number} FETCH (UID {uid} FLAGS ({flags}) INTERNALDATE "01-Jan-2026 00:00:0{number % 10} +0000"'
        f" RFC822.SIZE 500 BODY[HEADER] {{{size}}}\\r\\n{text})\n"
    )


DONE = "S: {tag} OK done\n"


@pytest.fixture
def store(tmp_path: Path):
    store = LocalStore(tmp_path / "mail.sqlite3")
    yield store
    store.close()


MAILBOXES = Mailboxes([Listed(b"INBOX", "/", frozenset()), Listed(b"Trash", "/", frozenset({"\\trash"}))])


@pytest.fixture
def inbox(store: LocalStore) -> Folder:
    store.put_folders("work", MAILBOXES.folders)
    folder = store.folder_named("work", "INBOX")
    assert folder is not None
    return folder


@pytest.fixture
def opened(scripted):
    @contextlib.asynccontextmanager
    async def connect(script: str, servers: list | None = None) -> AsyncIterator[ImapConnection]:
        server = await scripted(script + "\nSTAY")
        if servers is not None:
            servers.append(server)
        endpoint = Endpoint("imap", Security.NONE, "alice", "127.0.0.1", server.port)
        async with imap_connection(endpoint, client_context, Credentials("alice", "x"), QUICK) as found:
            yield found

    return connect


async def synced(connection: ImapConnection, store: LocalStore, folder: Folder) -> list[Step]:
    sync = FolderSync(connection, store, folder, b"INBOX", set(), lambda: 0)
    return [step async for step in sync.steps()]


def subjects(store: LocalStore, folder: Folder) -> list[str]:
    return sorted(row.subject for row in store.rows(store.listing(folder.folder_id, Order())))


FIRST = (
    hello()
    + select("INBOX", 2)
    + search("3 5")
    + "C: UID FETCH 3,5\n"
    + header(1, 3, "\\Seen")
    + header(2, 5)
    + DONE
)


async def test_the_first_sync_brings_headers_and_tells_no_new_mail(opened, store, inbox) -> None:
    async with opened(FIRST) as imap:
        steps = await synced(imap, store, inbox)
    assert subjects(store, inbox) == ["m3", "m5"]
    assert not any(step.new_ids for step in steps)


async def test_later_syncs_bring_what_is_new_remove_what_is_gone_and_follow_flags(opened, store, inbox) -> None:
    async with opened(FIRST) as imap:
        await synced(imap, store, inbox)
    later = (
        hello()
        + select("INBOX", 2)
        + search("5 100")
        + "C: UID FETCH 100\n"
        + header(2, 100)
        + DONE
        + "C: UID FETCH 5\nS: * 1 FETCH (UID 5 FLAGS (\\Flagged))\nS: * 9 FETCH (UID 77 FLAGS (\\Seen))\n"
        + DONE
    )
    async with opened(later) as imap:
        steps = await synced(imap, store, inbox)
    rows = {row.subject: row for row in store.rows(store.listing(inbox.folder_id, Order()))}
    assert set(rows) == {"m5", "m100"}
    assert rows["m5"].is_flagged
    assert [message_id for step in steps for message_id in step.new_ids] == [rows["m100"].message_id]


async def test_condstore_asks_for_changes_alone_and_nothing_when_nothing_changed(opened, store, inbox) -> None:
    first = hello("CONDSTORE") + FIRST.removeprefix(hello()).replace("done\n    ", "done\n", 1)
    first = first.replace("S: * OK [UIDNEXT 100] ok", "S: * OK [UIDNEXT 100] ok\nS: * OK [HIGHESTMODSEQ 40] ok")
    async with opened(first) as imap:
        await synced(imap, store, inbox)
    async with opened(hello("CONDSTORE") + select("INBOX", 2, more="S: * OK [HIGHESTMODSEQ 40] ok")) as imap:
        assert await synced(imap, store, inbox) == []
    servers: list = []
    changed = (
        hello("CONDSTORE")
        + select("INBOX", 2, more="S: * OK [HIGHESTMODSEQ 41] ok")
        + search("3 5")
        + "C: UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE 40)\nS: * 2 FETCH (UID 5 MODSEQ (41) FLAGS (\\Seen))\n"
        + DONE
    )
    async with opened(changed, servers) as imap:
        await synced(imap, store, inbox)
    assert store.folder(inbox.folder_id).unread == 0


async def test_a_new_uidvalidity_keeps_the_messages_and_learns_their_uids_again(opened, store, inbox) -> None:
    async with opened(FIRST) as imap:
        await synced(imap, store, inbox)
    before = list(store.listing(inbox.folder_id, Order()))
    again = (
        hello()
        + select("INBOX", 1, uid_validity=8)
        + search("1")
        + "C: UID FETCH 1\n"
        + header(1, 5, "\\Seen").replace("UID 5", "UID 1")
        + DONE
    )
    async with opened(again) as imap:
        await synced(imap, store, inbox)
    assert subjects(store, inbox) == ["m5"]
    assert set(store.listing(inbox.folder_id, Order())) <= set(before)
    assert list(store.uids(inbox.folder_id)) == [1]


async def test_a_search_that_names_too_few_removes_nothing(opened, store, inbox) -> None:
    async with opened(FIRST) as imap:
        await synced(imap, store, inbox)
    short = hello() + select("INBOX", 2) + search("5") + "C: UID FETCH 5\nS: * 2 FETCH (UID 5 FLAGS ())\n" + DONE
    async with opened(short) as imap:
        await synced(imap, store, inbox)
    assert subjects(store, inbox) == ["m3", "m5"]


async def test_a_uid_the_server_lists_and_never_gives_does_not_stop_the_rest(opened, store, inbox) -> None:
    script = hello() + select("INBOX", 2) + search("3 5") + "C: UID FETCH\n" + header(2, 5) + header(9, 66) + DONE
    async with opened(script) as imap:
        await synced(imap, store, inbox)
    assert subjects(store, inbox) == ["m5"]


# --- replay


@pytest.fixture
async def filled(opened, store, inbox) -> list[int]:
    """Message ids of m3 and m5, and the uid validity of Trash known."""
    async with opened(FIRST) as imap:
        await synced(imap, store, inbox)
    rows = store.rows(store.listing(inbox.folder_id, Order()))
    return [row.message_id for row in sorted(rows, key=lambda row: row.uid)]


async def replayed(connection: ImapConnection, store: LocalStore, action, attempts: int = 1) -> None:
    store.perform("work", action)
    for _ in range(attempts - 1):
        (operation,) = store.claim_operations("work", 1e12)
        store.defer_operation(operation.operation_id, 0.0, "killed")
    (operation,) = store.claim_operations("work", 1e12)
    assert operation.attempts == attempts
    await Replay(connection, store, lambda: MAILBOXES).run(operation)
    store.complete_operation(operation.operation_id)


async def test_flags_are_added_and_removed_by_uid(opened, store, filled) -> None:
    script = hello() + select("INBOX", 2) + "C: UID STORE 3,5 +FLAGS.SILENT (\\Flagged work)\n" + DONE
    async with opened(script + "C: UID STORE 3,5 -FLAGS.SILENT (\\Seen)\n" + DONE) as imap:
        await replayed(imap, store, SetFlags(tuple(filled), add=("\\Flagged", "work"), remove=("\\Seen",)))


@pytest.mark.parametrize("flag", ["a b", "x)\r\nA1 LOGOUT", "{5}", 'q"'])
async def test_a_flag_that_is_no_atom_never_reaches_the_wire(opened, store, filled, flag: str) -> None:
    async with opened(hello() + select("INBOX", 2)) as imap:
        with pytest.raises(Impossible):
            await replayed(imap, store, SetFlags((filled[0],), add=(flag,)))


async def test_a_move_without_move_copies_marks_and_expunges_its_own_alone(opened, store, filled) -> None:
    trash = store.folder_named("work", "Trash")
    script = (
        hello("UIDPLUS")
        + select("INBOX", 2)
        + 'C: UID COPY 3 "Trash"\nS: {tag} OK [COPYUID 9 3 41] done\n'
        + "C: UID STORE 3 +FLAGS.SILENT (\\Deleted)\n"
        + DONE
        + "C: UID EXPUNGE 3\n"
        + DONE
    )
    async with opened(script) as imap:
        await replayed(imap, store, MoveTo((filled[0],), trash.folder_id))
    assert store.uid_of(filled[0]) == (trash.folder_id, 41)


async def test_a_move_that_was_cut_after_the_copy_is_finished_and_not_doubled(opened, store, filled) -> None:
    trash = store.folder_named("work", "Trash")
    script = (
        hello("UIDPLUS")
        + select("INBOX", 2)
        + select("Trash", 1, 9)
        + "C: UID SEARCH HEADER Message-ID {6}\nS: + go\nC{8}\nS: * SEARCH 41\n"
        + DONE
        + select("INBOX", 2)
        + "C: UID STORE 3 +FLAGS.SILENT (\\Deleted)\n"
        + DONE
        + "C: UID EXPUNGE 3\n"
        + DONE
    )
    async with opened(script) as imap:
        await replayed(imap, store, MoveTo((filled[0],), trash.folder_id), attempts=2)


async def test_a_copy_learns_its_uid(opened, store, filled) -> None:
    trash = store.folder_named("work", "Trash")
    script = hello() + select("INBOX", 2) + 'C: UID COPY 3,5 "Trash"\nS: {tag} OK [COPYUID 9 3,5 41:42] done\n'
    async with opened(script) as imap:
        await replayed(imap, store, CopyTo(tuple(filled), trash.folder_id))
    assert list(store.uids(trash.folder_id)) == [41, 42]


async def test_a_message_is_appended_once_however_often_it_is_tried(opened, store, filled) -> None:
    trash = store.folder_named("work", "Trash")
    raw = b"Message-ID: <f@x>\r\n\r\nx\r\n"
    found = select("Trash", 1, 9) + "C: UID SEARCH HEADER\nS: + go\nC{7}\nS: * SEARCH 50\n" + DONE
    async with opened(hello() + found) as imap:
        await replayed(imap, store, AppendTo(trash.folder_id, raw, ("\\Seen",), "<f@x>"), attempts=2)
    assert list(store.uids(trash.folder_id)) == [50]


async def test_without_uidplus_others_deleted_messages_are_not_removed(opened, store, inbox, filled) -> None:
    store.perform("work", SetFlags((filled[0],), add=("\\Deleted",)))
    (flags,) = store.claim_operations("work", 1e12)
    store.complete_operation(flags.operation_id)
    async with opened(hello("IDLE") + select("INBOX", 2) + search("3 5")) as imap:
        with pytest.raises(Impossible):
            await replayed(imap, store, Expunge(inbox.folder_id, (filled[0],)))


async def test_uids_of_another_uidvalidity_are_never_used(opened, store, filled) -> None:
    async with opened(hello() + select("INBOX", 2, uid_validity=8)) as imap:
        with pytest.raises(NotYet):
            await replayed(imap, store, SetFlags((filled[0],), add=("\\Deleted",)))


def test_folders_have_roles_from_the_server_or_from_their_names() -> None:
    listed = [
        Listed(b"inbox", ".", frozenset()),
        Listed(b"Sent Items", ".", frozenset()),
        Listed(b"Lists.python", ".", frozenset()),
        Listed(b"a/b", ".", frozenset()),
        Listed(b"Bin", ".", frozenset({"\\trash"})),
        Listed(b"Trash", ".", frozenset()),
        Listed(b"top", ".", frozenset({"\\noselect"})),
        Listed(b"gone", ".", frozenset({"\\nonexistent"})),
    ]
    boxes = Mailboxes(listed)
    roles = {folder.name: folder.role for folder in boxes.folders}
    assert roles == {
        "INBOX": "inbox",
        "Sent Items": "sent",
        "Lists/python": "",
        "a∕b": "",
        "Bin": "trash",
        "Trash": "",
        "top": "",
    }
    assert boxes.wire_name("Lists/python") == b"Lists.python"
    assert boxes.wire_name("a∕b") == b"a/b"
    assert boxes.wire_name("New/Ñ") == b"New.&ANE-"


QRESYNC = "CONDSTORE ENABLE QRESYNC"
ENABLED = "C: ENABLE QRESYNC\nS: * ENABLED QRESYNC\nS: {tag} OK\n"


def resynced(exists: int, told: str, modseq: int = 50) -> str:
    return (
        f'C: SELECT "INBOX" (QRESYNC (7 40))\nS: * {exists} EXISTS\nS: * OK [UIDVALIDITY 7] ok\n'
        f"S: * OK [UIDNEXT 101] ok\nS: * OK [HIGHESTMODSEQ {modseq}] ok\n{told}S: {{tag}} OK [READ-WRITE] done\n"
    )


async def test_with_qresync_only_what_changed_is_asked_for(opened, store, inbox) -> None:
    first = hello(QRESYNC) + ENABLED + FIRST.removeprefix(hello())
    first = first.replace("S: * OK [UIDNEXT 100] ok", "S: * OK [UIDNEXT 100] ok\nS: * OK [HIGHESTMODSEQ 40] ok")
    async with opened(first) as imap:
        await synced(imap, store, inbox)
    told = (
        "S: * VANISHED (EARLIER) 3\nS: * 1 FETCH (UID 5 FLAGS (\\Flagged) MODSEQ (41))\n"
        "S: * 2 FETCH (UID 100 FLAGS () MODSEQ (42))\n"
    )
    later = hello(QRESYNC) + ENABLED + resynced(2, told) + "C: UID FETCH 100 \n" + header(2, 100) + DONE
    async with opened(later) as imap:
        steps = await synced(imap, store, inbox)
    assert subjects(store, inbox) == ["m100", "m5"]
    assert [len(step.new_ids) for step in steps] == [1, 0]
    rows = store.rows(store.listing(inbox.folder_id, Order()))
    assert {row.subject: row.is_flagged for row in rows} == {"m5": True, "m100": False}
    assert store.sync_state(inbox.folder_id).highest_modseq == 50


async def test_a_resync_whose_count_is_wrong_is_not_believed(opened, store, inbox) -> None:
    first = hello(QRESYNC) + ENABLED + FIRST.removeprefix(hello())
    first = first.replace("S: * OK [UIDNEXT 100] ok", "S: * OK [UIDNEXT 100] ok\nS: * OK [HIGHESTMODSEQ 40] ok")
    async with opened(first) as imap:
        await synced(imap, store, inbox)
    async with opened(hello(QRESYNC) + ENABLED + resynced(1, "") + search("5")) as imap:
        await synced(imap, store, inbox)
    assert subjects(store, inbox) == ["m5"]


def test_list_status_says_when_nothing_has_happened() -> None:
    told = {"MESSAGES": 2, "UIDNEXT": 101, "UIDVALIDITY": 7, "HIGHESTMODSEQ": 50}
    mailboxes = Mailboxes(
        [Listed(b"INBOX", "/", frozenset(), told), Listed(b"[Gmail]/All Mail", "/", frozenset({"\\all"}))]
    )
    state = SyncState(uid_validity=7, uid_next=101, highest_modseq=50, complete_above_uid=0)
    assert mailboxes.is_as_known("INBOX", state, 2)
    assert not mailboxes.is_as_known("INBOX", state, 3)
    assert not mailboxes.is_as_known("INBOX", msgspec.structs.replace(state, highest_modseq=49), 2)
    assert not mailboxes.is_as_known("INBOX", msgspec.structs.replace(state, complete_above_uid=9), 2)
    assert not mailboxes.is_as_known("[Gmail]/All Mail", state, 2)
    assert mailboxes.views == {"[Gmail]/All Mail"}
