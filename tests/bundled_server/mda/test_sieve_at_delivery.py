"""Sieve at delivery: mailboxes, flags, replies, redirects, refusals; once each, whatever is repeated."""

import base64
from collections.abc import AsyncIterator

import pytest

from bundled_server.config import Limits
from bundled_server.courier import LocalPlan, Outcome, Verdict
from bundled_server.envelope import Envelope, Recipient
from bundled_server.journal import Journal
from bundled_server.mailbox.changes import Added, AddMessage, CreateMailbox, Enqueue, PutUser
from bundled_server.mailbox.content import prepare
from bundled_server.mailbox.memory_store import MemoryStore
from bundled_server.mailbox.scripts import ScriptShelf
from bundled_server.mda.addresses import Addresses
from bundled_server.mda.local import LocalCourier, LocalParts
from bundled_server.mda.sieve.library import ScriptLibrary
from bundled_server.mda.sieve.sifter import Sifter, SifterParts

LIMITS = Limits().sieve
VACATION = 'require "vacation"; vacation :subject "Away" "Gone fishing.";'
ALIASES = {"team": ("alice", "juan@cities.org"), "sales": ("alice",)}


class People:
    """A directory of three."""

    async def exists(self, name: str) -> bool:
        return name in ("alice", "juan", "root")

    async def verify(self, name: str, password: str) -> bool:
        return False


