"""Local delivery: addresses to mailboxes, the lines on top, circles, forwards, and repetition without doubles."""

from collections.abc import AsyncIterator

import pytest

from bundled_server.courier import Verdict
from bundled_server.envelope import Envelope, Recipient
from bundled_server.journal import Journal
from bundled_server.mailbox.changes import Enqueue, PutUser
from bundled_server.mailbox.content import prepare
from bundled_server.mailbox.memory_store import MemoryStore
from bundled_server.mda.addresses import Addresses, Target
from bundled_server.mda.local import LocalCourier, LocalParts
from bundled_server.mda.trace import with_lines

MESSAGE = b"Received: from there\r\nSubject: s\r\nMessage-ID: <1@other.test>\r\n\r\nHola\r\n"
ALIASES = {
    "team": ("alice", "juan@cities.org"),
    "away": ("bob@other.test",),
    "both": ("alice", "bob@other.test"),
    "round": ("about",),
    "about": ("round",),
    "dead": ("nobody",),
}


class People:
    """A directory of three."""

    async def exists(self, name: str) -> bool:
        return name in ("alice", "juan", "root")

    async def verify(self, name: str, password: str) -> bool:
        return False


class House:
    def __init__(self) -> None:
        self.store = MemoryStore(lambda: 100.0)
        self.journal = Journal("brasilia.cities.org", lambda: 100.0)
        self.addresses = Addresses(People(), ("cities.org", "brasilia.cities.org"), ALIASES, "root", 50)
        ids = iter(f"forward{number:07d}" for number in range(100))
        self.courier = LocalCourier(
            LocalParts(self.store, self.addresses, self.journal, lambda: 100.0, lambda: next(ids))
        )

    async def deliver(
        self, *addresses: str, sender: str = "bob@other.test", content: bytes = MESSAGE, key: str = "q1"
    ):
        recipients = tuple(Recipient(address) for address in addresses)
        return await self.courier.deliver(key, Envelope(sender, recipients), content)

    async def inbox(self, owner: str) -> list[bytes]:
        mailbox = await self.store.mailbox(owner, "INBOX")
        assert mailbox is not None
        index = await self.store.index(mailbox.mailbox_id)
        return [await self.store.body(content_id) for content_id in index.content_ids]


@pytest.fixture
async def house() -> AsyncIterator[House]:
    made = House()
    await made.store.open()
    for name in ("alice", "juan", "root"):
        await made.store.commit(PutUser(name, "secret"))
    yield made
    await made.store.close()


async def test_the_lines_of_final_delivery_come_on_top(house) -> None:
    (outcome,) = await house.deliver("alice@cities.org")
    assert (outcome.verdict, outcome.status) == (Verdict.DELIVERED, "2.1.5")
    (message,) = await house.inbox("alice")
    assert message == b"Return-Path: <bob@other.test>\r\nDelivered-To: alice@cities.org\r\n" + MESSAGE


@pytest.mark.parametrize(
    ("address", "owner"),
    [
        ("ALICE@Cities.ORG", "alice"),
        ("alice+lists@cities.org", "alice"),
        ("alice@brasilia.cities.org", "alice"),
        ("postmaster@cities.org", "root"),
        ("Postmaster", "root"),
        ("abuse@cities.org", "root"),
    ],
)
async def test_an_address_finds_its_owner(house, address: str, owner: str) -> None:
    (outcome,) = await house.deliver(address)
    assert outcome.verdict is Verdict.DELIVERED
    assert len(await house.inbox(owner)) == 1


async def test_the_detail_is_kept_for_the_filters_of_the_owner(house) -> None:
    resolution = await house.addresses.resolve("alice+lists@cities.org")
    assert resolution.targets == (Target("alice", "lists"),)


async def test_who_is_unknown_is_refused(house) -> None:
    outcomes = await house.deliver("eve@cities.org", "dead@cities.org", "alice@cities.org")
    assert [outcome.verdict for outcome in outcomes] == [Verdict.REFUSED, Verdict.REFUSED, Verdict.DELIVERED]
    assert outcomes[0].status == "5.1.1"


async def test_an_alias_reaches_each_member_once(house) -> None:
    await house.deliver("team@cities.org", "alice@cities.org")
    assert len(await house.inbox("alice")) == 1
    assert len(await house.inbox("juan")) == 1


async def test_aliases_that_go_in_circles_are_refused(house) -> None:
    (outcome,) = await house.deliver("round@cities.org")
    assert (outcome.verdict, outcome.status) == (Verdict.REFUSED, "5.4.6")


