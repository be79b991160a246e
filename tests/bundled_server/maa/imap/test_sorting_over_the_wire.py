"""SORT and THREAD on real sockets (RFC 5256, RFC 5957, RFC 5267)."""

import pytest

LETTERS = [
    (b"Zoe <zoe@a.test>", b"alice@x.test", b"Re: plans", b"Thu, 11 Aug 2005 10:00:00 +0000", b"<2@t>", b"<1@t>"),
    (b"bob@b.test", b"Zed <a@x.test>", b"plans", b"Thu, 11 Aug 2005 11:00:00 +0200", b"<1@t>", b""),
    (b"=?utf-8?q?=C3=81lvaro?= <yago@c.test>", b"m@x.test", b"Apples", b"nonsense", b"<3@t>", b""),
    (b"carol@d.test", b"b@x.test", b"[list] plans", b"Fri, 12 Aug 2005 10:00:00 +0000", b"<4@t>", b""),
]


@pytest.fixture
async def client(agent):
    await agent.deliver(
        *(
            b"From: %b\r\nTo: %b\r\nSubject: %b\r\nDate: %b\r\nMessage-ID: %b\r\nReferences: %b\r\n\r\n%b"
            % (*letter, b"x" * number)
            for number, letter in enumerate(LETTERS)
        )
    )
    async with agent.imap_client(mailbox="INBOX") as client:
        yield client


SORTED = [
    ("(DATE)", "2 1 3 4"),  # 3 counts by its arrival
    ("(REVERSE DATE)", "4 3 1 2"),
    ("(SUBJECT)", "3 1 2 4"),
    ("(SUBJECT REVERSE DATE)", "3 4 1 2"),
    ("(REVERSE SUBJECT DATE)", "2 1 4 3"),
    ("(FROM)", "2 4 3 1"),
    ("(DISPLAYFROM)", "3 2 4 1"),
    ("(TO)", "2 1 4 3"),
    ("(DISPLAYTO)", "1 4 3 2"),
    ("(CC)", "1 2 3 4"),
    ("(REVERSE CC)", "1 2 3 4"),
    ("(ARRIVAL REVERSE SIZE)", "1 4 2 3"),
]


@pytest.mark.parametrize(("criteria", "wanted"), SORTED)
async def test_sorted_by(client, criteria, wanted):
    assert await client.runs(f"SORT {criteria} UTF-8 ALL") == [f"* SORT {wanted}", "t OK SORT completed"]


async def test_sort_has_the_result_options_of_search(client):
    lines = await client.runs("UID SORT RETURN (MIN MAX COUNT ALL) (DATE) US-ASCII NOT 3")
    assert lines[0] == '* ESEARCH (TAG "t") UID MIN 2 MAX 4 ALL 2,1,4 COUNT 3'
    assert await client.runs("SORT RETURN (SAVE) (REVERSE DATE) UTF-8 SUBJECT plans") == ["t OK SORT completed"]
    assert (await client.runs("SEARCH $"))[0] == "* SEARCH 1 2 4"


async def test_nothing_sorted_and_bad_words(client):
    assert (await client.runs("SORT (DATE) UTF-8 SUBJECT nothing"))[0] == "* SORT"
    assert (await client.runs("THREAD REFERENCES UTF-8 SUBJECT nothing"))[0] == "* THREAD"
    for command in ("SORT () UTF-8 ALL", "SORT (CHEESE) UTF-8 ALL", "SORT (DATE) ALL", "THREAD REFS UTF-8 ALL"):
        assert (await client.runs(command))[-1].startswith(("t BAD", "t NO [BADCHARSET"))
    assert (await client.runs("SORT (DATE) KOI8-X ALL"))[-1].startswith("t NO [BADCHARSET")


async def test_threads_of_a_mailbox(client):
    assert (await client.runs("THREAD REFERENCES UTF-8 ALL"))[0] == "* THREAD ((2 1)(4))(3)"
    assert (await client.runs("UID THREAD ORDEREDSUBJECT UTF-8 ALL"))[0] == "* THREAD (2 (1)(4))(3)"
    assert (await client.runs("THREAD ORDEREDSUBJECT UTF-8 3:4"))[0] == "* THREAD (3)(4)"


async def test_sort_after_another_client_expunged(agent, client):
    async with agent.imap_client(mailbox="INBOX") as other:
        await other.runs("STORE 2 +FLAGS (\\Deleted)")
        await other.runs("EXPUNGE")
    assert (await client.runs("SORT (SUBJECT) UTF-8 ALL"))[-1].startswith("t OK")
    assert (await client.runs("THREAD REFERENCES UTF-8 ALL"))[-1].startswith("t OK")
