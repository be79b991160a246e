"""Agent messages on a stream: four octets of length, then msgpack."""

import asyncio
from typing import Final, TypeVar

import msgspec

from termail.agent.messages import ToAgent, ToUI

FRAME_LIMIT: Final = 1_000_000
_ENCODER: Final = msgspec.msgpack.Encoder()
TO_AGENT: Final[msgspec.msgpack.Decoder[ToAgent]] = msgspec.msgpack.Decoder(ToAgent)
TO_UI: Final[msgspec.msgpack.Decoder[ToUI]] = msgspec.msgpack.Decoder(ToUI)
_Kind = TypeVar("_Kind")


def encode(message: ToAgent | ToUI) -> bytes:
    """One frame."""
    body = _ENCODER.encode(message)
    return len(body).to_bytes(4, "big") + body


async def receive(reader: asyncio.StreamReader, decoder: msgspec.msgpack.Decoder[_Kind]) -> _Kind | None:
    """The next message, None at the end of the stream or when what comes is no message of ours."""
    try:
        length = int.from_bytes(await reader.readexactly(4), "big")
        if length > FRAME_LIMIT:
            return None
        return decoder.decode(await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError, msgspec.MsgspecError):
        return None
