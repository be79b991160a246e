"""What a client that was here before has missed: changed flags and vanished messages (RFC 7162 §3.2)."""

from bundled_server.maa.imap.context import Feature
from bundled_server.maa.imap.selected import CONDSTORE, QRESYNC, SelectedMailbox
from bundled_server.maa.imap.spans import runs
from bundled_server.protocols.imap.sequences import SequenceSet

_HIGHEST_UID = 0xFFFF_FFFF


def changed_since(selected: SelectedMailbox, spans: list[range], modseq: int) -> list[range]:
    """Those of some messages that changed after `modseq`."""
    rows = ((span, selected.modseqs_at(span)) for span in spans)
    return runs(at for span, modseqs in rows for at, now in zip(span, modseqs, strict=True) if now > modseq)


async def vanished_since(selected: SelectedMailbox, modseq: int, among: SequenceSet | None) -> list[int]:
    """UIDs of `among` (None: of all) that were expunged after `modseq`, ascending. What the client still counts
    among its messages is told later, as every expunge is."""
    delta = await selected.store.delta(selected.mailbox.mailbox_id, modseq)
    known = set(selected.known.uids).intersection(delta.expunged)
    gone = [uid for uid in delta.expunged if uid not in known]
    if among is None:
        return gone
    allowed = among.resolve(_HIGHEST_UID)
    return [uid for uid in gone if any(low <= uid <= high for low, high in allowed)]


FEATURE = Feature(
    capabilities=(CONDSTORE, QRESYNC),
    enables=((CONDSTORE,), (QRESYNC, CONDSTORE)),
)
