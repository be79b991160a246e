"""Joining and leaving by mail with a token, holding and deciding, bounces that suspend."""

import re

import pytest

from bundled_server.mailbox.changes import Enqueue
from bundled_server.mailbox.content import prepare
from bundled_server.mda.lists.bounces import BOUNCES_TO_SUSPEND
from bundled_server.mda.lists.circulation import OWN_BODIES_OCTETS, Circulation
from bundled_server.mda.lists.clerk import ListClerk
from bundled_server.mda.lists.model import BadList

DAY = 86_400.0
DSN = (
    "From: <MAILER-DAEMON@other.test>\nSubject: failed\nContent-Type: multipart/report; "
    "report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"
    "Reporting-MTA: dns; other.test\n\nFinal-Recipient: rfc822; bob@other.test\n"
    "Action: {action}\nStatus: {status}\n\n--b--\n"
)


def command(author: str, subject: str = "", extra: str = "", body: str = "") -> str:
    return f"From: {author}\nTo: redes-request@cities.org\nSubject: {subject}\n{extra}\n{body}\n"


def reply_address(sent) -> str:
    found = re.search(r"redes-request\+[a-z2-7]{16}@cities\.org", sent.message["Reply-To"])
    assert found is not None
    return found[0]


async def members(office) -> list[str]:
    return [one["address"] for one in await office.ask("members", name="redes")]


@pytest.mark.parametrize(
    ("to", "letter"),
    [
        ("redes-join@cities.org", command("Carol <carol@else.test>")),
        ("redes-request@cities.org", command("carol@else.test", "subscribe")),
        ("redes-request@cities.org", command("carol@else.test", "", body="join please")),
    ],
)
async def test_joining_needs_an_answer_from_the_address(redes, to, letter):
    await redes.letter(to, letter, sender="carol@else.test")
    (question,) = redes.sent
    assert (question.sender, question.to) == ("", "carol@else.test")
    assert question.message["Auto-Submitted"] == "auto-replied"
    assert "carol@else.test" not in await members(redes)
    await redes.letter(
        reply_address(question), command("carol@else.test", "Re: confirm"), sender="carol@else.test"
    )
    assert "carol@else.test" in await members(redes)
    (welcome,) = redes.sent
    assert "is now a member" in welcome.text
    # the token is spent
    await redes.ask("leave", name="redes", which=("carol@else.test",))
    await redes.letter(
        reply_address(question), command("carol@else.test", "Re: confirm"), sender="carol@else.test"
    )
    assert "carol@else.test" not in await members(redes)


async def test_leaving_needs_an_answer_too(redes):
    await redes.letter("redes-leave@cities.org", command("alice@cities.org"))
    (question,) = redes.sent
    assert "alice@cities.org" in await members(redes)
    await redes.letter(reply_address(question), command("alice@cities.org", "yes"))
    assert "alice@cities.org" not in await members(redes)


async def test_a_robots_answer_confirms_nothing(redes):
    await redes.letter("redes-join@cities.org", command("carol@else.test"), sender="carol@else.test")
    (question,) = redes.sent
    vacation = command("carol@else.test", "Away", "Auto-Submitted: auto-replied\n")
    await redes.letter(reply_address(question), vacation, sender="carol@else.test")
    await redes.letter(reply_address(question), command("carol@else.test", "bounce"), sender="")
    assert "carol@else.test" not in await members(redes)


async def test_nobody_is_flooded_in_somebody_elses_name(redes):
    await redes.letter("redes-join@cities.org", command("victim@else.test"), sender="eve@else.test")
    assert len(redes.sent) == 1
    for to in ("redes-join@cities.org", "redes-request@cities.org"):
        await redes.letter(to, command("victim@else.test", "join"), sender="eve@else.test")
        assert redes.sent == []
    redes.now[0] += 3601
    await redes.letter("redes-join@cities.org", command("victim@else.test"), sender="eve@else.test")
    assert len(redes.sent) == 1


async def test_a_token_is_good_for_a_week_and_for_its_list_alone(redes):
    await redes.letter("redes-join@cities.org", command("carol@else.test"), sender="carol@else.test")
    (question,) = redes.sent
    redes.now[0] += 8 * DAY
    await redes.letter(reply_address(question), command("carol@else.test", "yes"), sender="carol@else.test")
    assert "carol@else.test" not in await members(redes)
    assert "too old" in redes.sent[0].text


async def test_help_is_given_and_unknown_words_are_answered_by_it(redes):
    await redes.letter("redes-request@cities.org", command("eve@else.test", "help"), sender="eve@else.test")
    assert "redes-join@cities.org" in redes.sent[0].text
    await redes.letter("redes-request@cities.org", command("dave@else.test", "who"), sender="dave@else.test")
    assert "There is no command in your letter." in redes.sent[0].text


async def test_a_held_letter_is_passed_on_when_an_owner_answers(redes):
    await redes.ask("set", name="redes", posting="moderated")
    await redes.letter("redes@cities.org", command("alice@cities.org", "exam dates", body="on Monday"))
    by_address = {one.to: one for one in redes.sent}
    assert set(by_address) == {"juan@cities.org", "alice@cities.org"}
    assert "waits until an owner" in by_address["alice@cities.org"].text
    question = by_address["juan@cities.org"]
    assert "exam dates" in question.text
    assert "on Monday" in question.text
    await redes.letter(reply_address(question), command("juan@cities.org", "Re: waits"), sender="juan@cities.org")
    assert len([one for one in redes.sent if one.message["Subject"] == "exam dates"]) == 3
    assert await redes.ask("held", name="redes") == []
    assert len(await redes.archive("redes")) == 1
    # a second answer finds nothing to do
    refusal = re.search(r"redes-request\+[a-z2-7]{16}@cities\.org", question.text.partition("write to")[2])
    assert refusal is not None
    await redes.letter(refusal[0], command("juan@cities.org", "no"), sender="juan@cities.org")
    assert redes.sent == []


