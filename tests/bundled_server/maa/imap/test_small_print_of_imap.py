"""Rules that a conformance suite looks for and clients seldom meet; each was once answered wrongly here."""

import pytest

FLAGS = "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $New)"


async def test_a_new_keyword_is_announced_before_a_message_shows_it(agent, make_message):
    """RFC 3501 §7.2.6, to the session that stores it and to one that hears of it."""
    await agent.deliver(make_message())
    async with agent.imap_client(mailbox="INBOX") as one, agent.imap_client(mailbox="INBOX") as other:
        stored = await one.runs("STORE 1 +FLAGS ($New)")
        assert stored[0] == FLAGS and stored[2].startswith("* 1 FETCH (FLAGS ($New")
        assert stored[1].startswith("* OK [PERMANENTFLAGS (") and "$New \\*)]" in stored[1]
        heard = await other.runs("NOOP")
        assert heard[0] == FLAGS and "$New" in heard[2]
        assert not any(line.startswith("* FLAGS") for line in await one.runs("STORE 1 -FLAGS ($New)"))
        assert not any(line.startswith("* FLAGS") for line in await other.runs("FETCH 1 FLAGS"))


async def test_a_fetch_that_meets_a_new_keyword_announces_it(agent, make_message):
    await agent.deliver(make_message())
    async with agent.imap_client(mailbox="INBOX") as one, agent.imap_client(mailbox="INBOX") as other:
        await one.runs("STORE 1 +FLAGS.SILENT ($New)")
        lines = await other.runs("FETCH 1 FLAGS")
        assert lines[0] == FLAGS and "$New" in lines[2]


async def test_nul_in_a_part_travels_in_base64(agent):
    """RFC 3516 §4.4: what came by literal8 is given back by BINARY, and BODY has no NUL."""
    head = b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding:\r\n binary\r\n\r\n"
    async with agent.imap_client() as client:
        client.sends(b"t APPEND INBOX ~{%d+}\r\n%b\r\n" % (len(head) + 5, head + b"\0-\xff\r\n"))
        assert (await client.reads_until("t "))[-1].startswith("t OK")
        await client.runs("SELECT INBOX")
        assert (await client.runs("FETCH 1 BINARY.SIZE[1]"))[0] == "* 1 FETCH (BINARY.SIZE[1] 5)"
        lines = await client.runs("FETCH 1 (BINARY.PEEK[1])")
        assert lines[0] == "* 1 FETCH (BINARY[1] ~{5}"
        assert lines[1] == "\0-\udcff"
        assert "AC3/DQo=" in await client.runs("FETCH 1 (BODY.PEEK[])")
        assert '"BASE64"' in (await client.runs("FETCH 1 (BODY)"))[0]


@pytest.mark.parametrize("text", [b"no header at all \0", b"\r\n\0body", b"A: b\r\n\r\n\0"])
async def test_nul_without_much_of_a_header_comes_back_too(agent, text):
    async with agent.imap_client() as client:
        client.sends(b"t APPEND INBOX ~{%d+}\r\n%b\r\n" % (len(text), text))
        assert (await client.reads_until("t "))[-1].startswith("t OK")
        await client.runs("SELECT INBOX")
        assert "\0" in "".join(await client.runs("FETCH 1 (BINARY.PEEK[1])"))


async def test_spaces_at_the_end_of_a_quoted_printable_line_mean_nothing(agent):
    """RFC 2045 §6.7, rule 3."""
    head = b"Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    await agent.deliver(head + b"hello  \r\nfoo = \t\r\nbar\r\n")
    async with agent.imap_client(mailbox="INBOX") as client:
        lines = await client.runs("FETCH 1 (BINARY.PEEK[1])")
        assert lines[:3] == ["* 1 FETCH (BINARY[1] {16}", "hello", "foo bar"]


@pytest.mark.parametrize("count", [1, 50])
async def test_addresses_are_searched_as_the_envelope_tells_them(agent, count):
    """RFC 3501 §6.4.4: comments and quoting do not hide an address; read one by one, and from the index."""
    await agent.deliver(
        b"From: <bob (at home) @ (the) b.test>\r\n\r\n1", b'From: "Bob \\"B\\"" <x@b.test>\r\n\r\n2'
    )
    await agent.deliver(*(b"From: other%d@x.test\r\n\r\n" % number for number in range(count)))
    await agent.store.catch_up()
    async with agent.imap_client(mailbox="INBOX") as client:
        assert (await client.runs("SEARCH FROM bob@b.test"))[0] == "* SEARCH 1"
        assert (await client.runs("SEARCH FROM home"))[0] == "* SEARCH 1"
        assert (await client.runs('SEARCH FROM {9+}\r\nBob "B" <'))[0] == "* SEARCH 2"


async def test_a_pattern_that_is_no_name_fits_nothing(agent):
    async with agent.imap_client() as client:
        assert await client.runs('LIST "" &\'x%*') == ["t OK LIST completed"]
        assert await client.runs('LSUB "" &AAA') == ["t OK LSUB completed"]


async def test_child_info_is_not_told_when_the_child_is_asked_for(agent):
    """RFC 5258 §3."""
    async with agent.imap_client() as client:
        await client.runs("CREATE up/down")
        await client.runs("SUBSCRIBE up/down")
        only = 'LIST (SUBSCRIBED RECURSIVEMATCH) "" '
        parent = '* LIST (\\HasChildren) "/" up ("CHILDINFO" ("SUBSCRIBED"))'
        child = '* LIST (\\HasNoChildren \\Subscribed) "/" up/down'
        assert await client.runs(only + "(up)") == [parent, "t OK LIST completed"]
        assert await client.runs(only + "(up up/down)") == [child, "t OK LIST completed"]
        assert await client.runs(only + "(up up/*)") == [child, "t OK LIST completed"]


async def test_subjects_sort_as_capitals_do(agent):
    """RFC 5051: i;unicode-casemap compares title case, so that "_" and "[" come after the letters."""
    await agent.deliver(*(f"Subject: {text}\r\n\r\n".encode() for text in ("_", "b", "[x]", "A", "é", "f")))
    async with agent.imap_client(mailbox="INBOX") as client:
        assert (await client.runs("SORT (SUBJECT) UTF-8 ALL"))[0] == "* SORT 4 2 5 6 3 1"
