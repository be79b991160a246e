"""What becomes of letters to a list: who may write, what the members get, what circles."""

import pytest

from bundled_server.courier import Verdict

PLAIN = (
    "From: Alice <alice@cities.org>\nTo: redes@cities.org\nSubject: the first chapter\n"
    "Message-ID: <1@cities.org>\nDKIM-Signature: v=1; d=cities.org\n\nHello\n"
)


def by(author: str, extra: str = "") -> str:
    return f"From: {author}\nTo: redes@cities.org\nSubject: hello\n{extra}\nHello\n"


async def test_every_member_gets_a_copy_of_one_body_with_a_return_path_of_its_own(redes):
    outcome = await redes.letter("redes@cities.org", PLAIN)
    assert outcome.verdict is Verdict.DELIVERED
    assert sorted(one.to for one in redes.sent) == ["alice@cities.org", "bob@other.test", "juan@cities.org"]
    assert len({one.content.digest for one in redes.sent}) == 1
    senders = {one.to: one.sender for one in redes.sent}
    assert len(set(senders.values())) == 3
    assert senders["bob@other.test"].startswith("redes-bounces+bob=other.test=")
    assert senders["bob@other.test"].endswith("@cities.org")
    assert [event.kind for event in redes.journal.recent()] == ["list"]
    assert await redes.archive("redes") == [redes.sent[0].content.data]


async def test_the_header_says_which_list_it_was(redes):
    await redes.letter("redes@cities.org", PLAIN)
    message = redes.sent[0].message
    assert message["List-Id"] == '"Computer networks" <redes.cities.org>'
    assert message["List-Post"] == "<mailto:redes@cities.org>"
    assert message["List-Unsubscribe"] == "<mailto:redes-leave@cities.org>"
    assert message["List-Subscribe"] == "<mailto:redes-join@cities.org>"
    assert message["List-Help"] == "<mailto:redes-request@cities.org?subject=help>"
    assert message["List-Owner"] == "<mailto:redes-owner@cities.org>"
    assert message["Precedence"] == "list"
    assert message["Sender"] == "redes-bounces@cities.org"
    assert (message["From"], message["Subject"]) == ("Alice <alice@cities.org>", "the first chapter")
    assert message["Message-ID"] == "<1@cities.org>"
    assert message.get_payload() == "Hello\r\n"


async def test_options_tag_the_subject_and_turn_the_answers(redes):
    await redes.ask("set", name="redes", subject_tag="Redes", reply_to="list", munges_from=True)
    await redes.letter("redes@cities.org", PLAIN.replace("Subject:", "Reply-To: x@y.test\nSubject:"))
    message = redes.sent[0].message
    assert message["Subject"] == "[Redes] the first chapter"
    assert message.get_all("Reply-To") == ["redes@cities.org"]
    assert message.get_all("From") == ['"Alice via redes" <redes@cities.org>']
    assert message["X-Original-From"] == "Alice <alice@cities.org>"
    await redes.letter("redes@cities.org", PLAIN.replace("Subject:", "Subject: Re: [redes]"))
    assert redes.sent[0].message["Subject"] == "Re: [redes] the first chapter"
    await redes.ask("set", name="redes", reply_to="sender")
    await redes.letter("redes@cities.org", PLAIN)
    assert redes.sent[0].message["Reply-To"] == "alice@cities.org"


async def test_a_tag_and_a_description_in_other_letters_are_encoded(redes):
    await redes.ask("set", name="redes", subject_tag="Señales", description="Comunicación")
    await redes.letter("redes@cities.org", PLAIN)
    header = redes.sent[0].text.partition("\r\n\r\n")[0]
    assert header.isascii()
    assert "Subject: =?utf-8?" in header
    assert "List-Id: =?utf-8?" in header


@pytest.mark.parametrize(
    ("posting", "author", "verdict", "copies"),
    [
        ("open", "alice@cities.org", Verdict.DELIVERED, 3),
        ("open", "Stranger <eve@else.test>", Verdict.DELIVERED, 0),
        ("announce", "juan@cities.org", Verdict.DELIVERED, 3),
        ("announce", "alice@cities.org", Verdict.REFUSED, 0),
        ("moderated", "juan@cities.org", Verdict.DELIVERED, 3),
        ("moderated", "alice@cities.org", Verdict.DELIVERED, 0),
        ("open", "alice@cities.org, eve@else.test", Verdict.DELIVERED, 0),
    ],
)
async def test_the_kind_of_list_decides_who_writes(redes, posting, author, verdict, copies):
    await redes.ask("set", name="redes", posting=posting)
    outcome = await redes.letter("redes@cities.org", by(author))
    assert outcome.verdict is verdict
    assert len([one for one in redes.sent if one.sender.startswith("redes-bounces+")]) == copies
    held = await redes.ask("held", name="redes")
    assert len(held) == (verdict is Verdict.DELIVERED and not copies)


@pytest.mark.parametrize(
    "extra",
    [
        "List-Id: Computer networks <redes.cities.org>\n",
        "List-Post: <mailto:redes@cities.org>\n",
        "Auto-Submitted: auto-replied\n",
        "Auto-Submitted: auto-generated (rejected)\n",
    ],
)
async def test_what_circles_or_answers_by_itself_is_not_passed_on(redes, extra):
    outcome = await redes.letter("redes@cities.org", by("alice@cities.org", extra))
    assert outcome.verdict is Verdict.DELIVERED
    assert redes.sent == []
    assert await redes.ask("held", name="redes") == []


