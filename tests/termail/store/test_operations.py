"""The operation journal: performed here at once, replayed in order, undone in every state."""

import pytest

from termail.model.actions import (
    AppendTo,
    CopyTo,
    CreateFolder,
    DeleteFolder,
    Expunge,
    MoveTo,
    RenameFolder,
    SetFlags,
)
from termail.model.order import Order, SortKey
from termail.store.local_store import Operation, RemoteFolder

BY_DATE = Order(SortKey.DATE)
LATER = 1e12


def picture(store):
    """Everything the user sees of folders and messages."""
    seen = {}
    for folder in store.folders():
        rows = store.rows(store.listing(folder.folder_id, BY_DATE))
        seen[folder.name] = [
            (row.subject, row.is_read, row.is_flagged, row.is_deleted, sorted(row.keywords)) for row in rows
        ]
    return seen


def ids_of(store, folder_id):
    return tuple(store.listing(folder_id, BY_DATE))


@pytest.fixture
def three(store, inbox, letters):
    first = letters.bring(store, inbox, 1)
    second = letters.bring(store, inbox, 2, flags=("\\Seen", "todo"))
    third = letters.bring(store, inbox, 3, flags=("\\Deleted", "\\Flagged"))
    return (*first, *second, *third)


ACTIONS = {
    "flag": lambda ids, inbox, archive: SetFlags(ids, add=("\\Seen", "\\Flagged", "new")),
    "unflag": lambda ids, inbox, archive: SetFlags(ids, remove=("\\Seen", "\\Flagged", "todo")),
    "both": lambda ids, inbox, archive: SetFlags(ids, add=("\\Deleted",), remove=("\\Seen",)),
    "move": lambda ids, inbox, archive: MoveTo(ids, archive),
    "copy": lambda ids, inbox, archive: CopyTo(ids, archive),
    "expunge": lambda ids, inbox, archive: Expunge(inbox),
    "append": lambda ids, inbox, archive: AppendTo(archive, b"Subject: x\r\n\r\nbody", ("\\Seen",), ""),
    "create": lambda ids, inbox, archive: CreateFolder("work", "New"),
    "delete": lambda ids, inbox, archive: DeleteFolder(inbox),
    "rename": lambda ids, inbox, archive: RenameFolder(archive, "Attic"),
}


@pytest.mark.parametrize("name", ACTIONS)
def test_undo_of_a_pending_operation_leaves_no_trace(store, inbox, archive, three, letters, name):
    before = picture(store)
    store.perform("work", ACTIONS[name](three, inbox, archive), "what I did")
    assert picture(store) != before
    assert letters.counted(store) == letters.recounted(store)
    assert store.undo() == "what I did"
    assert picture(store) == before
    assert store.pending_count() == 0
    assert store.claim_operations("work", LATER) == []


@pytest.mark.parametrize("name", ACTIONS)
def test_undo_of_a_done_operation_performs_the_opposite(store, inbox, archive, three, letters, name):
    before = picture(store)
    operation = store.perform("work", ACTIONS[name](three, inbox, archive))
    carry_out(store)
    store.undo(operation)
    carry_out(store)
    after = picture(store)
    if name in ("expunge", "delete"):  # what was marked deleted comes back unmarked: the server has it anew
        before = {folder: [(*row[:3], False, row[4]) for row in rows] for folder, rows in before.items()}
    if name in ("copy", "append"):
        store.perform("work", Expunge(archive))
        after = picture(store)
    assert after == before
    assert letters.counted(store) == letters.recounted(store)
    assert store.operations(include_done=True)[0].state == "undone"


def carry_out(store):
    """An agent on a server without UIDPLUS."""
    while batch := store.claim_operations("work", LATER):
        for operation in batch:
            store.complete_operation(operation.operation_id)


