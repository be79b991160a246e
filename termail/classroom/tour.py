"""The tour: bob writes to alice and alice answers, through every agent of the lecture, with the real dialogue."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from termail.agent.messages import WireLine
from termail.agent.once import send_once, sync_once
from termail.agent.place import Place
from termail.classroom.event import Event
from termail.classroom.journal import JournalReader
from termail.classroom.practice_accounts import PEOPLE, write_settings
from termail.classroom.practice_world import PracticeWorld
from termail.classroom.scenes import Line, Scene, retrieval_lines, scene, server_scenes, transcript_lines
from termail.classroom.tour_text import render
from termail.config import load
from termail.mime.draft import Draft, build, reply
from termail.mime.message import main_text, parse_message
from termail.mime.outgoing import Built
from termail.model.outbox import OutboxItem, OutboxState
from termail.store.local_store import LocalStore

ARRIVAL_SECONDS = 30.0
RETRIEVAL_LINES = 50
LETTER = "Hello Alice,\n\nyou see this message where it is written, queued, relayed and read.\n\nBob\n"
ANSWER = "Hello Bob,\n\nit came through every agent of the picture. This answer goes back the same way.\n\nAlice\n"


class TourFailed(Exception):
    """A leg did not get where it should; the text says where it stopped."""


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """One message from its writer to its reader."""

    title: str
    message_id: str
    seconds: float
    scenes: tuple[Scene, ...]


class Person:
    """One user of the world with a client of their own."""

    def __init__(self, world: PracticeWorld, name: str, folder: Path) -> None:
        self.name = name
        self.domain = PEOPLE[name][1]
        self.host = world.host_of(self.domain)
        self.config = write_settings(world, name, folder / f"{name}-config")
        self.data = folder / f"{name}-data"
        self.account = load(self.config).accounts[name]

    async def send(self, built: Built) -> OutboxItem:
        """Through this person's own outbox and local MTA."""
        return await send_once(self.config, self.data, self.name, built.sender, built.recipients, built.raw)

    async def fetch(self, heard: Callable[[WireLine], None] | None = None) -> None:
        """One run of this person's retrieval agent. Raises TourFailed."""
        report = await sync_once(self.config, self.data, heard=heard)
        for entry in report.accounts:
            if entry.error:
                raise TourFailed(f"{self.name} could not fetch mail: {entry.error}")

    def read(self, message_id: str) -> bytes | None:
        """The message out of this person's local store."""
        store = LocalStore(Place(self.data).store)
        try:
            found = store.search(f"~i {message_id.strip('<>')}", 1)
            return store.raw(found[0]) if found else None
        finally:
            store.close()


async def take_tour(world: PracticeWorld, folder: Path) -> list[Leg]:
    """Both legs. Raises TourFailed."""
    bob, alice = Person(world, "bob", folder), Person(world, "alice", folder)
    await asyncio.gather(bob.fetch(), alice.fetch())
    letter = Draft(
        account="bob",
        from_=bob.account.from_,
        to=alice.account.from_,
        subject="The way of a message",
        body=LETTER,
    )
    first, received = await _leg(world, "bob writes to alice", bob, alice, letter)
    answer = reply(
        received, account="alice", from_=alice.account.from_, mine=frozenset({"alice@cities.org"}), to_all=False
    )
    second, _ = await _leg(
        world, "alice answers", alice, bob, msgspec.structs.replace(answer, body=ANSWER + "\n" + answer.body)
    )
    return [first, second]