class House:
    """One host's local delivery with a clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.store = MemoryStore(lambda: self.now)
        self.journal = Journal("brasilia.cities.org", lambda: self.now)
        self.shelf = ScriptShelf(self.store)
        self.library = ScriptLibrary(self.shelf, LIMITS)
        self._ids = (f"new{number:07d}" for number in range(1000))
        self.addresses = Addresses(People(), ("cities.org",), ALIASES, "root", 50)
        self.restart()

    def restart(self) -> None:
        """A courier that remembers nothing."""
        ids = self._ids
        parts = SifterParts(
            self.store,
            self.addresses,
            self.library,
            LIMITS,
            lambda: self.now,
            lambda: next(ids),
            "brasilia.cities.org",
            "cities.org",
        )
        self.courier = LocalCourier(
            LocalParts(
                self.store,
                self.addresses,
                self.journal,
                lambda: self.now,
                lambda: next(ids),
                sifter=Sifter(parts),
            )
        )

    async def script(self, text: str, owner: str = "alice") -> None:
        await self.shelf.put(owner, "main", text.encode())
        await self.shelf.activate(owner, "main")

    async def plan(self, message: bytes, key: str, *addresses: str, sender: str) -> LocalPlan:
        recipients = tuple(Recipient(address) for address in addresses)
        return await self.courier.plan(key, Envelope(sender, recipients), prepare(message))

    async def deliver(
        self,
        message: bytes | None = None,
        *addresses: str,
        sender: str = "bob@other.test",
        key: str = "q1",
    ) -> tuple[Outcome, ...]:
        plan = await self.plan(message or letter(), key, *(addresses or ("alice@cities.org",)), sender=sender)
        plan.settled(await self.store.commit(*plan.changes) if plan.changes else ())
        return plan.outcomes

    async def mailbox(self, name: str, owner: str = "alice") -> list[tuple[bytes, frozenset[str]]]:
        mailbox = await self.store.mailbox(owner, name)
        if mailbox is None:
            return []
        index = await self.store.index(mailbox.mailbox_id)
        bodies = [await self.store.body(content_id) for content_id in index.content_ids]
        return list(zip(bodies, index.flags, strict=True))

    async def count(self, name: str, owner: str = "alice") -> int:
        return len(await self.mailbox(name, owner))

    async def queued(self) -> list[tuple[str, str, bytes]]:
        """Sender, recipient and message of everything in the queue."""
        items = sorted(await self.store.queue_items(), key=lambda item: item.queue_id)
        return [
            (item.envelope.sender, item.recipients[0].recipient.address, await self.store.body(item.content_id))
            for item in items
        ]

    def notes(self) -> list[str]:
        return [event.text for event in self.journal.recent() if event.kind == "sifted"]


def letter(*fields: str, to: str = "alice@cities.org", number: int = 1) -> bytes:
    head = [f"To: {to}", "Subject: Hola", f"Message-ID: <{number}@other.test>", "From: bob@other.test", *fields]
    return "\r\n".join([*head, "", "Hello", ""]).encode()


@pytest.fixture
async def house() -> AsyncIterator[House]:
    made = House()
    await made.store.open()
    for name in ("alice", "juan", "root"):
        await made.store.commit(PutUser(name, "secret"))
    await made.store.commit(CreateMailbox("alice", "Lists"))
    yield made
    await made.store.close()


async def test_without_a_script_mail_goes_into_the_inbox(house: House) -> None:
    await house.deliver()
    assert await house.count("INBOX") == 1
    assert house.notes() == []


async def test_fileinto_and_flags(house: House) -> None:
    await house.script(r'require ["fileinto", "imap4flags"]; fileinto :flags ["\\seen", "work"] "Lists";')
    await house.deliver()
    ((_, flags),) = await house.mailbox("Lists")
    assert flags == {"\\Seen", "work"}
    assert await house.count("INBOX") == 0
    assert house.notes() == ['alice\'s "main", line 1: fileinto "Lists" with \\Seen work']


async def test_an_inactive_script_does_nothing(house: House) -> None:
    await house.script("discard;")
    await house.shelf.activate("alice", "")
    await house.deliver()
    assert await house.count("INBOX") == 1


async def test_keep_and_fileinto_inbox_are_one_copy(house: House) -> None:
    await house.script('require "fileinto"; fileinto "inbox"; keep;')
    await house.deliver()
    assert await house.count("INBOX") == 1


async def test_a_mailbox_that_is_not_there(house: House) -> None:
    await house.script('require "fileinto"; fileinto "Nowhere";')
    await house.deliver()
    assert await house.count("INBOX") == 1
    assert "there is no mailbox" in house.notes()[-1]
    await house.script('require ["fileinto", "mailbox"]; fileinto :create "No/where";')
    await house.deliver(key="q2")
    assert await house.count("No/where") == 1


@pytest.mark.parametrize("name", ["#lists/redes", "../x", "a//b", "/a", "a/", "50%", "a/" * 40 + "a"])
async def test_no_mailbox_is_made_under_a_name_that_no_client_could_use(house: House, name: str) -> None:
    await house.script(
        'require ["fileinto", "mailbox", "variables"];if header :matches "x-name" "*" { fileinto :create "${1}"; }'
    )
    encoded = base64.b64encode(name.encode()).decode()
    before = len(await house.store.mailboxes("alice"))
    await house.deliver(letter(f"X-Name: =?utf-8?b?{encoded}?="))
    assert await house.count("INBOX") == 1
    assert len(await house.store.mailboxes("alice")) == before


async def test_a_mailbox_below_the_inbox_is_below_the_inbox(house: House) -> None:
    await house.script('require ["fileinto", "mailbox"]; fileinto :create "inbox/news";')
    await house.deliver()
    assert await house.count("INBOX/news") == 1


async def test_special_use_wins_over_the_name(house: House) -> None:
    await house.script(r'require ["fileinto", "special-use"]; fileinto :specialuse "\\archive" "Nowhere";')
    await house.deliver()
    assert await house.count("Archive") == 1


async def test_discard_is_delivered_and_leaves_nothing(house: House) -> None:
    await house.script("discard;")
    (outcome,) = await house.deliver()
    assert outcome.verdict is Verdict.DELIVERED
    assert await house.count("INBOX") == 0
    assert await house.queued() == []


async def test_redirect_goes_through_the_queue_from_the_same_sender(house: House) -> None:
    await house.script('redirect "kate@other.test";')
    await house.deliver()
    ((sender, recipient, message),) = await house.queued()
    assert (sender, recipient) == ("bob@other.test", "kate@other.test")
    assert message == b"Delivered-To: alice@cities.org\r\n" + letter()
    assert await house.count("INBOX") == 0


async def test_what_comes_back_from_a_redirect_is_not_sent_round_again(house: House) -> None:
    await house.script('redirect "kate@other.test";')
    await house.deliver()
    ((_, _, message),) = await house.queued()
    (outcome,) = await house.deliver(message, key="q2")
    assert (outcome.verdict, outcome.status) == (Verdict.REFUSED, "5.4.6")
    assert len(await house.queued()) == 1


async def test_a_redirect_to_oneself_keeps(house: House) -> None:
    await house.script('redirect "sales@cities.org";')
    await house.deliver()
    assert await house.count("INBOX") == 1
    assert await house.queued() == []


async def test_reject_is_an_outcome_with_the_reason_on_one_line(house: House) -> None:
    await house.script('require "reject"; reject "Not\r\nhere.\x07";')
    (outcome,) = await house.deliver()
    assert (outcome.verdict, outcome.status, outcome.text) == (Verdict.REFUSED, "5.7.1", "Not here.")
    assert await house.count("INBOX") == 0


async def test_one_of_several_and_the_postmaster_cannot_refuse(house: House) -> None:
    await house.script('require "reject"; reject "no";')
    await house.script('require "reject"; reject "no";', owner="root")
    outcomes = await house.deliver(None, "team@cities.org", "postmaster@cities.org")
    assert [outcome.verdict for outcome in outcomes] == [Verdict.DELIVERED] * 2
    assert [await house.count("INBOX", owner) for owner in ("alice", "juan", "root")] == [1, 1, 1]


async def test_a_vacation_reply(house: House) -> None:
    await house.script(VACATION)
    await house.deliver(letter("References: <0@other.test>"))
    ((sender, recipient, message),) = await house.queued()
    assert (sender, recipient) == ("", "bob@other.test")
    header, _, body = message.partition(b"\r\n\r\n")
    lines = header.split(b"\r\n")
    assert body == b"Gone fishing.\r\n"
    for line in (
        b"From: alice@cities.org",
        b"To: <bob@other.test>",
        b"Subject: Away",
        b"In-Reply-To: <1@other.test>",
        b"References: <0@other.test>",
        b"Auto-Submitted: auto-replied (vacation)",
    ):
        assert line in lines
    assert await house.count("INBOX") == 1


async def test_one_reply_to_each_sender_until_the_days_are_over(house: House) -> None:
    await house.script('require "vacation"; vacation :days 2 "Gone.";')
    for key in ("q1", "q2"):
        await house.deliver(key=key)
    await house.deliver(key="q3", sender="Kate@other.test")
    assert len(await house.queued()) == 2
    house.restart()
    house.now += 3600
    await house.deliver(key="q4", sender="kate@OTHER.test")
    assert len(await house.queued()) == 2
    house.now += 2 * 86_400
    await house.deliver(key="q5")
    assert len(await house.queued()) == 3


async def test_two_messages_planned_before_the_first_is_committed_get_one_reply(house: House) -> None:
    await house.script(VACATION)
    plans = [await house.plan(letter(), key, "alice@cities.org", sender="bob@other.test") for key in ("q1", "q2")]
    changes = [change for plan in plans for change in plan.changes]
    assert sum(isinstance(change, Enqueue) for change in changes) == 1


@pytest.mark.parametrize(
    ("fields", "to", "sender"),
    [
        ((), "alice@cities.org", ""),
        ((), "alice@cities.org", "owner-mutt@mutt.org"),
        ((), "alice@cities.org", "mutt-request@mutt.org"),
        ((), "alice@cities.org", "MAILER-DAEMON@other.test"),
        ((), "alice@cities.org", "no-reply@other.test"),
        ((), "juan@cities.org", "bob@other.test"),
        ((), "alice@cities.org", "alice@cities.org"),
        (("Auto-Submitted: auto-generated",), "alice@cities.org", "bob@other.test"),
        (("List-Id: <mutt.mutt.org>",), "alice@cities.org", "bob@other.test"),
        (("Precedence: bulk",), "alice@cities.org", "bob@other.test"),
        (("X-Spam-Flag: YES",), "alice@cities.org", "bob@other.test"),
    ],
)
async def test_who_gets_no_vacation_reply(house: House, fields: tuple[str, ...], to: str, sender: str) -> None:
    await house.script(VACATION)
    await house.deliver(letter(*fields, to=to), sender=sender)
    assert await house.queued() == []
    assert "no vacation reply" in house.notes()[-1]
    assert await house.count("INBOX") == 1


async def test_an_alias_and_addresses_named_in_the_script_are_the_user_too(house: House) -> None:
    await house.script('require "vacation"; vacation :addresses "me@elsewhere.test" "Gone.";')
    await house.deliver(letter(to="sales@cities.org"), key="q1")
    await house.deliver(letter(to="me@elsewhere.test"), key="q2", sender="kate@other.test")
    assert [message.split(b"\r\n")[0] for _, _, message in await house.queued()] == [
        b"From: sales@cities.org",
        b"From: alice@cities.org",  # an address that is not this host's may be written to, not written from
    ]


async def test_nobody_replies_in_another_s_name(house: House) -> None:
    await house.script('require "vacation"; vacation :from "Juan <juan@cities.org>" "Gone.";')
    await house.deliver()
    await house.script('require "vacation"; vacation :from "Sales <sales@cities.org>" "Gone.";')
    await house.deliver(key="q2")
    assert [message.split(b"\r\n")[0] for _, _, message in await house.queued()] == [
        b"From: alice@cities.org",
        b"From: Sales <sales@cities.org>",
    ]


async def test_no_field_is_smuggled_into_a_reply(house: House) -> None:
    await house.script(
        'require ["vacation", "variables"]; if header :matches "x-evil" "*" { set "e" "${1}"; }'
        'vacation :subject "Re: ${e}" "Gone.";'
    )
    await house.deliver(letter("X-Evil: =?utf-8?q?a=0D=0ABcc:_eve@evil.test?="))
    assert await house.queued() == []  # a line break in a field is an error: kept, and the owner is told
    assert await house.count("INBOX") == 2
    await house.script('require "vacation"; vacation "Gone.";')
    await house.deliver(letter().replace(b"Hola", b"=?utf-8?q?a=0D=0ABcc:_eve@evil.test?="), key="q2")
    ((_, _, message),) = await house.queued()
    assert b"\r\nBcc:" not in message
    assert b"Subject: Auto: a  Bcc: eve@evil.test\r\n" in message


async def test_mime_reasons_bring_content_fields_only(house: House) -> None:
    await house.script(
        'require "vacation"; vacation :mime "Content-Type: text/html\nBcc: eve@evil.test\n\n<b>Gone</b>";'
    )
    await house.deliver()
    ((_, _, message),) = await house.queued()
    assert b"Content-Type: text/html\r\n\r\n<b>Gone</b>" in message
    assert b"Bcc" not in message


async def test_duplicates_are_known_again_until_they_are_forgotten(house: House) -> None:
    await house.script('require ["duplicate", "fileinto"]; if duplicate :seconds 600 { fileinto "Lists"; }')
    await house.deliver(key="q1")
    await house.deliver(key="q2")
    assert (await house.count("INBOX"), await house.count("Lists")) == (1, 1)
    house.now += 601
    await house.deliver(key="q3")
    assert (await house.count("INBOX"), await house.count("Lists")) == (2, 1)


async def test_an_error_keeps_the_message_and_tells_the_owner_once(house: House) -> None:
    await house.script('require "variables"; redirect "${nothing}";')
    await house.deliver(key="q1")
    await house.deliver(key="q2")
    bodies = [body for body, _ in await house.mailbox("INBOX")]
    notices = [body for body in bodies if b"Your Sieve script could not be carried through" in body]
    assert (len(bodies), len(notices)) == (3, 1)
    assert b"line 1: redirect to" in notices[0]


async def test_a_run_that_is_repeated_changes_nothing(house: House) -> None:
    """As after kill -9 between the commit and the answer: the same queue id is planned again."""
    await house.script(
        'require ["copy", "fileinto", "vacation"]; redirect :copy "kate@other.test"; fileinto :copy "Lists";'
        'vacation "Gone.";'
    )
    await house.deliver(key="q1")
    house.restart()
    await house.deliver(key="q1")
    assert (await house.count("INBOX"), await house.count("Lists"), len(await house.queued())) == (1, 1, 2)


async def test_two_addresses_of_one_user_run_the_script_once(house: House) -> None:
    await house.script('redirect :copy "kate@other.test";'.replace("redirect", 'require "copy"; redirect'))
    await house.deliver(None, "alice@cities.org", "sales@cities.org")
    assert (await house.count("INBOX"), len(await house.queued())) == (1, 1)


async def test_scripts_of_the_host_run_before_and_after(house: House, tmp_path) -> None:
    before, after = tmp_path / "before.sieve", tmp_path / "after.sieve"
    before.write_text('require ["fileinto", "imap4flags"]; if header :is "x-kind" "junk" { fileinto "Archive"; }')
    after.write_text('require "fileinto"; fileinto "Lists";')
    house.library.before, house.library.after = before, after
    await house.deliver(letter("X-Kind: junk"), key="q1")
    assert (await house.count("Archive"), await house.count("Lists")) == (1, 0)
    await house.deliver(key="q2")
    assert (await house.count("Archive"), await house.count("Lists")) == (1, 1)
    await house.script("keep;")  # an explicit keep leaves the implicit one in force: the script after is run
    await house.deliver(key="q3")
    assert (await house.count("INBOX"), await house.count("Lists")) == (1, 2)


async def test_stop_ends_its_own_script_and_not_the_next(house: House, tmp_path) -> None:
    before = tmp_path / "before.sieve"
    before.write_text("if true { stop; } discard;")
    house.library.before = before
    await house.script('require "fileinto"; fileinto "Lists";')
    await house.deliver()
    assert (await house.count("INBOX"), await house.count("Lists")) == (0, 1)


async def test_scripts_include_each_other_within_limits(house: House, tmp_path) -> None:
    (tmp_path / "common.sieve").write_text('require "fileinto"; fileinto "Lists";')
    house.library.global_folder = tmp_path
    await house.script('require "include"; include :global "common";')
    await house.deliver(key="q1")
    assert await house.count("Lists") == 1
    await house.script('require "include"; include "main";')
    await house.deliver(key="q2")
    assert any("perhaps in a circle" in note for note in house.notes())
    await house.script('require "include"; include :optional "missing"; include :global "missing";')
    await house.deliver(key="q3")
    assert any('no global script "missing"' in note for note in house.notes())


async def test_spamtest_reads_the_marks_of_our_filters(house: House) -> None:
    await house.script(
        'require ["spamtest", "relational", "comparator-i;ascii-numeric", "fileinto"];'
        'if spamtest :value "ge" :comparator "i;ascii-numeric" "5" { fileinto "Lists"; }'
    )
    await house.deliver(letter("X-Spam-Status: No, score=1.0 required=5.0 tests=none"), key="q1")
    await house.deliver(letter("X-Spam-Status: Yes, score=5.0 required=5.0 tests=dnsbl"), key="q2")
    await house.deliver(key="q3")
    assert (await house.count("INBOX"), await house.count("Lists")) == (2, 1)


async def test_virustest_reads_the_worst_that_a_scanner_said(house: House) -> None:
    await house.script(
        'require ["virustest", "relational", "comparator-i;ascii-numeric", "fileinto"];'
        'if virustest :value "ge" :comparator "i;ascii-numeric" "4" { fileinto "Lists"; }'
    )
    await house.deliver(letter("X-Virus-Status: Clean, clamd", "X-Virus-Status: Suspicious, embedded"), key="q1")
    await house.deliver(letter("X-Virus-Status: Clean, clamd"), key="q2")
    assert (await house.count("INBOX"), await house.count("Lists")) == (1, 1)


@pytest.mark.parametrize(
    ("script", "mailbox"),
    [
        ("", "Junk"),
        ('require "imap4flags"; addflag "seen";', "Junk"),
        ("keep;", "INBOX"),
        ('require "fileinto"; fileinto "Lists";', "Lists"),
    ],
)
async def test_spam_goes_into_junk_unless_the_script_decides(house: House, script: str, mailbox: str) -> None:
    await house.script(script)
    await house.deliver(b"X-Spam-Flag: YES\r\nX-Spam-Action: junk\r\n" + letter())
    assert {name: await house.count(name) for name in ("INBOX", "Junk", "Lists")} == dict.fromkeys(
        ("INBOX", "Junk", "Lists"), 0
    ) | {mailbox: 1}


async def test_every_change_of_a_delivery_is_in_one_commit(house: House) -> None:
    await house.script('require ["fileinto", "copy"]; fileinto "Lists"; redirect :copy "kate@other.test";')
    plan = await house.plan(letter(), "q1", "alice@cities.org", sender="bob@other.test")
    assert await house.count("Lists") == 0
    assert await house.queued() == []
    kinds = [type(change).__name__ for change in plan.changes]
    assert kinds == [AddMessage.__name__, Enqueue.__name__, "PutRecords"]
    results = await house.store.commit(*plan.changes)
    assert isinstance(results[0], Added)
