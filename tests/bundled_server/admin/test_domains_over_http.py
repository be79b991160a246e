"""The admin API's routes for domains and import, and a stream that begins with what happened before."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bundled_server.admin.api import AdminApi
from bundled_server.journal import Agent, Filter, Following, Journal
from bundled_server.mda.domains import Domains


class Nothing:
    """Queue, users and gauges that nobody asks here."""

    def __getattr__(self, name: str) -> object:
        return None


async def take_in(user: str, path: Path, mail_format: str, mailbox: str | None) -> int:
    if user != "alice":
        raise LookupError(f"there is no user {user}")
    if mail_format != "mbox":
        raise ValueError("no such format")
    if path.name == "secret":
        raise PermissionError(13, "Permission denied")
    return 7


@pytest.fixture
async def journal() -> Journal:
    return Journal("h", lambda: 1.0)


@pytest.fixture
async def client(tmp_path: Path, journal: Journal) -> AsyncIterator[aiohttp.ClientSession]:
    api = AdminApi(
        journal=journal,
        queue=Nothing(),
        users=Nothing(),
        gauges=Nothing(),
        body_octets=10_000,
        domains=Domains(tmp_path / "domains.json", ("cities.org",)),
        take_in=take_in,
    )
    port = await api.open(0)
    api.expect("token")
    headers = {"Authorization": "Bearer token"}
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", headers=headers) as session:
        yield session
    await api.close()


@pytest.mark.parametrize(
    ("method", "name", "body", "status", "words"),
    [
        ("PUT", "towns.org", None, 200, '{"done":true}'),
        ("PUT", "cities.org", None, 200, '{"done":false}'),
        ("PUT", "towns.org", '{"target":"cities.org"}', 200, '{"done":true}'),
        ("PUT", "towns.org", '{"target":"far.test"}', 400, "far.test is not a domain of this host"),
        ("PUT", "no%20domain", None, 400, "is not a domain"),
        ("PUT", "towns.org", "[]", 400, "Expected `object`"),
        ("DELETE", "towns.org", None, 404, "no domain towns.org"),
        ("DELETE", "cities.org", None, 400, "the host's own"),
    ],
)
async def test_domains_over_http(
    client, method: str, name: str, body: str | None, status: int, words: str
) -> None:
    async with client.request(method, f"/domains/{name}", data=body) as answer:
        assert answer.status == status
        assert words in await answer.text()
    async with client.get("/domains") as answer:
        assert (await answer.json())[0] == {"domain": "cities.org", "kind": "own", "target": ""}


@pytest.mark.parametrize(
    ("user", "body", "status", "words"),
    [
        ("alice", '{"path":"/m","format":"mbox"}', 200, '{"imported":7}'),
        ("eve", '{"path":"/m","format":"mbox"}', 404, "there is no user eve"),
        ("alice", '{"path":"/m","format":"pst"}', 400, "no such format"),
        ("alice", '{"path":"/secret","format":"mbox"}', 409, "/secret cannot be read: Permission denied"),
        ("alice", "{}", 400, "missing required field"),
    ],
)
async def test_import_over_http(client, user: str, body: str, status: int, words: str) -> None:
    async with client.post(f"/import/{user}", data=body) as answer:
        assert answer.status == status
        assert words in await answer.text()


async def test_a_stream_has_no_gap_between_what_was_and_what_comes(client, journal: Journal) -> None:
    journal.record(Agent.MSA, "queued", "one", queue_id="q1", message_id="<1@a>")
    async with client.get("/journal/stream?recent=1&message_id=1@a") as answer:
        assert json.loads(await answer.content.readline())["text"] == "one"
        journal.record(Agent.MTA, "deferred", "by queue id", queue_id="q1")
        journal.record(Agent.MTA, "deferred", "of another", queue_id="q2")
        journal.record(Agent.MDA, "delivered", "three", queue_id="q1", message_id="<1@a>")
        assert [json.loads(await answer.content.readline())["text"] for _ in range(2)] == ["by queue id", "three"]


def test_following_without_a_message_id_is_the_filter_alone() -> None:
    journal = Journal("h", lambda: 1.0)
    journal.record(Agent.MSA, "queued", "one")
    journal.record(Agent.MTA, "queued", "two")
    following = Following(Filter(agent="mta"))
    assert [event.text for event in journal.recent() if following.takes(event)] == ["two"]
