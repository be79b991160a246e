"""Undo data: what a user action changed in the local store."""

from typing import Final

import msgspec


class FlagChange(msgspec.Struct, frozen=True, array_like=True):
    """What really changed on one message."""

    message_id: int
    added: tuple[str, ...]
    removed: tuple[str, ...]


class Effect(msgspec.Struct, frozen=True, array_like=True):
    """Undo data: what an action changed here. `moved` holds (message, folder it was in), `hung`
    (thread node, parent it had, whether the user had put it there), `was_subscribed` what a Subscribe found."""

    flags: tuple[FlagChange, ...] = ()
    moved: tuple[tuple[int, int], ...] = ()
    created: tuple[int, ...] = ()
    folder_id: int = 0
    old_name: str = ""
    hung: tuple[tuple[int, int, bool], ...] = ()
    was_subscribed: bool | None = None

    def touched(self) -> tuple[int, ...]:
        """The messages that existed before and were changed."""
        return tuple(change.message_id for change in self.flags) + tuple(entry for entry, _ in self.moved)


_DECODER: Final = msgspec.msgpack.Decoder(Effect)
_ENCODER: Final = msgspec.msgpack.Encoder()


def decode_effect(packed: bytes) -> Effect:
    """An effect as the journal keeps it."""
    return _DECODER.decode(packed)


def encode_effect(effect: Effect) -> bytes:
    """The opposite of `decode_effect`."""
    return _ENCODER.encode(effect)
