"""Delivery status notifications (RFC 3461-3464, RFC 6533), read by the standard library's parser."""

from email import message_from_bytes
from email.message import Message

import pytest

from bundled_server.courier import Outcome, Verdict
from bundled_server.envelope import Envelope, Recipient
from bundled_server.mailbox.changes import Enqueue, QueuedRecipient, RecipientState, UpdateQueue
from bundled_server.mailbox.content import prepare

HOUR = 3600.0
ARRIVED = b"Subject: s\r\nMessage-ID: <1@cities.org>\r\n\r\nthe body\r\n"


def refused(recipient: Recipient) -> Outcome:
    return Outcome(recipient, Verdict.REFUSED, "5.1.1", "550 5.1.1 User unknown", "mx.other.test")


def busy(recipient: Recipient) -> Outcome:
    return Outcome(recipient, Verdict.DEFERRED, "4.4.1", "no answer", "mx.other.test")


def arrived(recipient: Recipient) -> Outcome:
    return Outcome(recipient, Verdict.DELIVERED, "2.0.0", "250 ok", "mx.other.test")


async def submit(office, *recipients: Recipient, sender: str = "alice@cities.org", **wishes: object) -> str:
    return await office.spool.accept(Envelope(sender, recipients, **wishes), ARRIVED, "submission")


async def reports(office) -> list[Message]:
    await office.settles()
    return [message_from_bytes(data) for data in await office.inbox()]


def status_of(report: Message) -> tuple[Message, list[Message]]:
    """The fields about the message, and those about each recipient."""
    assert report.get_content_type() == "multipart/report"
    first, *others = report.get_payload(1).get_payload()
    return first, others


async def test_many_recipients_that_fail_together_are_one_report(office) -> None:
    office.relay.answer = refused
    await submit(office, *(Recipient(f"u{number}@d{number % 7}.test") for number in range(100)))
    (report,) = await reports(office)
    _, about = status_of(report)
    assert [one["Final-Recipient"] for one in about] == [f"rfc822; u{n}@d{n % 7}.test" for n in range(100)]
    assert {one["Action"] for one in about} == {"failed"}


async def test_envid_and_orcpt_come_back_as_they_were_given(office) -> None:
    office.relay.answer = refused
    bob = Recipient("bob@other.test", original="rfc822;Robert+Tag@other.test")
    await submit(office, bob, envelope_id="QQ314159 id", dsn_return="HDRS")
    (report,) = await reports(office)
    about_message, (about_bob,) = status_of(report)
    assert about_message["Original-Envelope-Id"] == "QQ314159 id"
    assert about_bob["Original-Recipient"] == "rfc822; Robert+Tag@other.test"
    assert about_bob["Final-Recipient"] == "rfc822; bob@other.test"
    assert about_bob["Last-Attempt-Date"]
    returned = report.get_payload(2)
    assert returned.get_content_type() == "text/rfc822-headers"
    assert "the body" not in returned.get_payload()


@pytest.mark.parametrize(
    ("notify", "failures"),
    [((), 1), (("FAILURE",), 1), (("FAILURE", "DELAY"), 1), (("SUCCESS",), 0), (("DELAY",), 0), (("NEVER",), 0)],
)
async def test_failure_is_told_to_who_wants_it(office, notify: tuple[str, ...], failures: int) -> None:
    office.relay.answer = refused
    await submit(office, Recipient("bob@other.test", frozenset(notify)))
    assert len(await reports(office)) == failures


@pytest.mark.parametrize(
    ("notify", "delays"),
    [((), 1), (("DELAY",), 1), (("FAILURE",), 0), (("SUCCESS", "FAILURE"), 0), (("NEVER",), 0)],
)
async def test_delay_is_told_once_to_who_wants_it(office, notify: tuple[str, ...], delays: int) -> None:
    office.relay.answer = busy
    await submit(
        office, Recipient("bob@other.test", frozenset(notify)), Recipient("eve@far.test", frozenset(notify))
    )
    for _ in range(60):
        await office.settles()
        office.clock.pass_by(900.0)
    told = await reports(office)
    assert len(told) == delays
    for report in told:
        assert report["Subject"].startswith("Delayed")
        _, about = status_of(report)
        assert [(one["Action"], one["Status"]) for one in about] == [("delayed", "4.4.1")] * 2
        assert all(one["Will-Retry-Until"] for one in about)
        assert report.get_payload(2).get_content_type() == "text/rfc822-headers"


