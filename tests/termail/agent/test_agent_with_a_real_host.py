"""The agent as the UI uses it, against a real host: mail comes and goes, kills lose nothing."""

import asyncio
import os
import signal
import stat
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from termail.agent.account_test import test_account as try_account
from termail.agent.client import AgentClient
from termail.agent.messages import (
    AccountState,
    BodyArrived,
    FolderChanged,
    NewMail,
    OpenFolder,
    OperationsWaiting,
    OutboxChanged,
    Password,
    PasswordWanted,
    StopAgent,
    SyncNow,
    ToUI,
    WantBody,
    WatchWire,
    WireLine,
)
from termail.agent.once import send_once, sync_once
from termail.agent.place import Place
from termail.config import load
from termail.model.actions import CopyTo, CreateFolder, DeleteFolder, Expunge, MoveTo, RenameFolder, SetFlags
from termail.model.order import Order
from termail.model.outbox import OutboxState
from termail.secrets.passwords import Passwords
from termail.store.local_store import LocalStore

SECONDS = 60.0


def letter(subject: str, user: str = "alice") -> bytes:
    unique = f"{subject.replace(' ', '.')}.{time.time_ns()}@cities.org"
    return (
        f"From: {user}@cities.org\r\nTo: {user}@cities.org\r\nSubject: {subject}\r\n"
        f"Message-ID: <{unique}>\r\n\r\n.dot\r\nbody of {subject}\r\n"
    ).encode()


class Seat:
    """A UI: everything the agent said, and the store both share."""

    def __init__(self, client: AgentClient, store: LocalStore) -> None:
        self.client = client
        self.store = store
        self.said: list[ToUI] = []
        self._news = asyncio.Event()

    async def listen(self) -> None:
        async for message in self.client.messages():
            self.said.append(message)
            self._news.set()

    async def until(self, what: Callable[[], object]) -> None:
        async with asyncio.timeout(SECONDS):
            while not what():
                self._news.clear()
                try:
                    async with asyncio.timeout(0.5):
                        await self._news.wait()
                except TimeoutError:
                    continue

    def heard(self, kind: type) -> list:
        return [message for message in self.said if isinstance(message, kind)]

    def inbox(self, account: str):
        folder = self.store.folder_with_role(account, "inbox")
        return [] if folder is None else self.store.rows(self.store.listing(folder.folder_id, Order()))

    async def perform(self, account: str, action) -> None:
        self.store.perform(account, action)
        await self.client.send(OperationsWaiting())
        await self.until(lambda: not self.store.pending_count())
        assert [entry.reason for entry in self.store.operations() if entry.state == "failed"] == []


@asynccontextmanager
async def seated(config: Path, data: Path) -> AsyncIterator[Seat]:
    client = AgentClient(config, data)
    await client.connect()
    store = LocalStore(data / "mail.sqlite3")
    seat = Seat(client, store)
    listening = asyncio.create_task(seat.listen())
    try:
        yield seat
    finally:
        await client.send(StopAgent())
        await client.close()
        listening.cancel()
        store.close()


def agent_pid(data: Path) -> int:
    """Who has the lock file open."""
    wanted = str(data / "agent.lock")
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if any(os.readlink(link) == wanted for link in (entry / "fd").iterdir()):
                return int(entry.name)
        except OSError:
            continue
    raise LookupError("no agent runs")