async def _leg(
    world: PracticeWorld, title: str, writer: Person, reader: Person, draft: Draft
) -> tuple[Leg, bytes]:
    """Carry one draft all the way → its scenes, and the message as the reader has it."""
    began = time.time()
    built = build(draft, date=began, message_id_host=writer.domain)
    item = await writer.send(built)
    if item.state is not OutboxState.SENT:
        raise TourFailed(f"{writer.name}'s message was not accepted: {item.reason}")
    journals = JournalReader(world.hosts)

    def has_arrived(events: list[Event]) -> bool:
        return any(event.kind == "delivered" and event.message_id == built.message_id for event in events)

    try:
        events = await journals.until(began, has_arrived, ARRIVAL_SECONDS)
    except TimeoutError as error:
        raise TourFailed(f"{writer.name}'s message was not delivered within {ARRIVAL_SECONDS:.0f} s") from error
    heard: list[WireLine] = []
    fetching = time.time()
    await reader.fetch(heard.append)
    raw = reader.read(built.message_id)
    if raw is None:
        raise TourFailed(f"{reader.name} fetched mail, but the message is not there")
    scenes = [
        *_at_the_writer(draft, built, item, writer),
        *server_scenes(events, began),
        _retrieval(heard, raw, reader, fetching - began),
    ]
    return Leg(title=title, message_id=built.message_id, seconds=time.time() - began, scenes=tuple(scenes)), raw


def _at_the_writer(draft: Draft, built: Built, item: OutboxItem, writer: Person) -> list[Scene]:
    """Steps 1 to 5: what happens before the first server has said 250."""
    header, _, body = built.raw.decode("utf-8", "replace").partition("\r\n\r\n")
    typed = [Line("", f"To: {draft.to}"), Line("", f"Subject: {draft.subject}"), Line("", "")]
    typed += [Line("", line) for line in draft.body.rstrip("\n").split("\n")]
    handed = [Line("", "header and body (RFC 5322), made by the MUA:")]
    handed += [Line("", line) for line in [*header.split("\r\n"), "", *body.rstrip().split("\r\n")]]
    envelope = f"envelope: MAIL FROM:<{item.sender}> RCPT TO:" + ",".join(f"<{one}>" for one in item.recipients)
    queue = [Line("", f"outbox item {item.outbox_id}, {item.size_octets} octets; {envelope}")]
    disk = [Line("", f"{Place(writer.data).store}: committed before anything is sent, so that nothing is lost")]
    port = writer.host.ports["submission"]
    submission = [Line("", f"submission port of {writer.host.name} (here 127.0.0.1:{port}, in the world 587)")]
    return [
        scene(1, "MUA", typed),
        scene(2, "LMTA", handed),
        scene(3, "MQ", queue),
        scene(4, "MQ", disk),
        scene(5, "LMTA", submission + transcript_lines(item.transcript), host=writer.host.name),
    ]


def _retrieval(heard: list[WireLine], raw: bytes, reader: Person, seconds: float) -> Scene:
    """Step 11: the IMAP dialogue, and what the reader's MUA shows in the end."""
    lines = retrieval_lines([Line(line.direction, line.text) for line in heard])
    if len(lines) > RETRIEVAL_LINES:
        lines[RETRIEVAL_LINES:] = [Line("", f"… {len(lines) - RETRIEVAL_LINES} lines more")]
    part = main_text(parse_message(raw))
    lines.append(Line("", f"{reader.name} reads:"))
    lines += [Line("", f"  {line}") for line in (part.text() if part else "").splitlines()]
    return scene(11, "MRA", lines, host=reader.host.name, seconds=seconds)


def print_tour(world: PracticeWorld, folder: Path, *, as_json: bool) -> int:
    """The tour on standard output → exit code."""
    try:
        legs = asyncio.run(take_tour(world, folder))
    except TourFailed as error:
        print(json.dumps({"done": False, "error": str(error)}) if as_json else f"The tour stopped: {error}")
        return 1
    if as_json:
        print(msgspec.json.format(msgspec.json.encode({"done": True, "legs": legs}), indent=1).decode())
        return 0
    for leg in legs:
        print("\n".join(render(f"{leg.title} · {leg.message_id} · {leg.seconds:.2f} s", leg.scenes)))
    print(" 12  HTTP  the same mailbox in a browser: termail practice --web\n")
    return 0
