"""Clients that nobody here wrote, against the session on a real socket."""

import asyncio
import imaplib
import shutil
import subprocess
from pathlib import Path

import pytest


async def test_imaplib_goes_through_its_paces(agent, make_message):
    await agent.deliver(make_message("one"), make_message("two"))

    def paces() -> None:
        client = imaplib.IMAP4("127.0.0.1", agent.imap.port, timeout=60)
        assert client.login("alice", "123456")[0] == "OK"
        assert client.create("Kept")[0] == "OK"
        assert client.select("INBOX") == ("OK", [b"2"])
        status, data = client.fetch("1", "(RFC822 FLAGS)")
        assert status == "OK"
        assert data[0][1] == make_message("one")
        assert client.search(None, "SUBJECT", '"two"') == ("OK", [b"2"])
        assert client.append("Kept", "\\Seen", imaplib.Time2Internaldate(0), make_message("three"))[0] == "OK"
        assert client.copy("1:2", "Kept")[0] == "OK"
        assert client.store("1", "+FLAGS", "\\Deleted")[0] == "OK"
        assert client.expunge() == ("OK", [b"1"])
        assert client.select("Kept", readonly=True) == ("OK", [b"3"])
        assert client.uid("FETCH", "1:*", "(UID RFC822.SIZE)")[0] == "OK"
        assert client.close()[0] == "OK"
        assert client.logout()[0] == "BYE"

    await asyncio.to_thread(paces)


@pytest.mark.peer
@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
async def test_curl_fetches_searches_and_appends(agent, make_message, tmp_path: Path):
    await agent.deliver(make_message("one"))
    place = f"imap://127.0.0.1:{agent.imap.port}"
    letter = tmp_path / "letter"
    letter.write_bytes(make_message("two"))

    async def curl(*arguments: str) -> str:
        command = ["curl", "-sS", "--max-time", "10", "-u", "alice:123456", *arguments]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, timeout=60, check=True)
        return done.stdout.decode()

    assert await curl(f"{place}/INBOX;UID=1") == make_message("one").decode()
    await curl("-T", str(letter), f"{place}/INBOX")
    assert await curl(f"{place}/INBOX?SUBJECT%20two") == "* SEARCH 2\r\n"
    assert "INBOX" in await curl(place)


@pytest.mark.peer
@pytest.mark.skipif(not shutil.which("mbsync"), reason="mbsync is not installed")
async def test_mbsync_copies_both_ways(agent, make_message, tmp_path: Path):
    await agent.deliver(make_message("one"), make_message("two", "lines\r\n" * 2000))
    (tmp_path / "mail").mkdir()
    settings = tmp_path / "mbsyncrc"
    settings.write_text(
        f"IMAPAccount here\nHost 127.0.0.1\nPort {agent.imap.port}\nUser alice\nPass 123456\nSSLType None\n"
        "AuthMechs LOGIN\n\nIMAPStore far\nAccount here\n\nMaildirStore near\n"
        f"Path {tmp_path}/mail/\nInbox {tmp_path}/mail/INBOX\nSubFolders Verbatim\n\n"
        "Channel all\nFar :far:\nNear :near:\nPatterns *\nCreate Both\nExpunge Both\nSyncState *\n"
    )

    async def sync() -> None:
        command = ["mbsync", "-c", str(settings), "-a"]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, timeout=30, check=False)
        assert done.returncode == 0, done.stderr.decode()

    await sync()
    inbox = tmp_path / "mail" / "INBOX"
    copies = [*(inbox / "new").iterdir(), *(inbox / "cur").iterdir()]
    assert len(copies) == 2
    (inbox / "cur" / "1.local:2,S").write_bytes(make_message("three").replace(b"\r\n", b"\n"))
    copies[0].unlink()
    await sync()
    async with agent.imap_client(mailbox="INBOX") as client:
        assert (await client.runs("SEARCH SUBJECT three SEEN"))[0] == "* SEARCH 2"