async def test_a_list_that_is_a_member_of_itself_ends(redes):
    await redes.ask("join", name="redes", which=("redes@cities.org",))
    await redes.letter("redes@cities.org", PLAIN)
    again = next(one for one in redes.sent if one.to == "redes@cities.org")
    outcome = await redes.letter("redes@cities.org", again.content.data, sender=again.sender)
    assert outcome.verdict is Verdict.REFUSED  # Delivered-To says that it was here
    assert redes.sent == []


@pytest.mark.parametrize("extra", ["Precedence: bulk\n", "List-Id: <news.else.test>\n"])
async def test_mail_of_another_list_waits_for_an_owner(redes, extra):
    await redes.letter("redes@cities.org", by("alice@cities.org", extra))
    assert len(await redes.ask("held", name="redes")) == 1
    assert [one.to for one in redes.sent] == ["juan@cities.org"]  # and its writer is not answered


async def test_a_bounce_to_the_list_itself_goes_nowhere(redes):
    await redes.letter("redes@cities.org", by("mailer-daemon@else.test"), sender="")
    assert redes.sent == []


async def test_letters_to_the_owner_reach_the_owners(redes):
    await redes.ask("set", name="redes", owners=("juan@cities.org", "prof@else.test"))
    await redes.letter("redes-owner@cities.org", by("eve@else.test"), sender="eve@else.test")
    assert sorted(one.to for one in redes.sent) == ["juan@cities.org", "prof@else.test"]
    assert {one.sender for one in redes.sent} == {"redes-bounces@cities.org"}


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("description", "x\r\nBcc: eve@else.test"),
        ("description", "x\ny"),
        ("subject_tag", "a\r\n\r\nb"),
        ("subject_tag", "\x1b[2J"),
        ("description", "x" * 201),
    ],
)
async def test_line_ends_in_the_fields_of_a_list_are_refused(redes, field, text):
    with pytest.raises(ValueError, match="one line"):
        await redes.ask("set", name="redes", **{field: text})


@pytest.mark.parametrize(
    "address", ["alice", "a b@x.test", "x@y.test\r\nRCPT TO:<eve@else.test>", "<a@b.test>", "@x.test", "a@"]
)
async def test_what_is_no_address_becomes_no_member(redes, address):
    with pytest.raises(ValueError, match="is not an address"):
        await redes.ask("join", name="redes", which=(address,))


async def test_a_hostile_header_adds_no_line(redes):
    await redes.ask("set", name="redes", munges_from=True, subject_tag="r")
    hostile = "From: =?utf-8?q?a=0D=0ABcc=3A_eve=40else.test?= <alice@cities.org>\nSubject: x\n\nHello\n"
    await redes.letter("redes@cities.org", hostile)
    header = redes.sent[0].text.partition("\r\n\r\n")[0]
    assert not any(line.lower().startswith("bcc:") for line in header.split("\r\n"))
    assert "\n" not in header.replace("\r\n", "")


@pytest.mark.parametrize("name", ["redes-join", "a b", "../x", "", "x" * 41, "Ünder"])
async def test_names_that_cannot_be(office, name):
    with pytest.raises(ValueError):
        await office.ask("create", name=name, owners=("juan@cities.org",))


async def test_a_list_takes_nobodys_address_and_needs_an_owner(redes):
    with pytest.raises(ValueError, match="somebody's address already"):
        await redes.ask("create", name="alice", owners=("juan@cities.org",))
    with pytest.raises(ValueError, match="there is a list redes"):
        await redes.ask("create", name="Redes", owners=("juan@cities.org",))
    with pytest.raises(ValueError, match="needs an owner"):
        await redes.ask("create", name="other", owners=())


@pytest.mark.parametrize(
    "author",
    [
        "=?utf-8?b?/w==?= <\x01@x.test>",
        "ñandú@else.test",
        "<@>",
        '"a b"@else.test',
        "eve@else.test\x1b[2J",
        "@",
        "a" * 65 + "@else.test",
        "group: a@b.test, c@d.test;",
        "",
    ],
)
async def test_authors_that_cannot_be_written_to_are_held_and_not_answered(redes, author):
    outcome = await redes.letter("redes@cities.org", by(author).encode())
    assert outcome.verdict is Verdict.DELIVERED
    assert [one.to for one in redes.sent] == ["juan@cities.org"]
    for end in ("request", "join", "leave"):
        await redes.letter(f"redes-{end}@cities.org", by(author).encode())
        assert redes.sent == []


@pytest.mark.parametrize(
    ("sender", "extra", "answered"),
    [
        ("eve@else.test", "", True),
        ("spammer@bad.test", "", False),
        ("eve@else.test", "X-Spam-Action: quarantine\nX-Spam-Flag: YES\n", False),
    ],
)
async def test_only_who_sent_a_letter_under_the_own_name_hears_that_it_waits(redes, sender, extra, answered):
    await redes.letter("redes@cities.org", by("eve@else.test", extra), sender=sender)
    assert len(await redes.ask("held", name="redes")) == 1
    assert ("eve@else.test" in [one.to for one in redes.sent]) is answered


async def test_what_the_filters_keep_apart_waits_for_an_owner_whoever_wrote_it(redes):
    await redes.letter("redes@cities.org", by("alice@cities.org", "X-Spam-Action: junk\n"))
    assert len(await redes.ask("held", name="redes")) == 1
    assert [one.to for one in redes.sent] == ["juan@cities.org"]
