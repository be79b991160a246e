"""kill -9 of the agent in the middle of a submission: sent again exactly when that is safe."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from termail.agent.client import AgentClient
from termail.agent.messages import OperationsWaiting, StopAgent
from termail.model.actions import AppendTo
from termail.model.outbox import OutboxState
from termail.store.local_store import LocalStore, RemoteFolder

HELLO = """
S: 220 mail ready
C: EHLO
S: 250 mail
"""
ENVELOPE = """
C: MAIL
S: 250 ok
C: RCPT
S: 250 ok
C: DATA
S: 354 go
C
C
C
C: .
"""
RAW = b"Subject: once\r\n\r\nbody\r\n"


async def wait_for(what) -> None:
    async with asyncio.timeout(60):
        while not what():
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("first", "stopped_at", "scripts_used", "state"),
    [
        (HELLO.replace("S: 250 mail", "STAY"), "EHLO", 2, OutboxState.SENT),
        (HELLO + "C: MAIL\nSTAY", "MAIL FROM", 2, OutboxState.SENT),
        (HELLO + "C: MAIL\nS: 250 ok\nC: RCPT\nSTAY", "RCPT", 2, OutboxState.SENT),
        (HELLO + "C: MAIL\nS: 250 ok\nC: RCPT\nS: 250 ok\nC: DATA\nSTAY", "DATA", 2, OutboxState.SENT),
        (HELLO + ENVELOPE + "STAY", ".", 1, OutboxState.POSSIBLY_SENT),
    ],
)
async def test_a_killed_agent_sends_again_only_what_surely_did_not_go(
    scripted, tmp_path: Path, first: str, stopped_at: str, scripts_used: int, state: OutboxState
) -> None:
    server = await scripted(first, HELLO + ENVELOPE + "S: 250 taken\nC: QUIT\nS: 221 bye")
    config, data = tmp_path / "config", tmp_path / "data"
    config.mkdir()
    (config / "config.toml").write_text(
        f"""[accounts.work]
        from = "alice@cities.org"
        retrieve = "maildir:{tmp_path / "none"}"
        send = "smtp+insecure://127.0.0.1:{server.port}"
        """
    )
    client = AgentClient(config, data)
    await client.connect()
    store = LocalStore(data / "mail.sqlite3")
    listening = asyncio.create_task(drain(client))
    try:
        store.queue_message("work", "alice@cities.org", ["bob@other.test"], RAW)
        await client.send(OperationsWaiting())
        await wait_for(lambda: any(line.startswith(stopped_at) for line in server.heard))
        assert client._child is not None
        os.kill(client._child.pid, signal.SIGKILL)
        await wait_for(lambda: [item.state for item in store.outbox()] == [state])
        assert sum(line.startswith("EHLO") for line in server.heard) == scripts_used
        assert sum(line == "body" for line in server.heard) == 1
        assert sum(line == "DATA" for line in server.heard) == 1 + (stopped_at == "DATA")
        copies = [entry for entry in store.operations(include_done=True) if isinstance(entry.action, AppendTo)]
        assert len(copies) == (state is OutboxState.SENT)
    finally:
        await client.send(StopAgent())
        await client.close()
        listening.cancel()
        store.close()


async def test_a_message_the_server_took_is_sent_and_filed_once_although_the_agent_died(
    scripted, tmp_path: Path
) -> None:
    server = await scripted(HELLO + ENVELOPE + "S: 250 taken\nC: QUIT\nSTAY")
    config, data = tmp_path / "config", tmp_path / "data"
    config.mkdir()
    (config / "config.toml").write_text(
        f"""[accounts.work]
        from = "alice@cities.org"
        retrieve = "maildir:{tmp_path / "none"}"
        send = "smtp+insecure://127.0.0.1:{server.port}"
        """
    )
    client = AgentClient(config, data)
    await client.connect()
    store = LocalStore(data / "mail.sqlite3")
    listening = asyncio.create_task(drain(client))
    try:
        store.queue_message("work", "alice@cities.org", ["bob@other.test"], RAW)
        await client.send(OperationsWaiting())
        await wait_for(lambda: "QUIT" in server.heard)
        assert client._child is not None
        os.kill(client._child.pid, signal.SIGKILL)
        # The reply came, but perhaps nobody lived to write it down: never sent twice, filed at most once.
        states = (OutboxState.SENT, OutboxState.POSSIBLY_SENT)
        await wait_for(lambda: [item.state in states for item in store.outbox()] == [True])
        copies = [entry for entry in store.operations(include_done=True) if isinstance(entry.action, AppendTo)]
        assert len(copies) == ([item.state for item in store.outbox()] == [OutboxState.SENT])
        assert sum(line == "body" for line in server.heard) == 1
    finally:
        await client.send(StopAgent())
        await client.close()
        listening.cancel()
        store.close()


CAPABLE = "[CAPABILITY IMAP4rev1 UIDPLUS{more}]"
IMAP = (
    f"S: * OK {CAPABLE} ready\nC: LOGIN\nS: {{tag}} OK {CAPABLE} in\n"
    'C: LIST\nS: * LIST (\\Sent) "/" Sent\nS: {tag} OK\nC: LSUB\nS: {tag} OK\n'
)
COPY = b"Subject: once\r\nMessage-ID: <once@x>\r\n\r\nbody\r\n"
APPEND = f'C: APPEND "Sent"\nC{{{len(COPY)}}}\nC\n'
LOOK = (
    'C: SELECT "Sent"\nS: * 1 EXISTS\nS: * OK [UIDVALIDITY 7] ok\nS: {tag} OK\n'
    f"C: UID SEARCH HEADER Message-ID\nC{{{len('<once@x>')}}}\nC\n"
)
FOUND, NOTHING = "S: * SEARCH 9\nS: {tag} OK\nSTAY", "S: * SEARCH\nS: {tag} OK\n"
TAKEN = "S: {tag} OK [APPENDUID 7 9] done\nSTAY"


@pytest.mark.parametrize(
    ("first", "stopped_at", "second", "appended"),
    [
        (IMAP.partition("C: LIST")[0] + "C: LIST\nSTAY", "LIST", IMAP + APPEND + TAKEN, 1),
        (IMAP + 'C: APPEND "Sent"\nSTAY', "APPEND", IMAP + LOOK + NOTHING + APPEND + TAKEN, 2),
        (IMAP + APPEND + "STAY", "body", IMAP + LOOK + FOUND, 1),
    ],
)
async def test_a_copy_is_in_sent_exactly_once_wherever_the_agent_is_killed(
    scripted, tmp_path: Path, first: str, stopped_at: str, second: str, appended: int
) -> None:
    server = await scripted(*(script.replace("{more}", " LITERAL+") for script in (first, second)))
    config, data = tmp_path / "config", tmp_path / "data"
    config.mkdir()
    (config / "config.toml").write_text(
        f"""[accounts.work]
        from = "alice@cities.org"
        retrieve = "imap+insecure://alice@127.0.0.1:{server.port}"
        password_command = "echo 123456"
        """
    )
    store = LocalStore(data / "mail.sqlite3")
    (sent,) = store.put_folders("work", [RemoteFolder(name="Sent", role="sent")])
    store.perform("work", AppendTo(sent.folder_id, COPY, ("\\Seen",), "<once@x>"))
    client = AgentClient(config, data)
    await client.connect()
    listening = asyncio.create_task(drain(client))
    try:
        await wait_for(lambda: any(stopped_at in line for line in server.heard))
        assert client._child is not None
        os.kill(client._child.pid, signal.SIGKILL)
        await wait_for(lambda: not store.pending_count())
        assert sum("APPEND" in line for line in server.heard) == appended
        assert sum("body" in line for line in server.heard) == 1
        assert [entry.state for entry in store.operations(include_done=True)] == ["done"]
    finally:
        await client.send(StopAgent())
        await client.close()
        listening.cancel()
        store.close()


async def drain(client: AgentClient) -> None:
    async for _ in client.messages():
        pass
