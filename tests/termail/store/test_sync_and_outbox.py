"""What the MRA and the local MTA do with the store."""

import pytest

from termail.model.actions import AppendTo, CreateFolder
from termail.model.order import Order, SortKey
from termail.model.outbox import OutboxPart, OutboxState
from termail.store.local_store import Arrived, RemoteFolder, SyncState

BY_DATE = Order(SortKey.DATE)
LATER = 1e12


def test_a_message_that_comes_again_is_updated(store, inbox, letters):
    (message,) = letters.bring(store, inbox, 1)
    raw = letters.letter(1, body="again\r\n")
    assert store.add_messages(inbox, [letters.arrived(1, raw, "\\Seen", whole=True)]) == [message]
    assert store.rows([message])[0].is_read
    assert store.raw(message) == raw


def test_many_messages_come_in_order_whatever_the_transactions(store, inbox, letters):
    numbers = list(range(1, 700))
    ids = store.add_messages(inbox, [letters.arrived(n, letters.letter(n)) for n in numbers])
    assert [row.uid for row in store.rows(ids)] == numbers
    assert list(store.uids(inbox)) == numbers


def test_removed_uids_go_with_their_messages(store, inbox, letters):
    letters.bring(store, inbox, 1, 2, 3)
    store.remove_uids(inbox, [1, 3, 99])
    assert list(store.uids(inbox)) == [2]


def test_sync_state_is_remembered(store, inbox):
    assert store.sync_state(inbox) == SyncState()
    state = SyncState(uid_validity=7, uid_next=9, highest_modseq=2**40, complete_above_uid=3)
    store.put_sync_state(inbox, state)
    assert store.sync_state(inbox) == state


def test_messages_are_matched_again_after_another_uid_validity(store, inbox, letters):
    first, second, third = letters.bring(store, inbox, 1, 2, 3)
    store.mark_old(inbox)
    store.reset_uid_validity(inbox, 8)
    assert store.sync_state(inbox).uid_validity == 8
    raws = {n: letters.letter(n, body=f"body number {n}\r\n") for n in (3, 2)}
    again = store.add_messages(inbox, [letters.arrived(100 - n, raw) for n, raw in raws.items()])
    assert again == [third, second]
    store.remove_unmatched(inbox)
    assert [row.message_id for row in store.rows([first, second, third])] == [second, third]
    assert store.raw(second) == raws[2]


def test_pop_messages_are_known_by_uidl(store, inbox, letters):
    def pop(number):
        raw = letters.letter(number)
        return Arrived(
            uid=0,
            flags=frozenset(),
            internal_date=1.0,
            size_octets=len(raw),
            header=raw,
            raw=raw,
            uidl=f"u{number}",
        )

    first = store.add_messages(inbox, [pop(1), pop(2)])
    assert store.uidls(inbox) == {"u1", "u2"}
    assert store.add_messages(inbox, [pop(2), pop(1)]) == first[::-1]


def test_a_folder_the_server_had_and_lost_goes_one_of_our_own_stays(store, inbox, archive, letters):
    store.put_sync_state(archive, SyncState(uid_validity=1))
    letters.bring(store, archive, 1)
    folders = store.put_folders("work", [RemoteFolder(name="INBOX")])
    assert [folder.name for folder in folders] == ["INBOX", "Sent"]
    assert not store.search("letter")


def test_folders_are_found_by_name_and_role(store, inbox):
    assert store.folder_named("work", "inbox") == store.folder(inbox)
    assert store.folder_with_role("work", "sent").name == "Sent"
    assert store.folder_with_role("work", "junk") is None
    assert store.folder_named("work", "sent") is None
    assert store.folders("home") == []


def test_a_message_to_an_unknown_folder_is_refused(store, letters):
    with pytest.raises(LookupError):
        letters.bring(store, 99, 1)


# --- the outbox


def queue(store, letters, number=1, **more):
    raw = letters.letter(number, body="out\r\n")
    return store.queue_message("work", "alice@cities.org", ["bob@other.test", "c@x"], raw, **more), raw


def test_a_message_goes_out_and_a_copy_into_sent(store, letters):
    outbox_id, raw = queue(store, letters)
    item = store.claim_outbox(LATER)
    assert (item.outbox_id, item.state, item.attempts) == (outbox_id, OutboxState.SENDING, 1)
    assert (item.recipients, item.message_id_header) == (("bob@other.test", "c@x"), "<m1@x>")
    assert store.outbox_raw(outbox_id) == raw
    assert store.claim_outbox(LATER) is None
    store.put_outbox_state(outbox_id, OutboxState.SENT, transcript=["C: QUIT", "S: 221 bye"])
    (operation,) = store.operations()
    sent = store.folder_with_role("work", "sent")
    assert operation.action == AppendTo(sent.folder_id, raw, ("\\Seen",), "<m1@x>")
    assert (sent.total, sent.unread) == (1, 0)
    (item,) = store.outbox()
    assert (item.state, item.transcript) == (OutboxState.SENT, ("C: QUIT", "S: 221 bye"))


def test_sent_twice_is_filed_once(store, letters):
    outbox_id, _ = queue(store, letters)
    store.claim_outbox(LATER)
    store.put_outbox_state(outbox_id, OutboxState.SENT)
    store.put_outbox_state(outbox_id, OutboxState.SENT)
    assert len(store.operations()) == 1


def test_an_account_without_a_sent_folder_gets_one(store, letters):
    store.put_folders("home", [RemoteFolder(name="INBOX")])
    outbox_id = store.queue_message("home", "a@x", ["b@x"], letters.letter(1))
    store.claim_outbox(LATER)
    store.put_outbox_state(outbox_id, OutboxState.SENT)
    assert [type(entry.action) for entry in store.operations()] == [CreateFolder, AppendTo]
    assert store.folder_with_role("home", "sent").total == 1


