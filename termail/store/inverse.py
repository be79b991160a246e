"""The opposite of an action that has already reached the server, as new actions."""

from collections import defaultdict
from collections.abc import Iterator

from termail.model.actions import (
    Action,
    AppendTo,
    CopyTo,
    CreateFolder,
    DeleteFolder,
    Expunge,
    MoveTo,
    RenameFolder,
    Rethread,
    SetFlags,
    Subscribe,
)
from termail.store import flags as flag_bits
from termail.store.database import Database
from termail.store.effect import Effect
from termail.store.effects import Effects


class Inverse:
    """Says what to do to undo; an action given with an effect is applied here already."""

    def __init__(self, database: Database, effects: Effects) -> None:
        self._database = database
        self._effects = effects

    def actions(self, action: Action, effect: Effect) -> Iterator[tuple[Action, Effect | None]]:
        """In order; each is to be applied (unless it comes with its effect) and journalled before the next."""
        match action:
            case SetFlags():
                yield from self._flags_back(effect)
            case MoveTo():
                yield from self._moved_back(effect)
            case CopyTo(folder_id=folder_id) | AppendTo(folder_id=folder_id):
                yield SetFlags(effect.created, add=("\\Deleted",)), None
                yield Expunge(folder_id, effect.created), None
            case Expunge(folder_id=folder_id):
                yield from self._restored(folder_id, [entry for entry, _ in effect.moved])
            case CreateFolder():
                yield DeleteFolder(effect.folder_id), None
            case DeleteFolder(folder_id=folder_id):
                yield from self._folder_back(folder_id)
            case RenameFolder(folder_id=folder_id):
                yield RenameFolder(folder_id, effect.old_name), None
            case Subscribe(folder_id=folder_id):
                yield Subscribe(folder_id, bool(effect.was_subscribed)), None
            case Rethread():  # no server heard of it
                self._effects.revert(effect)

    def _flags_back(self, effect: Effect) -> Iterator[tuple[Action, None]]:
        groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[int]] = defaultdict(list)
        for change in effect.flags:
            if change.added or change.removed:
                groups[change.removed, change.added].append(change.message_id)
        for (add, remove), message_ids in groups.items():
            yield SetFlags(tuple(message_ids), add, remove), None

    def _moved_back(self, effect: Effect) -> Iterator[tuple[Action, None]]:
        groups: dict[int, list[int]] = defaultdict(list)
        for message_id, folder_id in effect.moved:
            groups[folder_id].append(message_id)
        for folder_id, message_ids in groups.items():
            yield MoveTo(tuple(message_ids), folder_id), None

    def _restored(self, folder_id: int, message_ids: list[int]) -> Iterator[tuple[Action, Effect]]:
        """Messages the server has expunged are appended again, as far as we hold the whole of them."""
        for message_id in message_ids:
            row = self._database.query(
                "SELECT flags, keywords, message_id_header FROM messages JOIN bodies USING (content_id)"
                " WHERE message_id = ? AND remote_folder_id = 0",
                (message_id,),
            ).fetchone()
            if row is None:
                continue
            self._database.query(
                "UPDATE messages SET folder_id = ?, remote_folder_id = ?, uid = 0, uidl = '', flags = flags & ~8"
                " WHERE message_id = ?",
                (folder_id, folder_id, message_id),
            )
            flags = flag_bits.names(row[0] & ~flag_bits.DELETED, flag_bits.unpack(row[1]))
            raw = self._effects.raw(message_id)
            yield AppendTo(folder_id, raw, tuple(sorted(flags)), row[2]), Effect(created=(message_id,))

    def _folder_back(self, folder_id: int) -> Iterator[tuple[Action, Effect]]:
        """The folder is made again, and what we hold of its messages is put back."""
        account, name = self._database.query(
            "SELECT account, name FROM folders WHERE folder_id = ?", (folder_id,)
        ).fetchone()
        self._database.query(
            "UPDATE folders SET hidden = 0, uid_validity = 0, uid_next = 0, highest_modseq = 0,"
            " complete_above_uid = 0 WHERE folder_id = ?",
            (folder_id,),
        )
        self._database.query(
            "UPDATE messages SET remote_folder_id = 0, uid = 0 WHERE remote_folder_id = ?", (folder_id,)
        )
        yield CreateFolder(account, name), Effect(folder_id=folder_id)
        held = self._database.query("SELECT message_id FROM messages WHERE folder_id = ?", (folder_id,)).fetchall()
        yield from self._restored(folder_id, [message_id for (message_id,) in held])
