"""From the messages a command names to runs of positions in the selected mailbox, and to batches of them."""

from collections.abc import Iterable, Iterator, Sequence
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


def runs(positions: Iterable[int]) -> list[range]:
    """Ascending positions, joined into runs."""
    found: list[range] = []
    start = stop = -1
    for position in positions:
        if position != stop:
            if stop > start:
                found.append(range(start, stop))
            start = position
        stop = position + 1
    if stop > start:
        found.append(range(start, stop))
    return found


def batches(spans: Sequence[range], sizes: Sequence[int], most: int, octets: int) -> Iterator[Sequence[int]]:
    """Positions in batches of at most `most` messages and of about `octets` together; where it can be, a batch
    is a range, which columns can be sliced by."""
    if len(spans) != 1:
        yield from _gathered(chain.from_iterable(spans), sizes, most, octets)
        return
    run = spans[0]
    for start in range(0, len(run), most):
        batch = run[start : start + most]
        if sum(sizes[batch.start : batch.stop]) <= octets:
            yield batch
        else:
            yield from _gathered(batch, sizes, most, octets)


def _gathered(positions: Iterable[int], sizes: Sequence[int], most: int, octets: int) -> Iterator[list[int]]:
    batch: list[int] = []
    held = 0
    for position in positions:
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