async def test_each_way_of_arriving_has_a_report_of_its_own(office) -> None:
    office.relay.answer = arrived
    wish = frozenset({"SUCCESS"})
    await submit(office, Recipient("alice@cities.org", wish), Recipient("bob@other.test", wish))
    _, *told = await reports(office)
    actions = {status_of(report)[1][0]["Action"]: status_of(report)[1] for report in told}
    assert sorted(actions) == ["delivered", "relayed"]
    assert [one["Final-Recipient"] for one in actions["relayed"]] == ["rfc822; bob@other.test"]
    assert [one["Remote-MTA"] for one in actions["relayed"]] == ["dns; mx.other.test"]


async def test_a_success_before_a_crash_is_told_after_it_and_only_once(office) -> None:
    """The first destination was written down, then the server was killed while the second was being tried."""
    office.relay.answer = busy
    alice = Recipient("alice@cities.org", frozenset({"SUCCESS"}))
    envelope = Envelope("alice@cities.org", (alice, Recipient("bob@other.test")))
    await office.store.commit(
        Enqueue("old0000001", envelope, prepare(ARRIVED), "", office.clock.now(), "submission"),
        UpdateQueue("old0000001", (QueuedRecipient(alice, RecipientState.DELIVERED, 1, 0.0, "2.1.5"),)),
    )
    office.runner.wake()
    (report,) = await reports(office)
    assert status_of(report)[1][0]["Action"] == "delivered"
    office.clock.pass_by(HOUR)
    assert len(await reports(office)) == 1


async def test_mail_from_nobody_asks_for_nothing(office) -> None:
    office.relay.answer = arrived
    await submit(office, Recipient("alice@cities.org", frozenset({"SUCCESS", "FAILURE", "DELAY"})), sender="")
    assert [report.get_content_type() for report in await reports(office)] == ["text/plain"]


async def test_a_report_on_success_or_delay_that_fails_troubles_nobody(office) -> None:
    office.relay.answer = lambda recipient: (
        arrived(recipient) if recipient.address.startswith("bob") else refused(recipient)
    )
    await submit(office, Recipient("bob@other.test", frozenset({"SUCCESS"})), sender="gone@far.test")
    assert await reports(office) == []
    assert await office.spool.items() == []


async def test_automatic_mail_says_so(office) -> None:
    office.relay.answer = refused
    await submit(office, Recipient("bob@other.test"))
    (report,) = await reports(office)
    assert report["Auto-Submitted"] == "auto-replied"
    assert report["From"] == "Mail Delivery System <MAILER-DAEMON@cities.org>"
    assert report["In-Reply-To"] == report["References"] == "<1@cities.org>"
    (event,) = [event for event in office.journal.recent() if event.kind == "bounced"]
    assert "<alice@cities.org>" in event.text


async def test_words_of_strangers_are_ascii_in_an_ascii_report(office) -> None:
    office.relay.answer = lambda r: Outcome(
        r, Verdict.REFUSED, "5.1.1", "550 nadie así\r\nBcc: x", "mx.other.test"
    )
    await submit(office, Recipient("bob@other.test"))
    (report,) = await reports(office)
    assert report.get_payload(1).get_content_type() == "message/delivery-status"
    _, (about,) = status_of(report)
    assert about["Diagnostic-Code"] == "smtp; 550 nadie as\\x{ED}  Bcc: x"


async def test_internationalized_mail_gets_an_internationalized_report(office) -> None:
    office.relay.answer = refused
    await submit(office, Recipient("josé@other.test"), smtputf8=True)
    await office.settles()
    (data,) = await office.inbox()
    assert b"Content-Type: message/global-delivery-status\r\nContent-Transfer-Encoding: 8bit\r\n" in data
    assert "Final-Recipient: utf-8; josé@other.test\r\n".encode() in data
    assert b"Content-Type: message/global\r\n" in data


async def test_a_report_to_an_internationalized_sender_asks_for_smtputf8(office) -> None:
    office.relay.answer = lambda r: busy(r) if r.address.startswith("josé") else refused(r)
    await submit(office, Recipient("bob@other.test"), sender="josé@far.test", smtputf8=True)
    await office.settles()
    (report,) = await office.spool.items()
    assert report.envelope.smtputf8
    assert report.envelope.sender == ""
