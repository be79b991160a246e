"""kill -9 of the agent in the middle of a submission: sent again exactly when that is safe."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from termail.agent.client import AgentClient
from termail.agent.messages import OperationsWaiting, StopAgent
from termail.model.outbox import OutboxState
from termail.store.local_store import LocalStore

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
    async with asyncio.timeout(15):
        while not what():
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("first", "stopped_at", "scripts_used", "state"),
    [
        (HELLO + "C: MAIL\nSTAY", "MAIL FROM", 2, OutboxState.SENT),
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
        assert sum(line == "DATA" for line in server.heard) == 1
    finally:
        await client.send(StopAgent())
        await client.close()
        listening.cancel()
        store.close()


async def drain(client: AgentClient) -> None:
    async for _ in client.messages():
        pass
