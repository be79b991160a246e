"""Local delivery: details, virtual aliases, catch-alls, forwards, several domains, quotas, roles."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from bundled_server.config import Forward
from bundled_server.courier import Outcome, Verdict
from bundled_server.envelope import Envelope, Recipient
from bundled_server.journal import Journal
from bundled_server.mailbox.changes import CreateMailbox, Enqueue, PutUser
from bundled_server.mailbox.content import prepare
from bundled_server.mailbox.memory_store import MemoryStore
from bundled_server.mda.addresses import Addresses
from bundled_server.mda.alias_book import AliasBook
from bundled_server.mda.domains import Domains
from bundled_server.mda.local import LocalCourier, LocalParts
from bundled_server.mda.quota import Quotas

MESSAGE = b"Subject: s\r\nMessage-ID: <1@other.test>\r\n\r\nHola\r\n"
ALIASES = {
    "sales": ("alice",),
    "sales@towns.org": ("juan",),
    "@towns.org": ("juan",),
    "team": ("alice", "juan", "carl@far.test"),
}


class People:
    def __init__(self) -> None:
        self.names = ["alice", "juan"]

    async def exists(self, name: str) -> bool:
        return name in self.names

    async def everybody(self) -> list[str]:
        return self.names


class House:
    def __init__(self, folder: Path) -> None:
        self.people = People()
        self.store = MemoryStore(lambda: 100.0)
        self.domains = Domains(folder / "domains.json", ("cities.org",))
        self.domains.add("towns.org")
        self.domains.alias("villages.org", "towns.org")
        self.count = 0
        self.build()

    def build(
        self,
        *,
        forwards: Mapping[str, Forward] | None = None,
        quotas: Quotas | None = None,
        detail_mailboxes: bool = True,
    ) -> None:
        self.addresses = Addresses(
            self.people,
            self.domains,
            AliasBook(ALIASES),
            "root",
            50,
            canonical=self.domains.canonical,
            forwards=forwards,
            everybody=self.people.everybody,
        )
        journal = Journal("h", lambda: 100.0)
        self.courier = LocalCourier(
            LocalParts(self.store, self.addresses, journal, lambda: 100.0, self.next_id, quotas, detail_mailboxes)
        )

    def next_id(self) -> str:
        self.count += 1
        return f"id{self.count}"

    async def deliver(self, address: str, key: str = "", content: bytes = MESSAGE) -> Outcome:
        envelope = Envelope("bob@other.test", (Recipient(address),))
        (outcome,) = await self.courier.deliver(key or self.next_id(), envelope, content)
        return outcome

    async def count_of(self, owner: str, name: str = "INBOX") -> int:
        mailbox = await self.store.mailbox(owner, name)
        return len((await self.store.index(mailbox.mailbox_id)).uids) if mailbox else 0

    async def forwarded(self) -> list[str]:
        items = await self.store.queue_items()
        return [recipient.address for item in items for recipient in item.envelope.recipients]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    made = House(tmp_path)
    await made.store.open()
    for name in ("alice", "juan"):
        await made.store.commit(PutUser(name, "secret"))
    yield made
    await made.store.close()


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("alice+Lists@cities.org", "Lists"),
        ("alice+lists@cities.org", "Lists"),
        ("alice+work/python@cities.org", "work/python"),
        ("alice+unknown@cities.org", "INBOX"),
        ("alice+trash@cities.org", "INBOX"),
        ("alice+@cities.org", "INBOX"),
    ],
)
async def test_a_detail_finds_its_mailbox_where_there_is_one(house, address: str, mailbox: str) -> None:
    await house.store.commit(CreateMailbox("alice", "Lists"), CreateMailbox("alice", "work/python"))
    assert (await house.deliver(address)).verdict is Verdict.DELIVERED
    assert await house.count_of("alice", mailbox) == 1


async def test_details_may_be_switched_off(house) -> None:
    await house.store.commit(CreateMailbox("alice", "Lists"))
    house.build(detail_mailboxes=False)
    await house.deliver("alice+Lists@cities.org")
    assert await house.count_of("alice") == 1


@pytest.mark.parametrize(
    ("address", "owner"),
    [
        ("sales@cities.org", "alice"),
        ("sales@towns.org", "juan"),
        ("Sales+x@Villages.org", "juan"),
        ("alice@towns.org", "alice"),
        ("whoever@towns.org", "juan"),
        ("who+ever@villages.org", "juan"),
    ],
)
async def test_each_domain_has_its_own_names_and_its_catch_all(house, address: str, owner: str) -> None:
    assert (await house.deliver(address)).verdict is Verdict.DELIVERED
    assert await house.count_of(owner) == 1
    local, _, domain = address.lower().partition("@")
    assert await house.addresses.exists(local.partition("+")[0], domain)


async def test_without_a_catch_all_the_unknown_is_refused(house) -> None:
    assert (await house.deliver("whoever@cities.org")).status == "5.1.1"
    assert not await house.addresses.exists("whoever", "cities.org")


async def test_nobody_owns_what_a_catch_all_catches(house) -> None:
    assert await house.addresses.owns("juan", "sales@towns.org")
    assert not await house.addresses.owns("juan", "whoever@towns.org")


@pytest.mark.parametrize("keep", [True, False])
async def test_a_forward_takes_mail_along_and_may_leave_a_copy(house, keep: bool) -> None:
    house.build(forwards={"alice": Forward(to=("a@far.test", "juan"), keep=keep)})
    outcome = await house.deliver("alice@cities.org")
    assert outcome.verdict is Verdict.DELIVERED
    assert await house.forwarded() == ["a@far.test"]
    assert await house.count_of("juan") == 1
    assert await house.count_of("alice") == keep
    assert await house.addresses.owns("alice", "alice@cities.org")


async def test_forwards_in_a_circle_leave_the_mail_with_somebody(house) -> None:
    house.build(forwards={"alice": Forward(to=("juan",)), "juan": Forward(to=("alice@cities.org",))})
    assert (await house.deliver("alice@cities.org")).verdict is Verdict.DELIVERED
    assert (await house.count_of("alice"), await house.count_of("juan")) == (1, 0)


async def test_forwarded_mail_that_comes_back_is_refused_as_a_loop(house) -> None:
    house.build(forwards={"alice": Forward(to=("a@far.test",))})
    await house.deliver("alice@cities.org")
    (item,) = await house.store.queue_items()
    back = b"Received: from far.test\r\n" + await house.store.body(item.content_id)
    assert (await house.deliver("alice@cities.org", content=back)).status == "5.4.6"


@pytest.mark.parametrize("role", ["postmaster", "abuse", "Postmaster+x"])
@pytest.mark.parametrize("domain", ["cities.org", "towns.org", "villages.org"])
async def test_roles_are_read_on_every_domain(house, role: str, domain: str) -> None:
    house.build(quotas=Quotas(house.store, lambda: 100.0, octets=1))
    assert await house.courier.has_room(f"{role}@{domain}")
    assert (await house.deliver(f"{role}@{domain}")).verdict is Verdict.DELIVERED
    assert await house.count_of("alice") == 1, "there is no root, so it is the first of all; over quota or not"


async def test_mail_for_the_postmaster_waits_for_the_first_user(house) -> None:
    house.people.names = []
    outcome = await house.deliver("postmaster@cities.org", "q1")
    assert (outcome.verdict, outcome.status) == (Verdict.DEFERRED, "4.2.1")
    house.people.names = ["juan"]
    assert (await house.deliver("postmaster@cities.org", "q1")).verdict is Verdict.DELIVERED


async def test_over_quota_mail_waits_and_comes_when_there_is_room(house) -> None:
    limits = {"alice": 300}
    house.build(quotas=Quotas(house.store, lambda: 100.0, by_user=limits))
    assert (await house.deliver("alice@cities.org")).verdict is Verdict.DELIVERED
    assert await house.courier.has_room("alice@cities.org")
    for _ in range(3):
        outcome = await house.deliver("alice@cities.org", "q7")
        if outcome.verdict is Verdict.DEFERRED:
            break
        await house.deliver("alice@cities.org")
    assert (outcome.status, outcome.text) == ("4.2.2", "the mailbox of alice is full")
    assert (await house.deliver("juan@cities.org")).verdict is Verdict.DELIVERED
    limits["alice"] = 0
    assert (await house.deliver("alice@cities.org", "q7")).verdict is Verdict.DELIVERED


async def test_over_quota_may_be_refused_at_once(house) -> None:
    house.build(quotas=Quotas(house.store, lambda: 100.0, octets=10, refuses=True))
    outcome = await house.deliver("alice@cities.org")
    assert (outcome.verdict, outcome.status) == (Verdict.REFUSED, "5.2.2")


async def test_one_full_mailbox_keeps_nobody_elses_mail_and_doubles_nothing(house) -> None:
    limits = {"juan": 10}
    house.build(quotas=Quotas(house.store, lambda: 100.0, by_user=limits))
    outcome = await house.deliver("team@cities.org", "q1")
    assert (outcome.verdict, outcome.status) == (Verdict.DEFERRED, "4.2.2")
    assert (await house.count_of("alice"), await house.forwarded()) == (1, [])
    limits.clear()
    assert (await house.deliver("team@cities.org", "q1")).verdict is Verdict.DELIVERED
    assert (await house.count_of("alice"), await house.count_of("juan")) == (1, 1)
    assert await house.forwarded() == ["carl@far.test"]


async def test_a_burst_does_not_slip_through_the_quota(house) -> None:
    house.build(quotas=Quotas(house.store, lambda: 100.0, octets=1000))
    envelope = Envelope("bob@other.test", (Recipient("alice@cities.org"),))
    plans = [await house.courier.plan(f"q{n}", envelope, prepare(MESSAGE)) for n in range(50)]
    delivered = [plan for plan in plans if plan.outcomes[0].verdict is Verdict.DELIVERED]
    assert 1 < len(delivered) < 11
    assert all(not isinstance(change, Enqueue) for plan in plans for change in plan.changes)