async def test_a_held_letter_is_refused_by_command(redes):
    await redes.letter("redes@cities.org", command("eve@else.test", "buy\tnow"), sender="eve@else.test")
    (held,) = await redes.ask("held", name="redes")
    assert (held["from"], held["subject"]) == ("eve@else.test", "buy now")
    redes.sent = []
    await redes.ask("reject", name="redes", which=(held["mark"],))
    (answer,) = redes.sent
    assert (answer.to, answer.sender) == ("eve@else.test", "")
    with pytest.raises(LookupError, match="no letter"):
        await redes.ask("approve", name="redes", which=(held["mark"],))


async def test_bounces_on_five_days_suspend_a_member_and_one_day_counts_once(redes):
    await redes.letter("redes@cities.org", command("alice@cities.org", "one"))
    path = next(one.sender for one in redes.sent if one.to == "bob@other.test")
    for day in range(BOUNCES_TO_SUSPEND):
        for _ in range(3):
            await redes.letter(path, DSN.format(action="failed", status="5.1.1"), sender="")
        (bob,) = [one for one in await redes.ask("members", name="redes") if one["address"] == "bob@other.test"]
        assert (bob["bounces"], bob["suspended"]) == (day + 1, day + 1 == BOUNCES_TO_SUSPEND)
        redes.now[0] += DAY
    await redes.letter("redes@cities.org", command("alice@cities.org", "two"))
    assert "bob@other.test" not in [one.to for one in redes.sent]
    assert (await redes.ask("show", name="redes"))["suspended"] == 1
    await redes.ask("resume", name="redes", which=("bob@other.test",))
    await redes.letter("redes@cities.org", command("alice@cities.org", "three"))
    assert "bob@other.test" in [one.to for one in redes.sent]


@pytest.mark.parametrize(
    ("report", "sender"),
    [
        (DSN.format(action="delayed", status="4.4.1"), ""),
        (DSN.format(action="failed", status="5.1.1"), "eve@else.test"),
    ],
)
async def test_delays_and_forgeries_do_not_count(redes, report, sender):
    await redes.letter("redes@cities.org", command("alice@cities.org", "one"))
    path = next(one.sender for one in redes.sent if one.to == "bob@other.test")
    await redes.letter(path, report, sender=sender)
    assert all(one["bounces"] == 0 for one in await redes.ask("members", name="redes"))


@pytest.mark.parametrize("detail", ["bob=other.test=aaaaaaaa", "bob=other.test", "", "=", "x=y=z=w"])
async def test_nobody_else_can_make_a_member_bounce(redes, detail):
    to = f"redes-bounces{'+' + detail if detail else ''}@cities.org"
    await redes.letter(to, DSN.format(action="failed", status="5.1.1"), sender="")
    assert all(one["bounces"] == 0 for one in await redes.ask("members", name="redes"))


async def test_old_bounces_are_forgiven(redes):
    await redes.letter("redes@cities.org", command("alice@cities.org", "one"))
    path = next(one.sender for one in redes.sent if one.to == "bob@other.test")
    for _ in range(BOUNCES_TO_SUSPEND + 1):
        await redes.letter(path, "Subject: no report\n\nuser unknown\n", sender="")
        redes.now[0] += 31 * DAY
    (bob,) = [one for one in await redes.ask("members", name="redes") if one["address"] == "bob@other.test"]
    assert (bob["bounces"], bob["suspended"]) == (1, False)


async def test_a_deleted_list_leaves_nothing_behind(redes):
    await redes.letter("redes@cities.org", command("alice@cities.org", "one"))
    await redes.letter("redes@cities.org", command("eve@else.test", "two"), sender="eve@else.test")
    await redes.ask("delete", name="redes")
    assert await redes.ask("list") == []
    assert await redes.store.mailboxes("#lists") == []
    assert await redes.store.records("list-member", "#redes") == {}
    with pytest.raises(LookupError, match="there are: none yet"):
        await redes.ask("show", name="redes")


async def nobody(local: str, domain: str) -> bool:
    return False


async def test_a_list_is_for_a_domain_of_this_host(redes):
    circulation = Circulation(redes.shelf, lambda: "N", lambda: 0.0)
    here = ("cities.org",).__contains__
    strict = ListClerk(redes.shelf, circulation, "cities.org", nobody, is_domain=here)
    with pytest.raises(BadList, match=r"elsewhere\.test is no domain of this host"):
        await strict.answer("create", {"name": "far", "domain": "elsewhere.test", "owners": ["juan@cities.org"]})
    assert redes.shelf.get("far") is None


@pytest.mark.parametrize("octets", [100, OWN_BODIES_OCTETS // 2])
async def test_large_copies_share_one_body_and_do_without_a_link_each(redes, octets):
    circulation = Circulation(
        redes.shelf, lambda: "N", lambda: 0.0, lambda one, member: f"https://x.test/{member}"
    )
    letter = prepare(b"From: alice@cities.org\r\n\r\n" + b"x" * octets)
    step = await circulation.passed_on(redes.shelf.get("redes"), letter)
    copies = [change.content for change in step.changes if isinstance(change, Enqueue)]
    assert len(copies) == 3
    assert len({id(copy) for copy in copies}) == (3 if octets == 100 else 1)
