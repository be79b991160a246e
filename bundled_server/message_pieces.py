"""Messages in pieces: how they become one string of octets without stopping everybody else."""

import asyncio
from collections.abc import Sequence

JOIN_OFF_THE_LOOP_OCTETS = 1_048_576


def octets_of(pieces: Sequence[bytes]) -> int:
    """How long the message is."""
    return sum(map(len, pieces))


async def joined(pieces: Sequence[bytes]) -> bytes:
    """One string of octets. Large ones are copied in a thread: `join` lets go of the interpreter lock when all its
    parts are bytes objects."""
    if len(pieces) == 1:
        return pieces[0]
    if octets_of(pieces) > JOIN_OFF_THE_LOOP_OCTETS:
        return await asyncio.to_thread(b"".join, pieces)
    return b"".join(pieces)