async def test_an_alias_to_the_outside_goes_back_into_the_queue(house) -> None:
    envelope = Envelope("carl@far.test", (Recipient("both@cities.org"),))
    plan = await house.courier.plan("q1", envelope, prepare(MESSAGE))
    (forward,) = [change for change in plan.changes if isinstance(change, Enqueue)]
    assert forward.envelope.sender == "carl@far.test"
    assert [recipient.address for recipient in forward.envelope.recipients] == ["bob@other.test"]
    assert forward.origin == "forward"
    assert forward.content.data.startswith(b"Delivered-To: both@cities.org\r\n")


async def test_a_message_that_was_here_before_goes_in_circles(house) -> None:
    again = b"Received: x\r\ndelivered-to: Alice@cities.org\r\n" + MESSAGE
    (outcome,) = await house.deliver("alice@cities.org", content=again)
    assert (outcome.verdict, outcome.status) == (Verdict.REFUSED, "5.4.6")


async def test_trying_again_delivers_nothing_twice(house) -> None:
    await house.deliver("alice@cities.org", key="q7")
    (outcome,) = await house.deliver("alice@cities.org", key="q7")
    assert outcome.verdict is Verdict.DELIVERED
    assert len(await house.inbox("alice")) == 1


async def test_a_stamped_message_gets_no_second_stamp(house) -> None:
    envelope = Envelope("bob@other.test", (Recipient("alice@cities.org"),))
    stamp = await house.courier.stamp(envelope, MESSAGE)
    assert stamp.startswith(b"Return-Path: <bob@other.test>\r\n")
    await house.courier.deliver("q1", envelope, stamp + MESSAGE)
    (message,) = await house.inbox("alice")
    assert message.count(b"Return-Path:") == message.count(b"Delivered-To:") == 1


@pytest.mark.parametrize("address", ["team@cities.org", "away@cities.org", "eve@cities.org", "bob@other.test"])
async def test_only_mail_for_one_mailbox_is_stamped(house, address: str) -> None:
    assert await house.courier.stamp(Envelope("a@b.test", (Recipient(address),)), MESSAGE) == b""


async def test_lines_on_top_change_nothing_else_that_clients_ask_for() -> None:
    lines = b"Return-Path: <>\r\nDelivered-To: alice@cities.org\r\n"
    added, scanned = with_lines(prepare(MESSAGE), lines), prepare(lines + MESSAGE)
    assert added == scanned


async def test_the_journal_tells_steps_nine_and_ten(house) -> None:
    await house.deliver("alice@cities.org")
    events = [(event.step, event.kind, event.message_id) for event in house.journal.recent()]
    assert events == [(9, "handed over", "<1@other.test>"), (10, "delivered", "<1@other.test>")]


async def test_control_characters_never_become_header_lines(house) -> None:
    await house.deliver("alice@cities.org", sender="x@y.test\r\nBcc: eve@far.test")
    (message,) = await house.inbox("alice")
    assert b"\r\nBcc:" not in message


async def test_aliases_and_roles_may_be_used_by_whom_they_lead_to(house) -> None:
    assert await house.addresses.owns("root", "postmaster@cities.org")
    assert not await house.addresses.owns("alice", "postmaster@cities.org")
    assert not await house.addresses.owns("alice", "both@cities.org")
    assert not await house.addresses.owns("alice", "alice@other.test")


async def forwarded(house, address: str, *notify: str, original: str = ""):
    recipient = Recipient(address, frozenset(notify), original)
    plan = await house.courier.plan("q1", Envelope("carl@far.test", (recipient,), "id"), prepare(MESSAGE))
    (forward,) = [change for change in plan.changes if isinstance(change, Enqueue)]
    return plan.outcomes[0], forward.envelope


async def test_a_forward_to_one_takes_all_wishes_for_reports_along(house) -> None:
    outcome, envelope = await forwarded(house, "away@cities.org", "SUCCESS", "DELAY")
    assert (outcome.dsn_passed_on, outcome.expanded) == (True, False)
    (recipient,) = envelope.recipients
    assert recipient == Recipient("bob@other.test", frozenset({"SUCCESS", "DELAY"}), "rfc822;away@cities.org")
    assert envelope.envelope_id == "id"
    _, envelope = await forwarded(house, "away@cities.org", original="rfc822;first@far.test")
    assert envelope.recipients[0].original == "rfc822;first@far.test"


@pytest.mark.parametrize(
    ("notify", "passed_on"),
    [(("SUCCESS",), {"NEVER"}), (("SUCCESS", "FAILURE"), {"FAILURE"}), ((), set()), (("NEVER",), {"NEVER"})],
)
async def test_the_success_of_a_list_is_told_here(house, notify, passed_on) -> None:
    outcome, envelope = await forwarded(house, "both@cities.org", *notify)
    assert (outcome.dsn_passed_on, outcome.expanded) == (False, True)
    assert [recipient.notify for recipient in envelope.recipients] == [frozenset(passed_on)]