def test_send_later_waits_and_a_deferred_message_waits(store, letters, clock):
    outbox_id, _ = queue(store, letters, not_before=clock.now + 10)
    assert store.claim_outbox(clock.now) is None
    assert store.claim_outbox(clock.now + 10).outbox_id == outbox_id
    store.put_outbox_state(outbox_id, OutboxState.DEFERRED, reason="451 later", next_try=clock.now + 99)
    assert store.claim_outbox(clock.now + 50) is None
    again = store.claim_outbox(clock.now + 99)
    assert (again.attempts, again.reason) == (2, "451 later")


@pytest.mark.parametrize(
    ("data_sent", "state"), [(False, OutboxState.DEFERRED), (True, OutboxState.POSSIBLY_SENT)]
)
def test_what_a_killed_agent_was_sending(store, letters, reopened, data_sent, state):
    outbox_id, _ = queue(store, letters)
    store.claim_outbox(1.0)
    if data_sent:
        store.note_data_sent(outbox_id)
    other = reopened()
    other.claim_outbox(0.0 if data_sent else -1.0)
    assert other.outbox()[0].state == state
    taken = other.claim_outbox(LATER)
    assert (taken is None) == data_sent


def test_undo_send(store, letters, clock):
    raw = letters.letter(1, to="bob@other.test", body="out\r\n")
    outbox_id = store.queue_message("work", "alice@cities.org", ["bob@other.test"], raw, not_before=clock.now + 10)
    assert store.cancel_outbox(outbox_id) == raw
    assert store.outbox() == []
    assert store.cancel_outbox(outbox_id) is None
    with pytest.raises(LookupError):
        store.outbox_raw(outbox_id)


def test_a_message_taken_back_names_its_blind_recipients(store, letters):
    raw = letters.letter(1, to="Bob <BOB@other.test>", body="Bcc: not me\r\n")
    outbox_id = store.queue_message("work", "alice@cities.org", ["bob@other.test", "c@x"], raw)
    header, _, body = store.cancel_outbox(outbox_id).partition(b"\r\n\r\n")
    assert b"To: Bob <BOB@other.test>" in header
    assert header.endswith(b"Bcc: c@x")
    assert body == b"Bcc: not me\r\n"


def test_who_was_refused_becomes_an_item_of_its_own(store, letters):
    raw = letters.letter(1, to="bob@other.test, nobody@other.test", extra="Cc: c@x,\r\n d@x")
    recipients = ("bob@other.test", "nobody@other.test", "c@x", "d@x", "blind@x")
    outbox_id = store.queue_message("work", "alice@cities.org", recipients, raw)
    store.claim_outbox(LATER)
    parts = [
        OutboxPart(state=OutboxState.FAILED, recipients=("nobody@other.test", "blind@x"), reason="550 unknown"),
        OutboxPart(state=OutboxState.DEFERRED, recipients=("d@x",), reason="450 busy", next_try=LATER),
        OutboxPart(state=OutboxState.SENT, recipients=("bob@other.test", "c@x"), reason="250 ok"),
    ]
    store.put_outbox_parts(outbox_id, parts, ["C: DATA"])
    failed, deferred, sent = store.outbox()
    assert (failed.outbox_id, failed.state, failed.recipients) == (outbox_id, parts[0].state, parts[0].recipients)
    assert (deferred.state, deferred.recipients, deferred.is_remainder) == (parts[1].state, ("d@x",), True)
    assert (sent.state, sent.recipients, sent.is_remainder) == (parts[2].state, parts[2].recipients, False)
    assert len(store.operations()) == 1
    assert store.claim_outbox(LATER).outbox_id == deferred.outbox_id
    store.put_outbox_state(deferred.outbox_id, OutboxState.SENT)
    assert len(store.operations()) == 1, "the copy is in Sent already"
    header = store.cancel_outbox(outbox_id).partition(b"\r\n\r\n")[0].decode()
    assert "To: nobody@other.test\r\nBcc: blind@x" in header
    assert "bob@" not in header.replace("From: Bob <bob@other.test>", "")
    assert "Cc:" not in header


def test_what_failed_is_queued_again_to_other_recipients(store, letters, clock):
    outbox_id, _ = queue(store, letters)
    store.claim_outbox(LATER)
    assert not store.requeue_outbox(outbox_id)
    store.put_outbox_state(outbox_id, OutboxState.FAILED, reason="550 no")
    assert store.requeue_outbox(outbox_id, ["right@other.test"], not_before=clock.now + 5)
    assert store.claim_outbox(clock.now) is None
    again = store.claim_outbox(clock.now + 5)
    assert (again.recipients, again.attempts, again.reason) == (("right@other.test",), 1, "")
    store.put_outbox_state(outbox_id, OutboxState.SENT)
    assert not store.requeue_outbox(outbox_id)


def test_undo_send_is_too_late_while_sending(store, letters):
    outbox_id, _ = queue(store, letters)
    store.claim_outbox(LATER)
    assert store.cancel_outbox(outbox_id) is None
    store.put_outbox_state(outbox_id, OutboxState.SENT)
    assert store.cancel_outbox(outbox_id) is None


def test_drafts_are_kept_replaced_and_deleted(store, clock):
    first = store.save_draft("work", b"one")
    clock.now += 1
    second = store.save_draft("work", b"two")
    clock.now += 1
    assert store.save_draft("work", b"one, again", first) == first
    assert store.drafts() == [(first, "work", b"one, again"), (second, "work", b"two")]
    store.delete_draft(first)
    store.delete_draft(first)
    assert [draft for draft, _, _ in store.drafts()] == [second]