def test_undo_takes_the_latest_and_then_the_one_before(store, three):
    store.perform("work", SetFlags(three[:1], add=("\\Flagged",)), "first")
    store.perform("work", SetFlags(three[:1], add=("\\Seen",)), "second")
    assert [store.undo(), store.undo()] == ["second", "first"]
    with pytest.raises(LookupError, match="nothing to undo"):
        store.undo()


def test_an_operation_that_was_undone_cannot_be_undone_again(store, three):
    operation = store.perform("work", SetFlags(three, add=("\\Seen",)))
    store.undo(operation)
    with pytest.raises(LookupError):
        store.undo(operation)


def test_the_journal_describes_what_the_user_did(store, inbox, archive, three):
    for name in ("flag", "move", "append"):
        store.perform("work", ACTIONS[name](three, inbox, archive))
    store.perform("work", SetFlags(three[:1], add=("\\Flagged",)))
    assert [entry.summary for entry in store.operations()] == [
        "set +Seen +Flagged +new on 3 messages",
        "move 3 messages",
        "store a message",
        "flag 1 message",
    ]


def test_the_place_on_the_server_stays_until_the_server_has_moved_it(store, inbox, archive, three):
    store.perform("work", MoveTo(three[:2], archive))
    assert [store.uid_of(message) for message in three[:2]] == [(inbox, 1), (inbox, 2)]
    assert list(store.uids(inbox)) == [1, 2, 3]
    (operation,) = store.claim_operations("work", LATER)
    assert operation.message_ids == three[:2]
    store.assign_uid(three[0], 71)
    store.complete_operation(operation.operation_id)
    assert [store.uid_of(message) for message in three[:2]] == [(archive, 71), (archive, 0)]


def test_a_second_move_starts_where_the_first_one_ended(store, inbox, archive, three):
    sent = store.folder_with_role("work", "sent").folder_id
    store.perform("work", MoveTo(three[:1], archive))
    store.perform("work", MoveTo(three[:1], sent))
    (first,) = store.claim_operations("work", LATER)
    assert store.claim_operations("work", LATER) == []
    store.assign_uid(three[0], 71)
    store.complete_operation(first.operation_id)
    assert store.uid_of(three[0]) == (archive, 71)
    (second,) = store.claim_operations("work", LATER)
    store.assign_uid(three[0], 81)
    store.complete_operation(second.operation_id)
    assert store.uid_of(three[0]) == (sent, 81)


def test_a_moved_message_is_not_lost_when_the_server_says_it_left(store, inbox, archive, three, letters):
    store.perform("work", MoveTo(three[:1], archive))
    (operation,) = store.claim_operations("work", LATER)
    store.remove_uids(inbox, [1])
    store.add_messages(archive, [letters.arrived(71, letters.letter(1))])
    store.complete_operation(operation.operation_id)
    assert ids_of(store, archive) == three[:1]
    assert store.uid_of(three[0]) == (archive, 71)


def test_the_twin_that_arrived_by_itself_becomes_the_moved_message(store, inbox, archive, three, letters):
    store.perform("work", MoveTo(three[:1], archive))
    (operation,) = store.claim_operations("work", LATER)
    store.add_messages(archive, [letters.arrived(71, letters.letter(1))])
    store.assign_uid(three[0], 71)
    store.complete_operation(operation.operation_id)
    assert ids_of(store, archive) == three[:1]
    assert store.raw(three[0]) is not None


def test_a_copy_gets_its_own_uid_by_either_name(store, inbox, archive, three):
    store.perform("work", CopyTo(three[:2], archive))
    (operation,) = store.claim_operations("work", LATER)
    store.assign_uid(three[0], 71)
    store.assign_uid(operation.results[1], 72)
    store.complete_operation(operation.operation_id)
    assert [store.uid_of(copy) for copy in operation.results] == [(archive, 71), (archive, 72)]
    assert store.uid_of(three[0]) == (inbox, 1)
    assert store.raw(operation.results[0]) == store.raw(three[0])


