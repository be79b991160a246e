"""The runner and its reports, in virtual time."""

import asyncio
from email import message_from_bytes

import pytest

from bundled_server.config import Limits
from bundled_server.courier import Outcome, Verdict
from bundled_server.envelope import Envelope, Recipient
from bundled_server.mailbox.changes import Enqueue, PutUser
from bundled_server.mailbox.content import prepare
from bundled_server.mailbox.store import StoreUnavailable

HOUR = 3600.0
DAY = 24 * HOUR


def busy(recipient: Recipient) -> Outcome:
    return Outcome(recipient, Verdict.DEFERRED, "4.4.1", "no answer", "server.other.test")


def unknown(recipient: Recipient) -> Outcome:
    return Outcome(recipient, Verdict.REFUSED, "5.1.1", "550 5.1.1 User unknown", "server.other.test")


async def test_local_mail_is_in_the_mailbox_and_out_of_the_queue_at_once(office) -> None:
    await office.send("alice@cities.org")
    await office.settles()
    assert len(await office.inbox()) == 1
    assert await office.spool.items() == []
    assert office.local.settled == 1


async def test_remote_mail_is_relayed_once(office) -> None:
    queue_id = await office.send("bob@other.test")
    await office.settles()
    assert office.relay.calls == [(queue_id, ("bob@other.test",))]
    assert await office.spool.items() == []


async def test_deferred_mail_follows_the_schedule(office) -> None:
    office.relay.answer = busy
    await office.send("bob@other.test")
    await office.settles()
    for pause, tries in ((59.0, 1), (1.0, 2), (299.0, 2), (1.0, 3)):
        office.clock.pass_by(pause)
        await office.settles()
        assert len(office.relay.calls) == tries
    (item,) = await office.spool.items()
    assert item.recipients[0].attempts == 3
    assert item.recipients[0].text == "no answer"


async def test_a_slow_destination_delays_no_other(office) -> None:
    office.relay.gates["slow.test"] = asyncio.Event()
    for _ in range(5):
        await office.send("x@slow.test")
    await office.send("bob@other.test", "alice@cities.org")
    await office.settles()
    slow = [call for call in office.relay.calls if call[1] == ("x@slow.test",)]
    assert len(slow) == 2, "no more than two at a time for one destination"
    assert ("bob@other.test",) in [addresses for _, addresses in office.relay.calls]
    assert len(await office.inbox()) == 1
    office.relay.gates["slow.test"].set()
    await office.settles()
    assert await office.spool.items() == []


async def test_each_recipient_has_an_outcome_of_its_own(office) -> None:
    office.relay.answer = busy
    await office.send("alice@cities.org", "nobody@cities.org", "bob@other.test")
    await office.settles()
    (item,) = await office.spool.items()
    states = {queued.recipient.address: queued.state.value for queued in item.recipients}
    assert states == {
        "alice@cities.org": "delivered",
        "nobody@cities.org": "failed",
        "bob@other.test": "waiting",
    }
    mailbox = await office.inbox()
    assert len(mailbox) == 2, "the message and one bounce"
    office.clock.pass_by(60.0)
    await office.settles()
    assert len(await office.inbox()) == 2, "nothing is delivered or reported again"


async def test_a_refusal_becomes_a_report_to_the_sender(office) -> None:
    office.relay.answer = unknown
    queue_id = await office.send("bob@other.test")
    await office.settles()
    (bounce,) = await office.inbox()
    message = message_from_bytes(bounce)
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "delivery-status"
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["References"] == "<1@cities.org>"
    human, status, returned = message.get_payload()
    text = human.get_payload()
    assert "bob@other.test" in text
    assert "550 5.1.1 User unknown" in text
    assert "The address does not exist." in text
    about_message, about_recipient = status.get_payload()
    assert about_message["Reporting-MTA"] == "dns; brasilia.cities.org"
    assert about_message["X-Queue-ID"] == queue_id
    assert about_recipient["Final-Recipient"] == "rfc822; bob@other.test"
    assert about_recipient["Action"] == "failed"
    assert about_recipient["Status"] == "5.1.1"
    assert about_recipient["Remote-MTA"] == "dns; server.other.test"
    assert about_recipient["Diagnostic-Code"] == "smtp; 550 5.1.1 User unknown"
    assert returned.get_payload(0)["Message-ID"] == "<1@cities.org>"


