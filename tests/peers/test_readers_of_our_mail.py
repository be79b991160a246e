"""What we compose is read alike by Dovecot, neomutt and our own server: the same parts, headers and text."""

import os
import pwd
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from email.utils import formataddr
from imaplib import IMAP4
from pathlib import Path

import pytest
from terminal import Terminal

from termail.mime.draft import Attachment, Draft, build

DATE = 1795349640.0
WORDS = [
    "Hola",
    "señor",
    "=?utf-8?q?x?=",
    "日本語のテキスト",
    "a" * 90,
    "🍜🍣",
    '"quoted"',
    "(comment)",
    "x" * 300,
    "\\",
    "<>",
    "Ünïcödé",
    ";",
    "From",
    ">From",
    ".",
    "--boundary",
    "=41",
    "%",
]
TYPES = ["application/pdf", "image/png", "text/plain", "text/x-patch", "message/rfc822", "application/zip"]


def drafts(count: int) -> Iterator[Draft]:
    """Reproducible letters of all kinds."""
    chance = random.Random(6)

    def words(most: int) -> str:
        return " ".join(chance.choice(WORDS) for _ in range(chance.randint(0, most)))

    for number in range(count):
        attachments = tuple(_attachment(chance, words) for _ in range(chance.choice([0, 0, 1, 3])))
        people = [formataddr((words(3), f"p{n}@cities.org"), "utf-8") for n in range(chance.randint(1, 4))]
        yield Draft(
            account="w",
            from_=f'"{words(2).replace(chr(34), "").replace(chr(92), "")}" <ana@other.test>',
            to=", ".join(people),
            subject=f"{number} {words(6)}",
            body="\n".join(words(8) for _ in range(chance.randint(0, 6))),
            attachments=attachments,
            is_markdown=chance.random() < 0.3,
            in_reply_to="<parent@other.test>" if chance.random() < 0.5 else "",
        )


def _attachment(chance: random.Random, words: Callable[[int], str]) -> Attachment:
    content_type = chance.choice(TYPES)
    data = chance.choice([b"", b"plain\n", chance.randbytes(300)])
    return Attachment(
        filename=words(4) and f"{words(4).replace('/', '_')}.bin",
        content_type=content_type,
        data=b"Subject: inner\r\n\r\ntext\r\n" if content_type == "message/rfc822" else data,
        description=words(2),
        inline=chance.random() < 0.3,
        encoding=chance.choice(["", "quoted-printable", "7bit", "8bit"]),
    )


@pytest.fixture(scope="module")
def letters() -> list[bytes]:
    return [build(draft, date=DATE, unique=str(number)).raw for number, draft in enumerate(drafts(60))]


def faces(octets: bytes) -> list[bytes]:
    """ENVELOPE and BODYSTRUCTURE of each message, without what may differ: numbers of the line, case of words."""
    octets = re.sub(rb"\{(\d+)\}\r\n", lambda found: b"", octets)
    lines = re.split(rb"(?m)^\* \d+ FETCH ", octets)[1:]
    shown = [
        line.partition(b"BODYSTRUCTURE")[2].partition(b"\r\n")[0].strip().removesuffix(b")") for line in lines
    ]
    return [_joined(line.lower()) for line in shown]


def _joined(line: bytes) -> bytes:
    """Dovecot shows the pieces of a long parameter (RFC 2231 §3) as one, we show them as they stand."""
    line = re.sub(rb'"(\w+)\*0\*" ', rb'"\1*" ', line)
    while (shorter := re.sub(rb'("\w+\*" "[^"]*)" "\w+\*\d+\*" "', rb"\1", line)) != line:
        line = shorter
    line = line.replace(b'("charset" "us-ascii")', b"nil")  # which is what no charset means (RFC 2046 §4.1.2)
    return line.replace(b' "charset" "us-ascii"', b"").replace(b'("charset" "us-ascii" ', b"(")