def test_copies_share_their_text_and_outlive_the_original(store, inbox, archive, three):
    store.perform("work", CopyTo(three[:1], archive))
    store.remove_uids(inbox, [1])
    (copy,) = ids_of(store, archive)
    assert list(store.search("number 1")) == [copy]
    assert b"body number 1" in store.raw(copy)


def test_an_appended_message_is_found_again_by_its_message_id(store, archive, letters):
    raw = letters.letter(7, body="kept\r\n")
    store.perform("work", AppendTo(archive, raw, ("\\Seen",), "<m7@x>"))
    (operation,) = store.claim_operations("work", LATER)
    store.complete_operation(operation.operation_id)
    assert store.add_messages(archive, [letters.arrived(70, raw, "\\Seen")]) == list(operation.results)
    assert store.uid_of(operation.results[0]) == (archive, 70)


def test_expunge_takes_marked_messages_only(store, inbox, three):
    store.perform("work", Expunge(inbox))
    assert ids_of(store, inbox) == three[:2]
    (operation,) = store.claim_operations("work", LATER)
    assert operation.message_ids == three[2:]
    assert store.uid_of(three[2]) == (inbox, 3)


def test_expunge_waits_for_what_came_before_and_holds_up_what_comes_after(store, inbox, archive, three):
    flag = store.perform("work", SetFlags(three[:1], add=("\\Deleted",)))
    expunge = store.perform("work", Expunge(inbox))
    after = store.perform("work", SetFlags(three[1:2], add=("\\Flagged",)))
    order = []
    while batch := store.claim_operations("work", LATER):
        order.append([operation.operation_id for operation in batch])
        for operation in batch:
            store.complete_operation(operation.operation_id)
    assert order == [[flag], [expunge], [after]]


def test_nothing_overtakes_a_deferred_operation_on_the_same_message(store, three, clock):
    first = store.perform("work", SetFlags(three[:1], add=("\\Seen",)))
    store.perform("work", SetFlags(three[:1], remove=("\\Seen",)))
    other = store.perform("work", SetFlags(three[1:2], add=("\\Flagged",)))
    batch = store.claim_operations("work", clock.now)
    assert [operation.operation_id for operation in batch] == [first, other]
    store.complete_operation(other)
    store.defer_operation(first, clock.now + 60, "no route")
    assert store.claim_operations("work", clock.now) == []
    again = store.claim_operations("work", clock.now + 60)
    assert [(entry.operation_id, entry.attempts, entry.reason) for entry in again] == [(first, 2, "no route")]


def test_a_refused_operation_is_taken_back_and_says_why(store, inbox, archive, three):
    before = picture(store)
    store.perform("work", MoveTo(three, archive))
    (operation,) = store.claim_operations("work", LATER)
    store.fail_operation(operation.operation_id, "NO over quota")
    assert picture(store) == before
    (failed,) = store.operations()
    assert (failed.state, failed.reason) == ("failed", "NO over quota")
    assert store.pending_count() == 0


def test_the_servers_flags_do_not_undo_what_is_still_pending(store, inbox, three):
    store.perform("work", SetFlags(three[:1], add=("\\Seen",)))
    assert store.put_flags(inbox, {1: frozenset({"\\Flagged"}), 2: frozenset({"\\Seen", "todo"})}) == [three[0]]
    (row,) = store.rows(three[:1])
    assert (row.is_read, row.is_flagged) == (True, True)
    carry_out(store)
    store.put_flags(inbox, {1: frozenset()})
    (row,) = store.rows(three[:1])
    assert (row.is_read, row.is_flagged) == (False, False)


def test_operations_of_a_killed_agent_run_again(store, three, reopened):
    store.perform("work", SetFlags(three, add=("\\Seen",)))
    (first,) = store.claim_operations("work", LATER)
    assert store.claim_operations("work", LATER) == []
    (again,) = reopened().claim_operations("work", LATER)
    assert isinstance(again, Operation)
    assert (again.operation_id, again.attempts) == (first.operation_id, 2)


