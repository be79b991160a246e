"""The admin API as a program on this machine uses it: real HTTP on loopback."""

import json
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bundled_server.admin.api import AdminApi
from bundled_server.admin.token import find, publish, withdraw
from bundled_server.envelope import Envelope, Recipient
from bundled_server.journal import Agent, Journal
from bundled_server.mailbox.changes import QueuedRecipient, QueueItem, RecipientState


class OneMessageQueue:
    """A queue with one message in it, that remembers what was asked."""

    def __init__(self) -> None:
        recipient = Recipient("alice@cities.org")
        waiting = QueuedRecipient(recipient, RecipientState.WAITING, 2, 60.0, "4.4.1", "no answer", "brasilia")
        self.only = QueueItem(
            "k5HF1B0d005647",
            Envelope("bob@other.test", (recipient,)),
            1,
            700,
            "<1@other.test>",
            5.0,
            "submission",
            (waiting,),
        )
        self.asked: list[tuple[str, str]] = []

    async def items(self) -> list[QueueItem]:
        return [self.only]

    async def item(self, queue_id: str) -> QueueItem | None:
        return self.only if queue_id == self.only.queue_id else None

    async def _do(self, verb: str, queue_id: str) -> bool:
        self.asked.append((verb, queue_id))
        return queue_id == self.only.queue_id

    async def hold(self, queue_id: str) -> bool:
        return await self._do("hold", queue_id)

    async def release(self, queue_id: str) -> bool:
        return await self._do("release", queue_id)

    async def requeue(self, queue_id: str) -> bool:
        return await self._do("requeue", queue_id)

    async def delete(self, queue_id: str) -> bool:
        return await self._do("delete", queue_id)

    async def flush(self, domain: str = "") -> int:
        self.asked.append(("flush", domain))
        return 1


class TwoUsers:
    """Users in a dict."""

    def __init__(self) -> None:
        self.passwords = {"alice": "a", "juan": "b"}

    async def names(self) -> list[str]:
        return sorted(self.passwords)

    async def put(self, name: str, password: str) -> None:
        if not password:
            raise ValueError("a password has at least one character")
        self.passwords[name] = password

    async def remove(self, name: str) -> bool:
        return self.passwords.pop(name, None) is not None


class Thermometer:
    """One gauge."""

    async def read(self) -> dict[str, float]:
        return {"queue_items": 1.0}


class Office:
    """The API on a port, and a client that holds its token."""

    def __init__(self) -> None:
        self.journal = Journal("brasilia.cities.org", lambda: 100.0)
        self.queue = OneMessageQueue()
        self.users = TwoUsers()
        self.api = AdminApi(
            journal=self.journal, queue=self.queue, users=self.users, gauges=Thermometer(), body_octets=1000
        )


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    made = Office()
    port = await made.api.open(0)
    made.api.expect("secret")
    made.http = aiohttp.ClientSession(f"http://127.0.0.1:{port}", headers={"Authorization": "Bearer secret"})
    made.stranger = aiohttp.ClientSession(f"http://127.0.0.1:{port}")
    yield made
    await made.http.close()
    await made.stranger.close()
    await made.api.close()


async def test_only_health_answers_without_the_token(office) -> None:
    for path, status in (("/health", 200), ("/queue", 401), ("/users", 401), ("/journal", 401), ("/metrics", 401)):
        async with office.stranger.get(path) as response:
            assert response.status == status, path
    async with office.stranger.get("/queue", headers={"Authorization": "Bearer secre"}) as response:
        assert response.status == 401


async def test_the_queue_is_listed_and_shown(office) -> None:
    async with office.http.get("/queue") as response:
        (item,) = await response.json()
    assert item["id"] == "k5HF1B0d005647"
    assert item["recipients"][0]["text"] == "no answer"
    async with office.http.get("/queue/k5HF1B0d005647") as response:
        assert (await response.json()) == item
    async with office.http.get("/queue/none") as response:
        assert response.status == 404


@pytest.mark.parametrize("verb", ["hold", "release", "requeue", "delete"])
async def test_each_verb_reaches_the_queue(office, verb: str) -> None:
    async with office.http.post(f"/queue/k5HF1B0d005647/{verb}") as response:
        assert response.status == 200
    async with office.http.post(f"/queue/unknown/{verb}") as response:
        assert response.status == 404
    assert office.queue.asked == [(verb, "k5HF1B0d005647"), (verb, "unknown")]


async def test_flush_names_its_domain(office) -> None:
    async with office.http.post("/queue/flush", params={"domain": "other.test"}) as response:
        assert await response.json() == {"flushed": 1}
    assert office.queue.asked == [("flush", "other.test")]


async def test_users_come_and_go(office) -> None:
    async with office.http.put("/users/root", json={"password": "x"}) as response:
        assert response.status == 200
    async with office.http.delete("/users/juan") as response:
        assert response.status == 200
    async with office.http.delete("/users/juan") as response:
        assert response.status == 404
    async with office.http.get("/users") as response:
        assert await response.json() == ["alice", "root"]


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"password": 5}', b'{"password": "x", "admin": true}', b'{"password": ""}']
)
async def test_a_bad_body_is_refused_in_words(office, body: bytes) -> None:
    async with office.http.put("/users/root", data=body) as response:
        assert response.status == 400
        assert (await response.json())["error"]
    assert "root" not in office.users.passwords


async def test_the_journal_is_filtered_by_message(office) -> None:
    office.journal.record(Agent.MSA, "accepted", "one", message_id="<1@other.test>")
    office.journal.record(Agent.MTA, "relayed", "two", message_id="<2@other.test>")
    async with office.http.get("/journal", params={"message_id": "<2@other.test>"}) as response:
        (event,) = await response.json()
    assert event["agent"] == "MTA"
    assert event["text"] == "two"
    async with office.http.get("/journal", params={"since": "yesterday"}) as response:
        assert response.status == 400


async def test_the_stream_tells_events_as_they_happen(office) -> None:
    async with office.http.get("/journal/stream", params={"agent": "MDA"}) as response:
        office.journal.record(Agent.MSA, "accepted", "not this one")
        office.journal.record(Agent.MDA, "delivered", "this one")
        event = json.loads(await response.content.readline())
    assert event["text"] == "this one"


async def test_metrics_count_what_the_agents_did(office) -> None:
    office.journal.record(Agent.MDA, "delivered", "x")
    async with office.http.get("/metrics") as response:
        text = await response.text()
    assert 'termail_events_total{agent="MDA",kind="delivered"} 1' in text
    assert "termail_queue_items 1" in text


def test_the_token_is_published_for_its_owner_alone(tmp_path) -> None:
    first = publish(tmp_path, 4711)
    second = publish(tmp_path, 4712)
    assert (tmp_path / "admin.json").stat().st_mode & 0o777 == 0o600
    assert find(tmp_path) == second
    assert first.token != second.token
    withdraw(tmp_path)
    assert find(tmp_path) is None
