"""Allow and deny lists: what may stand on them, whom they mean, and that nobody gets in by a name alone."""

import pytest

from bundled_server.filter_config import Lists
from bundled_server.filters.list_book import BadPattern, ListBook, pattern_of
from bundled_server.filters.lists import ListsFilter
from bundled_server.filters.question import Question, Visit
from bundled_server.filters.verdict import Stage, Word


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Ann@Example.ORG", "ann@example.org"),
        ("@example.org", "example.org"),
        (".example.org", "example.org"),
        ("*.example.org", "example.org"),
        ("192.0.2.7", "192.0.2.7/32"),
        ("192.0.2.7/24", "192.0.2.0/24"),
        ("2001:db8::/32", "2001:db8::/32"),
    ],
)
def test_patterns(written: str, kept: str) -> None:
    assert pattern_of(written) == kept


@pytest.mark.parametrize("written", ["", "two words", "a@b\r\nX: y", "192.0.2.0/64", "a@@b", "@", "a,b"])
def test_what_is_no_pattern(written: str) -> None:
    with pytest.raises(BadPattern):
        pattern_of(written)


async def people(address: str) -> list[str]:
    return {"both@here.test": ["alice", "bob"]}.get(address, [address.partition("@")[0]])


def lists(store, allow: tuple[str, ...] = (), deny: tuple[str, ...] = ()) -> ListsFilter:
    return ListsFilter(Lists(allow=allow, deny=deny), ListBook(store), people)


def question(sender: str = "ann@sub.far.test", to: str = "alice@here.test", spf: str = "") -> Question:
    asked = Question(Visit("s", "192.0.2.9"), sender, to, recipients=(to,))
    asked.findings.spf = spf
    return asked


async def test_the_hosts_lists_by_network_domain_and_address(store, ask) -> None:
    assert (await ask(lists(store, deny=("192.0.2.0/24",)), Stage.CONNECT, question())).word is Word.REJECT
    narrower = lists(store, deny=("192.0.2.0/24",), allow=("192.0.2.9",))
    assert (await ask(narrower, Stage.CONNECT, question())).vouches
    denied = lists(store, deny=("far.test",), allow=("ann@sub.far.test",))
    assert await ask(denied, Stage.MAIL, question()) is None, "the address is more than the domain"
    assert (await ask(denied, Stage.MAIL, question("x@far.test"))).word is Word.REJECT
    assert await ask(denied, Stage.MAIL, question("x@notfar.test")) is None


async def test_an_allowed_sender_counts_only_when_spf_does_not_say_otherwise(store, ask) -> None:
    link = lists(store, allow=("far.test",))
    assert (await ask(link, Stage.RCPT, question(spf="pass"))).vouches
    assert (await ask(link, Stage.RCPT, question(spf=""))).vouches, "nobody asks SPF here"
    forged = question(spf="fail")
    verdict = await ask(link, Stage.RCPT, forged)
    assert not verdict.vouches
    assert verdict.reason == "far.test is on the allow list, but SPF does not say it is from there"
    assert await ask(link, Stage.DATA, forged) is None


async def test_a_users_own_list_is_for_that_user_alone(store, ask) -> None:
    link, book = lists(store), ListBook(store)
    assert await book.put("alice", "far.test", "deny")
    assert not await book.put("alice", "far.test", "deny")
    assert (await ask(link, Stage.RCPT, question())).word is Word.REJECT
    assert await ask(link, Stage.RCPT, question(to="bob@here.test")) is None
    assert await ask(link, Stage.RCPT, question(to="both@here.test")) is None, "bob wants it"
    await book.put("alice", "far.test", "allow")
    allowed = question()
    assert (await ask(link, Stage.RCPT, allowed)).vouches
    assert (await ask(link, Stage.DATA, allowed)).vouches
    both = Question(allowed.visit, "ann@far.test", recipients=("alice@here.test", "bob@here.test"))
    assert await ask(link, Stage.DATA, both) is None, "bob did not allow it"
    assert await book.remove("alice", "far.test") and not await book.remove("alice", "far.test")