def test_each_account_has_its_own_operations(store, three):
    store.put_folders("home", [RemoteFolder(name="INBOX")])
    store.perform("work", SetFlags(three, add=("\\Seen",)))
    assert store.claim_operations("home", LATER) == []
    home = store.folder_named("home", "inbox")
    with pytest.raises(LookupError):
        store.perform("work", MoveTo(three, home.folder_id))


def test_old_history_is_forgotten_with_the_messages_it_kept(store, inbox, three, letters):
    store.perform("work", Expunge(inbox))
    carry_out(store)
    for _ in range(280):
        store.perform("work", SetFlags(three[:1], add=("\\Flagged",)))
        store.perform("work", SetFlags(three[:1], remove=("\\Flagged",)))
        carry_out(store)
    assert len(store.operations(include_done=True)) <= 501
    assert store.rows(three[2:]) == []


def test_the_folder_list_keeps_what_the_user_changed_and_the_server_does_not_know(store, archive):
    store.perform("work", CreateFolder("work", "New"))
    store.perform("work", RenameFolder(archive, "Attic"))
    sent = store.folder_named("work", "Sent").folder_id
    store.perform("work", DeleteFolder(sent))
    listed = [RemoteFolder(name="INBOX"), RemoteFolder(name="Archive", role="archive"), RemoteFolder(name="Sent")]
    assert [folder.name for folder in store.put_folders("work", listed)] == ["INBOX", "Attic", "New"]


def test_a_move_that_was_running_when_it_was_undone_ends_where_it_began(store, inbox, archive, three):
    moved = store.perform("work", MoveTo(three[:1], archive), "move it")
    store.claim_operations("work", LATER)
    assert store.undo() == "move it"
    assert ids_of(store, inbox) == three
    assert store.claim_operations("work", LATER) == []
    store.assign_uid(three[0], 71)
    store.complete_operation(moved)
    assert store.uid_of(three[0]) == (archive, 71)
    (back,) = store.claim_operations("work", LATER)
    assert back.action == MoveTo(three[:1], inbox)
    store.assign_uid(three[0], 9)
    store.complete_operation(back.operation_id)
    assert store.uid_of(three[0]) == (inbox, 9)
    assert [entry.state for entry in store.operations(include_done=True)] == ["undone", "done"]


def test_a_running_operation_that_was_undone_and_then_refused_leaves_nothing_to_do(store, inbox, archive, three):
    before = picture(store)
    moved = store.perform("work", MoveTo(three, archive))
    store.claim_operations("work", LATER)
    store.undo(moved)
    store.fail_operation(moved, "NO")
    assert picture(store) == before
    assert store.pending_count() == 0


def test_folders_below_are_renamed_and_deleted_folders_are_not_searched(store, archive, letters):
    store.put_folders(
        "work", [RemoteFolder(name=name) for name in ("INBOX", "Archive", "Archive/2024", "Archives")]
    )
    letters.bring(store, archive, 1)
    store.perform("work", RenameFolder(archive, "Attic"))
    assert [folder.name for folder in store.folders()][1:] == ["Sent", "Attic", "Archives", "Attic/2024"]
    listed = [RemoteFolder(name=name) for name in ("INBOX", "Archive", "Archive/2024", "Archives", "Sent")]
    assert len(store.put_folders("work", listed)) == 5
    store.undo()
    assert store.folder(archive).name == "Archive"
    assert store.folder_named("work", "Archive/2024") is not None
    store.perform("work", DeleteFolder(archive))
    assert not store.search("letter")
    assert not store.search("from:bob")


def test_undo_of_a_deleted_folder_whose_name_was_taken_again_is_refused(store, archive):
    deleted = store.perform("work", DeleteFolder(archive))
    store.perform("work", CreateFolder("work", "Archive"))
    with pytest.raises(LookupError, match="there is a folder Archive already"):
        store.undo(deleted)
