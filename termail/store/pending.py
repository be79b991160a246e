"""What unfinished operations of the user say about a message, against what the server says."""

from typing import Final

import msgspec

from termail.model.actions import Action, CopyTo, MoveTo, SetFlags
from termail.store import flags as flag_bits
from termail.store.database import Database

UNFINISHED: Final = "('pending', 'running')"
_ACTIONS: Final[msgspec.msgpack.Decoder[Action]] = msgspec.msgpack.Decoder(Action)
_UNFINISHED_OF_MESSAGE: Final = (
    "SELECT o.operation_id, o.action, m.is_result, o.state"
    " FROM operation_messages m JOIN operations o USING (operation_id)"
    f" WHERE m.message_id = ? AND o.state IN {UNFINISHED} ORDER BY o.operation_id"
)


def decode_action(packed: bytes) -> Action:
    """An action as the journal keeps it."""
    return _ACTIONS.decode(packed)


class PendingFlags:
    """Local values of flags that the server does not know yet."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def applied(self, message_id: int, bits: int, keywords: frozenset[str]) -> tuple[int, frozenset[str]]:
        """The server's flags with every unfinished SetFlags of this message on top, oldest first."""
        for _, packed, _, _ in self._database.query(_UNFINISHED_OF_MESSAGE, (message_id,)).fetchall():
            action = decode_action(packed)
            if isinstance(action, SetFlags):
                add_bits, add_keywords = flag_bits.split(action.add)
                remove_bits, remove_keywords = flag_bits.split(action.remove)
                bits = (bits & ~remove_bits) | add_bits
                keywords = (keywords - remove_keywords) | add_keywords
        return bits, keywords


class PendingPlaces:
    """Where an unfinished operation takes a message."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def destination(self, message_id: int) -> tuple[int, int] | None:
        """→ (message id, folder id) that a uid told for `message_id` is about: its copy for a CopyTo, itself
        in the new folder for a MoveTo, None when no unfinished operation takes it anywhere."""
        rows = self._database.query(_UNFINISHED_OF_MESSAGE, (message_id,)).fetchall()
        for operation_id, packed, is_result, _ in rows:
            if is_result:
                return None
            match decode_action(packed):
                case MoveTo(folder_id=folder_id):
                    return message_id, folder_id
                case CopyTo(folder_id=folder_id) as action:
                    copy = self._copy(operation_id, action, message_id)
                    return None if copy is None else (copy, folder_id)
                case _:
                    continue
        return None

    def is_moving(self, message_id: int) -> int | None:
        """The folder an operation that runs right now moves the message to."""
        rows = self._database.query(_UNFINISHED_OF_MESSAGE, (message_id,)).fetchall()
        for _, packed, is_result, state in rows:
            action = decode_action(packed)
            if isinstance(action, MoveTo) and not is_result and state == "running":
                return action.folder_id
        return None

    def _copy(self, operation_id: int, action: CopyTo, message_id: int) -> int | None:
        """Copies were made in the order of the originals that existed, so both lists run in step."""
        rows = self._database.query(
            "SELECT message_id, is_result FROM operation_messages WHERE operation_id = ? ORDER BY message_id",
            (operation_id,),
        ).fetchall()
        existed = {entry for entry, is_result in rows if not is_result}
        copies = [entry for entry, is_result in rows if is_result]
        originals = [entry for entry in action.message_ids if entry in existed]
        return copies[originals.index(message_id)] if message_id in originals else None
