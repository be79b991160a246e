"""From the messages a command names to runs of positions in the selected mailbox."""

from bundled_server.maa.imap.context import Refusal
from bundled_server.maa.imap.selected import SelectedMailbox
from bundled_server.protocols.imap.sequences import SequenceSet


def find_spans(selected: SelectedMailbox, messages: SequenceSet, *, by_uid: bool) -> list[range]:
    """Ascending runs of positions. A sequence number that is not in use is the client's mistake (BAD); an
    unknown UID is none (RFC 3501 §6.4.8)."""
    try:
        return selected.ranges(messages, by_uid=by_uid)
    except IndexError:
        raise Refusal("there is no message of that number", status=b"BAD") from None
