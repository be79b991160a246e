"""THREAD, THREADID and SEARCH THREADID as a client sees them while mail comes and goes (RFC 5256, RFC 8474)."""

import re


def letter(number, subject, *references):
    head = f"Message-ID: <{number}@x.test>\r\nSubject: {subject}\r\nDate: {number} Aug 2005 12:00:00 +0000\r\n"
    links = f"References: {' '.join(f'<{one}@x.test>' for one in references)}\r\n" if references else ""
    return f"{head}{links}\r\ntext\r\n".encode()


async def test_threads_follow_the_mailbox(agent):
    await agent.deliver(letter(1, "a"), letter(2, "Re: a", 1), letter(3, "b"))
    async with agent.imap_client(mailbox="INBOX") as client:
        assert (await client.runs("THREAD REFERENCES UTF-8 ALL"))[0] == "* THREAD (1 2)(3)"
        await agent.deliver(letter(4, "Re: b", 3), letter(5, "c", 1, 2))
        await client.runs("NOOP")
        assert (await client.runs("THREAD REFERENCES UTF-8 ALL"))[0] == "* THREAD (1 2 5)(3 4)"
        await client.runs("STORE 1 +FLAGS.SILENT (\\Deleted)")
        await client.runs("EXPUNGE")
        assert (await client.runs("THREAD REFERENCES UTF-8 ALL"))[0] == "* THREAD (1 4)(2 3)"
        assert (await client.runs("UID THREAD REFERENCES UTF-8 ALL"))[0] == "* THREAD (2 5)(3 4)"
        assert (await client.runs("THREAD REFERENCES UTF-8 SUBJECT b"))[0] == "* THREAD (2 3)"
        assert (await client.runs("THREAD ORDEREDSUBJECT UTF-8 ALL"))[0] == "* THREAD (1)(2 3)(4)"


async def test_a_thread_has_a_name_that_stays(agent):
    await agent.deliver(letter(1, "a"), letter(2, "Re: a", 1), letter(3, "b"), b"Subject: x\r\n\r\nno id\r\n")
    async with agent.imap_client(mailbox="INBOX") as client:
        first = await client.runs("FETCH 1:4 (THREADID)")
        names = [re.search(r"THREADID \(([A-Za-z0-9_-]+)\)", line)[1] for line in first[:-1]]
        assert names[0] == names[1] and len(set(names)) == 3
        for name, wanted in ((names[0], "1 2"), (names[2], "3"), (names[3], "4"), ("Tnone", "")):
            assert (await client.runs(f"SEARCH THREADID {name}"))[0] == f"* SEARCH {wanted}".strip()
        await client.runs("COPY 2 Elsewhere")
        await client.runs("CREATE Elsewhere")
        await client.runs("COPY 2 Elsewhere")
        await agent.deliver(*(letter(number, "a", 1, 2) for number in range(5, 28)), letter(28, "z"))
        await agent.deliver(*(letter(28, f"z{number}") for number in range(20)))
        await client.runs("NOOP")
        assert await client.runs("FETCH 1:4 (THREADID)") == first
        found = (await client.runs(f"SEARCH THREADID {names[0]}"))[0]
        assert found == "* SEARCH 1 2 " + " ".join(map(str, range(5, 28)))
        await client.runs("SELECT Elsewhere")
        assert f"THREADID ({names[0]})" in (await client.runs("FETCH 1 (THREADID)"))[0]