async def test_mail_that_arrives_is_shown_without_asking_and_actions_reach_the_server(
    settings_for, host, tmp_path: Path
) -> None:
    config, data = settings_for("alice"), tmp_path / "data"
    async with seated(config, data) as seat:
        await seat.until(lambda: any(state.state == "idle" for state in seat.heard(AccountState)))
        assert stat.S_IMODE((data / "agent.sock").stat().st_mode) == 0o600
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        assert stat.S_IMODE((data / "agent.log").stat().st_mode) == 0o600
        await seat.client.send(WatchWire())
        for number in range(3):
            seat.store.queue_message("alice", "alice@cities.org", ["alice@cities.org"], letter(f"hello {number}"))
        await seat.client.send(OperationsWaiting())
        await seat.until(lambda: len(seat.inbox("alice")) == 3 and len(seat.heard(NewMail)) >= 3)
        assert seat.heard(OutboxChanged)
        assert seat.heard(FolderChanged)
        wire = [line.text for line in seat.heard(WireLine)]
        assert any("MAIL FROM" in line for line in wire)
        assert any("FETCH" in line for line in wire)
        assert not any("123456" in line for line in wire)

        first, second, third = (row.message_id for row in seat.inbox("alice"))
        trash = seat.store.folder_with_role("alice", "trash")
        await seat.perform("alice", SetFlags((first,), add=("\\Seen", "\\Flagged", "work")))
        await seat.perform("alice", MoveTo((second,), trash.folder_id))
        await seat.perform("alice", CreateFolder("alice", "Lists/Ñandú & co"))
        folder = seat.store.folder_named("alice", "Lists/Ñandú & co")
        await seat.perform("alice", CopyTo((first, third), folder.folder_id))
        await seat.perform("alice", SetFlags((third,), add=("\\Deleted",)))
        inbox = seat.store.folder_with_role("alice", "inbox")
        await seat.perform("alice", Expunge(inbox.folder_id))

    fresh = tmp_path / "fresh"
    report = await sync_once(config, fresh)
    assert report.is_good
    store = LocalStore(fresh / "mail.sqlite3")
    counts = {folder.name: folder.total for folder in store.folders("alice")}
    assert (counts["INBOX"], counts["Trash"], counts["Lists/Ñandú & co"], counts["Sent"]) == (1, 1, 2, 3)
    inbox = store.folder_with_role("alice", "inbox")
    (row,) = store.rows(store.listing(inbox.folder_id, Order()))
    assert (row.is_read, row.is_flagged, row.keywords) == (True, True, frozenset({"work"}))
    raw = store.raw(row.message_id)
    assert raw is not None
    assert b"\r\n\r\n.dot\r\nbody of" in raw
    store.close()


async def test_folders_are_renamed_and_deleted(settings_for, tmp_path: Path) -> None:
    async with seated(settings_for("eva"), tmp_path / "data") as seat:
        await seat.until(lambda: any(state.state == "idle" for state in seat.heard(AccountState)))
        await seat.perform("eva", CreateFolder("eva", "Old"))
        folder = seat.store.folder_named("eva", "Old")
        await seat.perform("eva", RenameFolder(folder.folder_id, "New"))
        await seat.perform("eva", DeleteFolder(folder.folder_id))
        await seat.perform("eva", CreateFolder("eva", "Kept"))
    assert (await sync_once(settings_for("eva"), tmp_path / "fresh")).is_good
    store = LocalStore(tmp_path / "fresh" / "mail.sqlite3")
    names = {folder.name for folder in store.folders("eva")}
    assert "Kept" in names
    assert not {"Old", "New"} & names
    store.close()


async def test_a_body_that_is_not_here_comes_when_it_is_wanted(settings_for, tmp_path: Path) -> None:
    config, data = settings_for("leo"), tmp_path / "data"
    (config / "config.toml").write_text((config / "config.toml").read_text() + "keep_messages = 0\n")
    await send_once(config, data, "leo", "leo@cities.org", ["leo@cities.org"], letter("later", "leo"))
    async with seated(config, data) as seat:
        await seat.until(lambda: seat.inbox("leo"))
        (row,) = seat.inbox("leo")
        assert not row.has_body
        await seat.client.send(OpenFolder(folder_id=row.folder_id))
        await seat.client.send(WantBody(message_id=row.message_id))
        await seat.until(lambda: seat.heard(BodyArrived))
        assert seat.heard(BodyArrived)[0].error == ""
        assert b"body of later" in (seat.store.raw(row.message_id) or b"")


async def test_a_killed_agent_comes_back_by_itself_and_loses_nothing(settings_for, tmp_path: Path) -> None:
    config, data = settings_for("juan"), tmp_path / "data"
    async with seated(config, data) as seat:
        await seat.until(lambda: any(state.state == "idle" for state in seat.heard(AccountState)))
        os.kill(agent_pid(data), signal.SIGKILL)
        seat.store.queue_message("juan", "juan@cities.org", ["juan@cities.org"], letter("after the kill", "juan"))
        await seat.until(lambda: seat.inbox("juan"))
        await seat.client.send(OperationsWaiting())
        await seat.until(lambda: [item.state for item in seat.store.outbox()] == [OutboxState.SENT])


async def test_only_one_agent_runs_for_a_data_folder(settings_for, tmp_path: Path) -> None:
    config, data = settings_for("ana"), tmp_path / "data"
    async with seated(config, data) as first:
        pid = agent_pid(data)
        other = AgentClient(config, data)
        await other.connect()
        assert agent_pid(data) == pid
        await other.close()
        assert Place(data).lock() is None
        report = await sync_once(config, data)
        assert report.is_good
        await first.until(lambda: first.heard(AccountState))


