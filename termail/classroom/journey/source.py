"""Where a journey is read from: the practice world and our outbox when they know the message, else its header."""

import contextlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import aiohttp

from termail.classroom.event import Event
from termail.classroom.journey.build import build_journey
from termail.classroom.journey.from_headers import journey_from_headers
from termail.classroom.journey.model import Journey
from termail.classroom.wire_line import Spoken
from termail.classroom.world_client import WorldClient, WorldRefused
from termail.model.outbox import OutboxItem
from termail.store.local_store import LocalStore


async def read_journey(
    message_id: str, *, world: str, store: LocalStore, raw: bytes | None = None, spoken: Sequence[Spoken] = ()
) -> Journey:
    """`message_id` is the header's; `world` a practice world's folder or ""; `spoken` are lines heard here."""
    events, in_world = await _told_by(Path(world), message_id) if world else ([], float)
    item = outbox_item(store, message_id)
    carried = [line for line in spoken if line.is_ours and _same(line.message_id, message_id)]
    carried = [line for line in carried if line.protocol == "smtp" and line.direction]
    if raw is None and item is not None:
        with contextlib.suppress(LookupError):  # what was sent and filed is no longer in the outbox
            raw = store.outbox_raw(item.outbox_id)
    if not events and item is None and raw is not None:
        return journey_from_headers(raw)
    return build_journey(message_id, events, item=item, spoken=carried, raw=raw, in_world=in_world)


async def _told_by(world: Path, message_id: str) -> tuple[list[Event], Callable[[float], float]]:
    """What the world knows, and its time for a time of ours; nothing when it never saw the message, or is not
    there any more."""
    try:
        client = WorldClient(world)
    except OSError:
        return [], float
    async with client:
        with contextlib.suppress(WorldRefused, aiohttp.ClientError, TimeoutError):
            events = await client.journey(message_id)
            clock, now = await client.clock(), time.time()
            pace = 0.0 if clock.paused else clock.factor
            return events, lambda moment: clock.now - (now - moment) * pace
    return [], float


def outbox_item(store: LocalStore, message_id: str) -> OutboxItem | None:
    """The message in our outbox; one that was sent stays there for a while."""
    return next((item for item in store.outbox() if _same(item.message_id_header, message_id)), None)


def held_message(store: LocalStore, message_id: str) -> bytes | None:
    """The message as it is held here, in whatever folder."""
    found = store.search(f"~i {message_id.strip('<>')}", 1)
    return store.raw(found[0]) if found else None


def _same(one: str, other: str) -> bool:
    return bool(one) and one.strip("<>") == other.strip("<>")