def dovecot_faces(program: str, letters: list[bytes]) -> list[bytes]:
    """Debian's imap, preauthenticated, over a Maildir of its own."""
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
    try:
        for name in ("cur", "new", "tmp"):
            (folder / "Maildir" / name).mkdir(parents=True)
        for number, raw in enumerate(letters):
            (folder / f"Maildir/cur/{number:04}:2,").write_bytes(raw)
        conf = folder / "conf"
        conf.write_text(
            f"base_dir = {folder}/run\nmail_location = maildir:{folder}/Maildir\nlog_path = {folder}/log\n"
            "ssl = no\nfirst_valid_uid = 1\nfirst_valid_gid = 0\nstats_writer_socket_path =\n"
        )
        user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        who = pwd.getpwnam(user)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, who.pw_uid, who.pw_gid)
        done = subprocess.run(
            [program, "-c", str(conf)],
            input=b"a SELECT INBOX\r\nb FETCH 1:* (BODYSTRUCTURE)\r\nc LOGOUT\r\n",
            env={**os.environ, "USER": user, "HOME": str(folder)},
            capture_output=True,
            timeout=60,
            check=True,
            user=who.pw_uid if os.geteuid() == 0 else None,
            group=who.pw_gid if os.geteuid() == 0 else None,
            extra_groups=[] if os.geteuid() == 0 else None,
        )
        return faces(done.stdout)
    finally:
        shutil.rmtree(folder)


def our_faces(server, letters: list[bytes]) -> list[bytes]:
    with IMAP4("127.0.0.1", server.ports["imap"]) as client:
        client.login("library", "123456")
        client.create("Composed")
        for raw in letters:
            assert client.append("Composed", "", None, raw)[0] == "OK"
        client.select("Composed", readonly=True)
        _, data = client.fetch("1:*", "(BODYSTRUCTURE)")
        pieces = [b"".join(item) if isinstance(item, tuple) else item for item in data]
        client.unselect()
        client.delete("Composed")
    return faces(b"".join(b"* " + re.sub(rb"^(\d+) ", rb"\1 FETCH ", piece) + b"\r\n" for piece in pieces))


def test_dovecot_and_our_server_see_the_same_parts(server, letters: list[bytes]) -> None:
    program = "/usr/lib/dovecot/imap"
    if not os.access(program, os.X_OK):
        pytest.skip("dovecot-imapd is not installed")
    theirs, ours = dovecot_faces(program, letters), our_faces(server, letters)
    assert len(theirs) == len(ours) == len(letters)
    for their, our, raw in zip(theirs, ours, letters, strict=True):
        assert our == their, raw[:2000]


@pytest.mark.peer("neomutt")
def test_neomutt_shows_our_text_headers_and_attachments(program: str, tmp_path: Path) -> None:
    body = (
        "Dear Bob,\n> quoted señor\n\nFrom here on a long line that format=flowed has to wrap "
        + "word " * 30
        + "end.\n-- \nAna\n"
    )
    draft = Draft(
        account="w",
        from_="Ana Ñandú <ana@other.test>",
        to="Bob <bob@cities.org>",
        subject="Prüfung: Ergebnisse der dritten Gruppe, überarbeitet und ergänzt für alle 日本語",
        body=body,
        attachments=(
            Attachment(filename="Ergebnis – größer.pdf", content_type="application/pdf", data=b"%PDF\n"),
            Attachment(filename="a very long name " * 5 + ".txt", content_type="text/plain", data=b"note\n"),
        ),
    )
    raw = build(draft, date=DATE).raw.replace(b"\r\n", b"\n")
    (tmp_path / "box").write_bytes(b"From ana@other.test Mon Nov 23 12:00:00 2026\n" + raw + b"\n")
    settings = tmp_path / "rc"
    settings.write_text(
        f"set folder={tmp_path}\n"
        "set wait_key=no\nset pipe_decode=yes\nset sleep_time=0\nset rfc2047_parameters=no\nset reflow_text=yes\n"
        "set reflow_wrap=0\nset charset=utf-8\nset quit=yes\nset move=no\n"
    )
    terminal = Terminal(
        [program, "-n", "-F", str(settings), "-R", "-f", str(tmp_path / "box")],
        environment={"HOME": str(tmp_path), "LC_ALL": "C.UTF-8"},
        columns=160,
    )
    try:
        terminal.wait_for("Prüfung: Ergebnisse")
        terminal.press("|")
        terminal.wait_for("Pipe to command")
        terminal.press(*f"cat > {tmp_path}/shown")
        terminal.press("enter")
        terminal.wait_for("Prüfung: Ergebnisse")
        terminal.press("v")
        terminal.wait_for("Ergebnis – größer.pdf", "applica/pdf")
        terminal.wait_for("a very long name a very long name")
        terminal.press("q")
        terminal.press("q")
        terminal.wait_for_exit()
    finally:
        terminal.close()
    shown = " ".join((tmp_path / "shown").read_text().split())  # however it is folded
    assert "Subject: Prüfung: Ergebnisse der dritten Gruppe, überarbeitet und ergänzt für alle 日本語" in shown
    assert "From: Ana Ñandú <ana@other.test>" in shown and "> quoted señor" in shown
    assert "wrap " + "word " * 30 + "end." in shown


