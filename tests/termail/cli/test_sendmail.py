"""`termail sendmail` as git send-email and cron call it, against a server that plays a script."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from termail.cli.errors import UserError
from termail.cli.sendmail import account_for, read_words
from termail.config import Account, Settings
from termail.mime.outgoing import DraftError
from termail.mime.piped import read_piped

LETTER = b"From: Alice <alice@cities.org>\nTo: bob@other.test\nCc: c@x\nBcc: d@x\nSubject: hi\n\nbody\n"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["-t", "-i"], (True, True, "", [])),
        (["-ti"], (True, True, "", [])),
        (["-oi", "-oem", "-f", "a@b", "x@y"], (False, True, "a@b", ["x@y"])),
        (["-fa@b", "-F", "Name", "-B8BITMIME", "x@y,z@y"], (False, False, "a@b", ["x@y", "z@y"])),
        (["-bm", "-N", "failure", "-v", "x@y", "root"], (False, False, "", ["x@y", "root"])),
        (["-f", "<a@b>", "--", "x@y"], (False, False, "a@b", ["x@y"])),
    ],
)
def test_the_words_of_the_classic(words: list[str], found: tuple) -> None:
    wishes = read_words(words)
    assert (wishes.from_header, wishes.dot_is_text, wishes.sender, wishes.recipients) == found


@pytest.mark.parametrize("words", [["-bs"], ["-q"], ["-f"]])
def test_what_only_a_server_can_do_is_refused(words: list[str]) -> None:
    with pytest.raises(UserError):
        read_words(words)


def test_recipients_come_from_the_header_when_wished() -> None:
    built = read_piped(LETTER, "alice@cities.org", "Alice", ["root"], from_header=True, date=0.0)
    assert built.recipients == ("alice@cities.org", "bob@other.test", "c@x", "d@x")
    assert read_piped(LETTER, "a@x", "A", ["x@y"], from_header=False, date=0.0).recipients == ("x@y",)
    with pytest.raises(DraftError):
        read_piped(LETTER, "a@x", "A", [], from_header=False, date=0.0)


@pytest.mark.parametrize("text", [b"just words\n", b"\njust words\n", b"From root Mon\n\njust words\n"])
def test_what_is_missing_is_added(text: bytes) -> None:
    built = read_piped(text, "a@x", "Ann <a@x>", ["root"], from_header=False, date=0.0)
    header, _, body = built.raw.partition(b"\r\n\r\n")
    assert header.startswith(b"From: Ann <a@x>\r\nDate: ")
    assert built.message_id.encode() in header
    assert body == b"just words\r\n"


def test_the_account_is_the_senders() -> None:
    accounts = {
        "home": Account(from_="a@home", retrieve="imaps://a@h", send="smtp://a@h"),
        "work": Account(from_="a@work", retrieve="imaps://a@h", send="smtp://a@h", alternates=("b@work",)),
    }
    settings = Settings(accounts=accounts)
    assert account_for(settings, "", b"From: B <B@work>\n\n")[0] == "work"
    assert account_for(settings, "a@home", b"From: B <b@work>\n\n")[0] == "home"
    assert account_for(settings, "", b"\n")[0] == "home"


async def test_a_piped_message_goes_out_without_its_blind_recipients(scripted, tmp_path: Path) -> None:
    dialogue = "S: 220 ready\nC: EHLO\nS: 250 mail\nC: MAIL FROM:<alice@cities.org>\nS: 250 ok\n"
    dialogue += "".join(f"C: RCPT TO:<{entry}>\nS: 250 ok\n" for entry in ("bob@other.test", "c@x", "d@x"))
    lines = 8  # From, To, Cc, Subject, Date, Message-ID, the empty one, body
    dialogue += "C: DATA\nS: 354 go\n" + "C\n" * lines + "C: .\nS: 250 ok\nC: QUIT\nS: 221 bye"
    server = await scripted(dialogue)
    (tmp_path / "config.toml").write_text(
        f"""[accounts.work]
        from = "alice@cities.org"
        retrieve = "maildir:{tmp_path / "none"}"
        send = "smtp+insecure://127.0.0.1:{server.port}"
        """
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "termail", "sendmail", "-t", "-i"),
        env={**os.environ, "TERMAIL_CONFIG_DIR": str(tmp_path), "TERMAIL_DATA_DIR": str(tmp_path / "data")},
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        _, said = await process.communicate(LETTER)
    assert (process.returncode, said) == (0, b"")
    assert not any("Bcc" in line for line in server.heard)
