"""The UI and the agent write at once; either may be killed at any moment."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from termail.model.actions import SetFlags
from termail.model.order import Order, SortKey
from termail.store.local_store import Arrived, LocalStore

BY_DATE = Order(SortKey.DATE)
LATER = 1e12

# Child programs print a line after each step that returned; what was printed must be found again.
CHILDREN = {
    "add": """
for n in range(1, 100000):
    header = f"From: b@x\\r\\nSubject: s{n}\\r\\nMessage-ID: <c{n}@x>\\r\\n".encode()
    store.add_messages(inbox, [Arrived(uid=n, flags=frozenset(), internal_date=n, size_octets=1, header=header)])
    print(n, flush=True)
""",
    "perform": """
ids = list(store.listing(inbox, Order()))
for n in range(100000):
    store.perform("work", SetFlags((ids[n % len(ids)],), add=(f"k{n}",)))
    print(n, flush=True)
""",
    "outbox": """
for n in range(100000):
    outbox_id = store.queue_message("work", "a@x", ["b@x"], f"Message-ID: <o{n}@x>\\r\\n\\r\\nbody".encode())
    print("queued", n, flush=True)
    store.claim_outbox(1e12)
    store.put_outbox_state(outbox_id, OutboxState.SENT)
    print("sent", n, flush=True)
""",
}
PRELUDE = """
import sys
from pathlib import Path
from termail.model.actions import SetFlags
from termail.model.order import Order
from termail.model.outbox import OutboxState
from termail.store.local_store import Arrived, LocalStore
store = LocalStore(Path(sys.argv[1]))
inbox = store.folder_named("work", "INBOX").folder_id
"""


def start(path: Path, name: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + CHILDREN[name], str(path)], stdout=subprocess.PIPE, text=True
    )


def killed_after(child: "subprocess.Popen[str]", lines: int) -> list[str]:
    """Read so many lines, kill -9, → all lines that came out."""
    assert child.stdout is not None
    said = [child.stdout.readline() for _ in range(lines)]
    os.kill(child.pid, signal.SIGKILL)
    said += child.stdout.readlines()
    child.wait(60)
    return [line.strip() for line in said if line.endswith("\n")]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "mail.sqlite3"


@pytest.mark.parametrize("lines", [1, 17, 60])
def test_messages_survive_a_kill(store, inbox, path, reopened, lines):
    said = killed_after(start(path, "add"), lines)
    after = reopened()
    uids = list(after.uids(inbox))
    assert len(uids) - len(said) in (0, 1)
    assert len(after.search("s", limit=100_000)) >= len(said)
    check(path)


@pytest.mark.parametrize("lines", [1, 23, 70])
def test_what_the_user_did_survives_a_kill_with_its_journal_entry(store, inbox, path, letters, reopened, lines):
    letters.bring(store, inbox, 1, 2, 3)
    said = killed_after(start(path, "perform"), lines)
    after = reopened()
    entries = after.operations()
    assert len(entries) - len(said) in (0, 1)
    journalled = {(entry.message_ids[0], entry.action.add[0]) for entry in entries}
    rows = after.rows(after.listing(inbox, BY_DATE))
    assert {(row.message_id, keyword) for row in rows for keyword in row.keywords} == journalled
    check(path)


@pytest.mark.parametrize("lines", [1, 2, 31])
def test_the_outbox_survives_a_kill_and_files_each_message_once(store, path, reopened, lines):
    said = killed_after(start(path, "outbox"), lines)
    after = reopened()
    numbers = {line.split()[1] for line in said}
    kept = {item.message_id_header: item.state.value for item in after.outbox()}
    assert {f"<o{number}@x>" for number in numbers} <= set(kept)
    filed = [entry.action.message_id_header for entry in after.operations()]
    assert len(filed) == len(set(filed))
    assert set(filed) == {header for header, state in kept.items() if state == "sent"}
    check(path)


def check(path: Path) -> None:
    import sqlite3

    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.execute("INSERT INTO words (words, rank) VALUES ('integrity-check', 1)")
    connection.rollback()
    connection.close()


def test_two_processes_write_at_once(store, inbox, path, letters):
    letters.bring(store, inbox, *range(100_001, 100_004))
    children = [start(path, "add"), start(path, "perform")]
    ids = list(store.listing(inbox, BY_DATE, "letter"))
    for number in range(100):
        store.perform("work", SetFlags((ids[number % 3],), add=(f"ui{number}",)))
    for child in children:
        killed_after(child, 5)
    keywords = {keyword for row in store.rows(ids) for keyword in row.keywords}
    assert {f"ui{number}" for number in range(100)} <= keywords


def test_a_user_action_does_not_wait_behind_a_long_sync(store, inbox, letters):
    (first,) = letters.bring(store, inbox, 100_000)
    many = [
        Arrived(uid=n, flags=frozenset(), internal_date=n, size_octets=1, header=f"Subject: s{n}\r\n".encode())
        for n in range(1, 4000)
    ]
    sync = threading.Thread(target=store.add_messages, args=(inbox, many))
    sync.start()
    waits = []
    while sync.is_alive():
        began = time.perf_counter()
        store.perform("work", SetFlags((first,), add=("\\Flagged",)))
        waits.append(time.perf_counter() - began)
    sync.join()
    assert len(waits) > 5, "the sync kept the store to itself"
    assert sorted(waits)[len(waits) // 2] < 0.2


def test_threads_have_connections_of_their_own(store, inbox, letters):
    letters.bring(store, inbox, *range(1, 50))
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(len(store.listing(inbox, BY_DATE, "letter"))))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [49] * 8


def test_the_file_is_for_its_owner_only(store, path):
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert all(entry.stat().st_mode & 0o077 == 0 for entry in path.parent.iterdir())


def test_a_store_of_a_later_version_is_refused_in_words(tmp_path):
    import sqlite3

    from termail.store.schema import StoreTooNew

    LocalStore(tmp_path / "mail").close()
    with sqlite3.connect(tmp_path / "mail") as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(StoreTooNew, match="999"):
        LocalStore(tmp_path / "mail")


def test_a_file_that_is_no_store_is_told_in_words(tmp_path):
    from termail.store.database import StoreProblem

    (tmp_path / "mail").write_bytes(b"not a database at all, but long enough to look at" * 100)
    with pytest.raises(StoreProblem, match="not a database"):
        LocalStore(tmp_path / "mail")


def test_a_full_disk_loses_nothing_and_recovers(store, inbox, letters):
    from termail.store.database import StoreProblem

    letters.bring(store, inbox, 1)
    pages = store._database.one("PRAGMA page_count")
    store._database.one(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(StoreProblem, match="full"):
        letters.bring(store, inbox, *range(2, 400))
    assert letters.counted(store) == letters.recounted(store)
    store._database.one("PRAGMA max_page_count = 1000000")
    letters.bring(store, inbox, *range(2, 400))
    assert len(store.uids(inbox)) == 399
