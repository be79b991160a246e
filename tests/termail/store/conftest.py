"""A store on disk, with the shortest messages that thread."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from termail.model.order import Order, SortKey
from termail.store.local_store import Arrived, LocalStore, RemoteFolder

FOLDERS = (
    RemoteFolder(name="INBOX"),
    RemoteFolder(name="Archive", role="archive"),
    RemoteFolder(name="Sent", role="sent"),
)


class Clock:
    """Time that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


class Letters:
    """Makes messages and brings them into a store."""

    def letter(
        self,
        number: int,
        *references: int,
        subject: str = "",
        sender: str = "Bob <bob@other.test>",
        to: str = "Alice <alice@cities.org>",
        extra: str = "",
        body: str = "",
    ) -> bytes:
        """Message-ID <mN@x>, dated N minutes into 11 Aug 2005 UTC."""
        lines = [
            f"From: {sender}",
            f"To: {to}",
            f"Subject: {subject or f'letter {number}'}",
            f"Date: Thu, 11 Aug 2005 {number // 60:02}:{number % 60:02}:00 +0000",
            f"Message-ID: <m{number}@x>",
        ]
        if references:
            lines.append("References: " + " ".join(f"<m{entry}@x>" for entry in references))
        if extra:
            lines.append(extra)
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()

    def arrived(self, uid: int, raw: bytes, *flags: str, whole: bool = False) -> Arrived:
        """`raw` as the MRA hands it over."""
        header = raw.partition(b"\r\n\r\n")[0] + b"\r\n"
        return Arrived(
            uid=uid,
            flags=frozenset(flags),
            internal_date=1_123_718_400.0 + uid,
            size_octets=len(raw),
            header=header,
            raw=raw if whole else None,
        )

    def bring(self, store: LocalStore, folder_id: int, *numbers: int, flags: tuple[str, ...] = ()) -> list[int]:
        """Letters of those numbers, whole, with uids of the same numbers."""
        return store.add_messages(
            folder_id,
            [self.arrived(n, self.letter(n, body=f"body number {n}\r\n"), *flags, whole=True) for n in numbers],
        )

    def recounted(self, store: LocalStore) -> dict[str, tuple[int, int, int]]:
        """Folder counts made anew from the rows."""
        counts = {}
        for folder in store.folders():
            rows = store.rows(store.listing(folder.folder_id, Order(SortKey.DATE)))
            counts[folder.name] = (
                len(rows),
                sum(not row.is_read for row in rows),
                sum(row.is_flagged for row in rows),
            )
        return counts

    def counted(self, store: LocalStore) -> dict[str, tuple[int, int, int]]:
        """Folder counts as the store keeps them."""
        return {folder.name: (folder.total, folder.unread, folder.flagged) for folder in store.folders()}


@pytest.fixture
def letters() -> Letters:
    return Letters()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock, letters: Letters) -> Iterator[LocalStore]:
    store = LocalStore(tmp_path / "data" / "mail.sqlite3", clock=clock)
    store.put_folders("work", FOLDERS)
    store.set_identity("work", ["alice@cities.org"])
    yield store
    assert letters.counted(store) == letters.recounted(store)
    store.close()


@pytest.fixture
def inbox(store: LocalStore) -> int:
    folder = store.folder_with_role("work", "inbox")
    assert folder is not None
    return folder.folder_id


@pytest.fixture
def archive(store: LocalStore) -> int:
    folder = store.folder_with_role("work", "archive")
    assert folder is not None
    return folder.folder_id


@pytest.fixture
def reopened(tmp_path: Path, clock: Clock) -> Iterator[Callable[[], LocalStore]]:
    """The same file opened again, as another process would."""
    opened = []

    def reopen() -> LocalStore:
        opened.append(LocalStore(tmp_path / "data" / "mail.sqlite3", clock=clock))
        return opened[-1]

    yield reopen
    for entry in opened:
        entry.close()
