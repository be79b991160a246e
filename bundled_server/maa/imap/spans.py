"""From the messages a command names to runs of positions in the selected mailbox, and to batches of them."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TypeVar

from bundled_server.maa.imap.context import Refusal
from bundled_server.maa.imap.selected import SelectedMailbox
from bundled_server.protocols.imap.sequences import SequenceSet

ValueT = TypeVar("ValueT")


def find_spans(selected: SelectedMailbox, messages: SequenceSet, *, by_uid: bool) -> list[range]:
    """Ascending runs of positions. A sequence number that is not in use is the client's mistake (BAD); an
    unknown UID is none (RFC 3501 §6.4.8)."""
    try:
        return selected.ranges(messages, by_uid=by_uid)
    except IndexError:
        raise Refusal("there is no message of that number", status=b"BAD") from None


def batches(
    spans: Sequence[range], sizes: Sequence[int], most: int, octets: int | None
) -> Iterator[Sequence[int]]:
    """Positions in batches of at most `most` messages, and of about `octets` together where that is given;
    runs stay ranges, which columns can be sliced by."""
    if octets is None:
        if len(spans) == 1:
            run = spans[0]
            yield from (run[start : start + most] for start in range(0, len(run), most))
            return
        octets = 1 << 62
    batch: list[int] = []
    held = 0
    for position in chain.from_iterable(spans):
        batch.append(position)
        held += sizes[position]
        if len(batch) >= most or held >= octets:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def pick(column: Sequence[ValueT], positions: Sequence[int]) -> Sequence[ValueT]:
    """The values of a column at some positions."""
    if isinstance(positions, range):
        return column[positions.start : positions.stop]
    return [column[position] for position in positions]