async def test_mail_from_nobody_never_bounces(office) -> None:
    await office.send("nobody@cities.org", sender="", origin="transfer")
    await office.settles()
    assert await office.spool.items() == []
    assert await office.inbox() == []
    assert "dropped" in office.kinds()


async def test_a_bounce_that_fails_goes_to_the_postmaster_and_no_further(office) -> None:
    office.relay.answer = unknown
    await office.send("bob@other.test", sender="gone@far.test")
    await office.settles()
    (report,) = await office.inbox()
    assert message_from_bytes(report)["To"] == "<postmaster@cities.org>"
    assert await office.spool.items() == []


async def test_after_four_hours_the_sender_is_told_once_and_at_the_end_finally(office) -> None:
    office.relay.answer = busy
    await office.send("bob@other.test")
    await office.settles()
    for _ in range(60):
        office.clock.pass_by(300.0)
        await office.settles()
    (notice,) = await office.inbox()
    assert message_from_bytes(notice)["Subject"].startswith("Delayed")
    assert b"Action: delayed" in notice
    assert b"Will-Retry-Until: " in notice
    office.clock.pass_by(6 * DAY)
    await office.settles()
    assert await office.spool.items() == []
    final = (await office.inbox())[-1]
    assert b"Action: failed" in final
    assert b"Status: 4.4.7" in final


async def test_notify_is_honoured(office) -> None:
    office.relay.answer = unknown
    quiet = Recipient("bob@other.test", frozenset({"NEVER"}))
    happy = Recipient("alice@cities.org", frozenset({"SUCCESS"}))
    await office.spool.accept(Envelope("alice@cities.org", (quiet, happy)), b"A: b\r\n\r\nx\r\n", "submission")
    await office.settles()
    message, report = await office.inbox()
    assert b"Action: delivered" in report
    assert b"bob@other.test" not in report
    assert message.endswith(b"x\r\n")


@pytest.mark.parametrize("passed_on", [True, False])
async def test_success_beyond_us_is_reported_by_us_only_when_the_next_host_does_not(office, passed_on) -> None:
    office.relay.answer = lambda recipient: Outcome(
        recipient, Verdict.DELIVERED, "2.0.0", "250 ok", "mx.other.test", passed_on
    )
    bob = Recipient("bob@other.test", frozenset({"SUCCESS"}))
    await office.spool.accept(Envelope("alice@cities.org", (bob,)), b"A: b\r\n\r\nx\r\n", "submission")
    await office.settles()
    reports = await office.inbox()
    assert len(reports) == (0 if passed_on else 1)
    assert all(b"Action: relayed\r\nStatus: 2.0.0\r\nRemote-MTA: dns; mx.other.test" in r for r in reports)


@pytest.mark.parametrize(("wish", "whole"), [("HDRS", False), ("FULL", True), ("", True)])
async def test_ret_decides_what_goes_back(office, wish: str, whole: bool) -> None:
    office.relay.answer = unknown
    envelope = Envelope("alice@cities.org", (Recipient("bob@other.test"),), dsn_return=wish)
    await office.spool.accept(envelope, b"Subject: s\r\n\r\nthe body\r\n", "submission")
    await office.settles()
    (bounce,) = await office.inbox()
    assert (b"the body" in bounce) is whole
    assert b"Subject: s" in bounce


async def test_held_mail_waits_until_it_is_released(office) -> None:
    office.relay.answer = busy
    queue_id = await office.send("bob@other.test")
    await office.settles()
    assert await office.spool.hold(queue_id)
    office.clock.pass_by(HOUR)
    await office.settles()
    assert len(office.relay.calls) == 1
    assert await office.spool.release(queue_id)
    await office.settles()
    assert len(office.relay.calls) == 2