@pytest.mark.peer("git")
def test_git_send_email_sends_patches_through_our_sendmail(server, program: str, run, tmp_path: Path) -> None:
    if "send-email" not in run(program, "help", "-a"):
        pytest.skip("git send-email is not installed")
    config = tmp_path / "config"
    config.mkdir()
    (authority,) = (server.data / "tls").glob("*.pem")
    (config / "config.toml").write_text(
        f"""[accounts.juan]
        from = "Juan <juan@cities.org>"
        retrieve = "imap://juan@127.0.0.1:{server.ports["imap"]}"
        send = "smtp://juan@127.0.0.1:{server.ports["submission"]}"
        password_command = "echo 123456"
        ca = "{authority}"
        """
    )
    sendmail = tmp_path / "sendmail"
    termail = shutil.which("termail", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    sendmail.write_text(
        f'#!/bin/sh\nTERMAIL_CONFIG_DIR={config} TERMAIL_DATA_DIR={tmp_path}/data exec {termail} sendmail "$@"\n'
    )
    sendmail.chmod(0o755)
    work = tmp_path / "work"
    git = [program, "-C", str(work), "-c", "user.name=Juan Ñ", "-c", "user.email=juan@cities.org"]
    run(program, "init", "-q", str(work))
    for number, text in enumerate(["one\n", "one\ntwo  \n", "one\ntwo  \nñandú\n.dot\nFrom here\n"]):
        (work / "file").write_text(text)
        run(*git, "add", "file")
        run(*git, "commit", "-qm", f"Change {number}: señal")
    run(
        *git,
        "send-email",
        "--quiet",
        "--confirm=never",
        "--suppress-cc=all",
        f"--sendmail-cmd={sendmail}",
        "--to=alice@cities.org",
        "HEAD~2",
        home=tmp_path,
    )
    server.wait_for("alice", "[PATCH 2/2] =?UTF-8?q?Change=202:=20se=C3=B1al?=")
    with IMAP4("127.0.0.1", server.ports["imap"]) as client:
        client.login("alice", "123456")
        client.select("INBOX", readonly=True)
        _, found = client.search(None, "SUBJECT", '"PATCH"')
        _, data = client.fetch(b",".join(found[0].split()[-2:]), "(BODY.PEEK[])")
    patches = [item[1].replace(b"\r\n", b"\n") for item in data if isinstance(item, tuple)]
    other = tmp_path / "other"
    run(program, "clone", "-q", str(work), str(other))
    run(program, "-C", str(other), "reset", "-q", "--hard", "HEAD~2")
    for number, patch in enumerate(patches):
        (tmp_path / f"{number}.patch").write_bytes(patch)
        run(
            program,
            "-C",
            str(other),
            "-c",
            "user.name=A",
            "-c",
            "user.email=a@b.c",
            "am",
            "-q",
            str(tmp_path / f"{number}.patch"),
        )
    assert (other / "file").read_bytes() == (work / "file").read_bytes()