async def test_mail_sent_without_an_agent_is_in_sent_on_the_server_at_once(settings_for, tmp_path: Path) -> None:
    config, data = settings_for("eva"), tmp_path / "data"
    item = await send_once(config, data, "eva", "eva@cities.org", ["eva@cities.org"], letter("filed now", "eva"))
    assert item.state is OutboxState.SENT
    store = LocalStore(data / "mail.sqlite3")
    assert store.pending_count() == 0
    sent = store.folder_with_role("eva", "sent")
    (copy,) = store.rows(store.listing(sent.folder_id, Order(), "~s 'filed now'"))
    assert store.uid_of(copy.message_id)[1] > 0
    store.close()


async def test_pop3_mail_is_fetched_once_whatever_becomes_of_it(settings_for, tmp_path: Path) -> None:
    config, data = settings_for("ana", "pop3"), tmp_path / "data"
    await send_once(config, data, "ana", "ana@cities.org", ["ana@cities.org"], letter("by pop", "ana"))
    store = LocalStore(data / "mail.sqlite3")
    async with asyncio.timeout(SECONDS):
        while not (report := await sync_once(config, data)).accounts[0].new_messages:
            assert report.is_good
    inbox = store.folder_with_role("ana", "inbox")
    ids = tuple(store.listing(inbox.folder_id, Order()))
    held = len(ids)
    assert (await sync_once(config, data)).accounts[0].new_messages == 0
    store.perform("ana", SetFlags(ids, add=("\\Deleted",)))
    store.perform("ana", Expunge(inbox.folder_id))
    for _ in range(2):
        await sync_once(config, data)
    assert held
    assert store.folder(inbox.folder_id).total == 0
    store.close()


async def test_an_account_is_tried_step_by_step(settings_for, tmp_path: Path) -> None:
    config = settings_for("alice")
    steps = await try_account(load(config), "alice", Passwords(config))
    assert [step.ok for step in steps] == [True] * len(steps)
    text = (config / "config.toml").read_text()
    (config / "config.toml").write_text(text.replace("echo 123456", "echo wrong"))
    steps = await try_account(load(config), "alice", Passwords(config))
    assert next(step.name for step in steps if not step.ok) == "log in as alice"
    (config / "config.toml").write_text(text.replace("ca =", "signature ="))
    steps = await try_account(load(config), "alice", Passwords(config))
    failed = next(step for step in steps if not step.ok)
    assert "certificate is not trusted" in failed.text
    assert "ca" in failed.advice


async def test_a_deep_data_folder_gets_a_short_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "")
    place = Place(tmp_path / ("deep" * 30))
    assert len(os.fsencode(place.socket)) <= 100
    assert stat.S_IMODE(place.socket.parent.stat().st_mode) == 0o700


async def test_a_password_nobody_keeps_is_asked_for_and_a_wrong_one_again(settings_for, tmp_path: Path) -> None:
    config, data = settings_for("eva"), tmp_path / "data"
    text = (config / "config.toml").read_text()
    (config / "config.toml").write_text(text.replace("password_command", "signature"))
    async with seated(config, data) as seat:
        await seat.until(lambda: seat.heard(PasswordWanted))
        await seat.client.send(Password(account="eva", secret="wrong"))
        await seat.until(lambda: any("refused the login" in state.text for state in seat.heard(AccountState)))
        await seat.client.send(SyncNow())
        await seat.until(lambda: len(seat.heard(PasswordWanted)) == 2)
        await seat.client.send(Password(account="eva", secret="123456"))
        await seat.until(lambda: any(state.state == "idle" for state in seat.heard(AccountState)))
    assert "123456" not in (data / "agent.log").read_text()


async def test_new_settings_are_taken_up_by_the_next_ui(settings_for, tmp_path: Path) -> None:
    config, data = settings_for("ana"), tmp_path / "data"
    async with seated(config, data) as seat:
        await seat.until(lambda: any(state.state == "idle" for state in seat.heard(AccountState)))
        text = (config / "config.toml").read_text()
        (config / "config.toml").write_text(text.replace("[accounts.ana]", "[accounts.renamed]"))
        async with seated(config, data) as other:
            await other.until(lambda: any(state.account == "renamed" for state in other.heard(AccountState)))


async def test_an_agent_without_work_and_ui_goes_by_itself(settings_for, tmp_path: Path) -> None:
    config, data = settings_for("ana"), tmp_path / "data"
    client = AgentClient(config, data)
    await client.connect()
    child = client._child
    assert child is not None
    await client.close()
    assert await asyncio.to_thread(child.wait, SECONDS) == 0
    assert not (data / "agent.sock").exists()