async def test_flush_requeue_and_delete(office) -> None:
    office.relay.answer = busy
    queue_id = await office.send("bob@other.test")
    await office.settles()
    assert await office.spool.flush("else.test") == 0
    assert await office.spool.flush("other.test") == 1
    await office.settles()
    assert len(office.relay.calls) == 2
    assert await office.spool.requeue(queue_id)
    await office.settles()
    (item,) = await office.spool.items()
    assert item.recipients[0].attempts == 1
    assert await office.spool.delete(queue_id)
    assert not await office.spool.delete(queue_id)
    assert await office.spool.items() == []
    assert await office.inbox() == [], "nobody is told"


async def test_what_another_run_left_behind_is_found(office) -> None:
    content = prepare(b"A: b\r\n\r\nleft\r\n")
    envelope = Envelope("alice@cities.org", (Recipient("alice@cities.org"),))
    await office.store.commit(Enqueue("old0000001", envelope, content, "", office.clock.now(), "transfer"))
    office.runner.wake()
    await office.settles()
    assert len(await office.inbox()) == 1


async def test_a_courier_that_breaks_defers_its_mail_and_stops_nothing(office) -> None:
    def broken(recipient: Recipient) -> Outcome:
        raise ZeroDivisionError

    office.relay.answer = broken
    await office.send("bob@other.test")
    await office.settles()
    (item,) = await office.spool.items()
    assert "internal fault" in item.recipients[0].text
    await office.send("alice@cities.org")
    await office.settles()
    assert len(await office.inbox()) == 1


async def test_mail_taken_on_before_the_runner_works_is_not_forgotten(office) -> None:
    await office.runner.close()
    fresh = type(office)(Limits())
    await fresh.store.open()
    await fresh.store.commit(PutUser("alice", "secret"))
    await fresh.send("bob@other.test", "alice@cities.org")
    await fresh.runner.open()
    await fresh.settles()
    assert [addresses for _, addresses in fresh.relay.calls] == [("bob@other.test",)]
    assert len(await fresh.inbox()) == 1
    await fresh.runner.close()
    await fresh.store.close()


async def test_flush_leaves_alone_what_is_being_tried(office) -> None:
    office.relay.gates["other.test"] = asyncio.Event()
    queue_id = await office.send("bob@other.test", "alice@cities.org")
    await office.settles()
    assert await office.spool.flush() == 0
    assert await office.spool.requeue(queue_id)
    office.relay.gates["other.test"].set()
    await office.settles()
    assert await office.spool.items() == []
    assert len(await office.inbox()) == 1
    assert len(office.relay.calls) == 1


async def test_mail_deleted_while_it_is_tried_bounces_to_nobody(office) -> None:
    office.relay.gates["other.test"] = asyncio.Event()
    office.relay.answer = unknown
    queue_id = await office.send("bob@other.test")
    await office.settles()
    assert await office.spool.delete(queue_id)
    office.relay.gates["other.test"].set()
    await office.settles()
    assert await office.inbox() == []
    assert office.runner.in_flight == 0


async def test_a_store_in_trouble_leaves_mail_in_the_queue_until_it_is_well(office) -> None:
    commit = office.store.commit
    sick = True

    async def commit_when_well(*changes: object) -> tuple[object, ...]:
        if sick and not isinstance(changes[0], Enqueue):
            raise StoreUnavailable("disk full")
        return await commit(*changes)

    office.store.commit = commit_when_well
    await office.send("bob@other.test", "alice@cities.org")
    await office.settles()
    assert len(await office.spool.items()) == 1
    sick = False
    office.clock.pass_by(60.0)
    await office.settles()
    assert await office.spool.items() == []
    assert len(await office.inbox()) == 1


async def test_large_messages_are_relayed_a_few_at_a_time(office) -> None:
    limits = Limits(large_relays=2, large_message_octets=10)
    fresh = type(office)(limits)
    await fresh.store.open()
    await fresh.runner.open()
    for number in range(4):
        fresh.relay.gates[f"d{number}.test"] = asyncio.Event()
        await fresh.send(f"x@d{number}.test")
    await fresh.settles()
    assert len(fresh.relay.calls) == 2
    for gate in fresh.relay.gates.values():
        gate.set()
    await fresh.settles()
    assert len(fresh.relay.calls) == 4
    await fresh.runner.close()
    await fresh.store.close()
