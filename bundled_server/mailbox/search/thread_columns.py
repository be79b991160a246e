"""Thread keys of many messages as columns of octets, and back."""

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from math import isnan, nan
from typing import Final

from bundled_server.mailbox.search.thread_keys import ThreadKeys
from bundled_server.mailbox.search.vocabulary import packed, unpacked

_COLUMNS: Final = ("d", "Q", "Q", "B", "H")  # sent, message id, subject, is it a reply, how many references
_OCTETS: Final = {"d": 8, "Q": 8, "B": 1, "H": 2}


def pack_keys(keys: Sequence[ThreadKeys]) -> bytes:
    """The columns one after the other, then all references."""
    columns: tuple[Iterable[float], ...] = (
        (nan if one.sent is None else one.sent for one in keys),
        (one.message_id for one in keys),
        (one.subject for one in keys),
        (one.is_reply for one in keys),
        (len(one.references) for one in keys),
    )
    references = packed("Q", (number for one in keys for number in one.references))
    return b"".join([*map(packed, _COLUMNS, columns), references])


def unpack_keys(octets: bytes, count: int) -> list[ThreadKeys]:
    """What `pack_keys` made of so many keys."""
    columns = []
    at = 0
    for typecode in _COLUMNS:
        end = at + count * _OCTETS[typecode]
        columns.append(unpacked(typecode, octets[at:end]))
        at = end
    sent, ids, subjects, replies, counts = columns
    references = tuple(unpacked("Q", octets[at:]))
    return [
        ThreadKeys(None if isnan(when) else when, own, subject, bool(reply), references[start:stop])
        for when, own, subject, reply, (start, stop) in zip(
            sent, ids, subjects, replies, pairwise(accumulate(counts, initial=0)), strict=True
        )
    ]
