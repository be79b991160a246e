"""The client in a real terminal against the practice world: read, write, delete, sync, quit, start again."""

import sys
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes
from imaplib import IMAP4
from pathlib import Path

import pytest
from terminal import Terminal

CONFIG = """
[accounts.alice]
from = "Alice <alice@cities.org>"
retrieve = "imap://alice@127.0.0.1:{imap}"
send = "smtp://alice@127.0.0.1:{submission}"
password_command = "echo 123456"
ca = "{ca}"
[ui]
undo_send_seconds = 0.0
"""


@pytest.fixture
def client(world, tmp_path: Path) -> Iterator[Callable[[], Terminal]]:
    """Starts alice's client, with the same settings and the same store each time."""
    (tmp_path / "config").mkdir(mode=0o700)
    ports = {service: world.port("cities.org", service) for service in ("imap", "submission")}
    (tmp_path / "config/config.toml").write_text(CONFIG.format(ca=world.folder / "ca.pem", **ports))
    opened: list[Terminal] = []

    def start() -> Terminal:
        command = [sys.executable, "-m", "termail", "--config", str(tmp_path / "config")]
        terminal = Terminal([*command, "--data", str(tmp_path / "data")], environment={"EDITOR": "", "VISUAL": ""})
        opened.append(terminal)
        return terminal

    yield start
    for terminal in opened:
        terminal.close()


def mailbox(world, domain: str, user: str, name: str = "INBOX") -> dict[str, str]:
    """Subject → text of every message, as another client sees it."""
    with IMAP4("127.0.0.1", world.port(domain, "imap")) as other:
        other.login(user, "123456")
        status, count = other.select(name, readonly=True)
        assert status == "OK"
        if count == [b"0"]:
            return {}
        raws = [item[1] for item in other.fetch("1:*", "(BODY.PEEK[])")[1] if isinstance(item, tuple)]
    return {str(message["Subject"]): message.as_string() for message in map(message_from_bytes, raws)}


def soon(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Return when the condition holds; what it waits for happens in other processes."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)


def quit_client(terminal: Terminal) -> None:
    terminal.press("q")
    assert terminal.wait_for_exit() == 0


def test_alice_writes_to_bob_and_it_arrives_at_the_other_host(world, client) -> None:
    terminal = client()
    terminal.wait_for("Welcome to the practice world")
    terminal.press("m")
    terminal.wait_for("To:")
    terminal.press("bob@other.test", "enter")
    terminal.wait_for("Subject:")
    terminal.press("¿Qué tal, Bob?", "enter")
    terminal.wait_for("Edit")
    terminal.press("Hola desde la terminal", "escape")
    terminal.wait_for("sends as alice@cities.org", "bob@other.test", "Hola desde la terminal")
    terminal.press("y")
    soon(lambda: any("Hola desde la terminal" in text for text in mailbox(world, "other.test", "bob").values()))
    soon(lambda: len(mailbox(world, "cities.org", "alice", "Sent")) == 1)
    terminal.wait_for("Welcome to the practice world")
    quit_client(terminal)


def test_new_mail_appears_without_a_key(world, client) -> None:
    import smtplib

    terminal = client()
    terminal.wait_for("Welcome to the practice world", "idle")
    with smtplib.SMTP("127.0.0.1", world.port("cities.org", "smtp")) as sender:
        sender.sendmail(
            "bob@other.test",
            ["alice@cities.org"],
            b"From: bob@other.test\r\nSubject: Out of the blue\r\n\r\nx\r\n",
        )
    terminal.wait_for("Out of the blue")
    quit_client(terminal)


def test_what_is_deleted_flagged_and_read_is_still_so_after_a_restart(world, client) -> None:
    terminal = client()
    terminal.wait_for("Welcome to the practice world", "Test Mail MIME Multipart")
    terminal.press("=", "F")
    terminal.wait_for("N !")
    terminal.press("*")
    terminal.press("/", "Test Mail MIME Multipart", "enter")
    terminal.press("enter")
    terminal.wait_for("Mensaje en Texto")
    terminal.press("d", "i")
    terminal.wait_for("Welcome to the practice world")
    terminal.press("$")
    terminal.wait_for("Purge")
    terminal.press("y")
    terminal.wait_for("Welcome to the practice world", gone=["Test Mail MIME Multipart"])
    quit_client(terminal)
    soon(lambda: "Test Mail MIME Multipart" not in mailbox(world, "cities.org", "alice"))
    with IMAP4("127.0.0.1", world.port("cities.org", "imap")) as other:
        other.login("alice", "123456")
        other.select("INBOX", readonly=True)
        soon(lambda: other.noop()[0] == "OK" and other.search(None, "FLAGGED")[1] == [b"1"])
    again = client()
    again.wait_for("Welcome to the practice world", "O !", gone=["Test Mail MIME Multipart"])
    quit_client(again)


def test_practice_starts_reads_and_leaves_nothing_behind(tmp_path: Path) -> None:
    terminal = Terminal([sys.executable, "-m", "termail", "practice", "--data", str(tmp_path / "practice")])
    try:
        terminal.wait_for("Welcome to the practice world", "Lunch?")
        terminal.press("/", "Welcome", "enter")
        terminal.press("enter")
        terminal.wait_for("Two mail hosts run on this machine")
        terminal.press("i")
        terminal.wait_for("Lunch?")
        terminal.press("q")
        assert terminal.wait_for_exit() == 0
    finally:
        terminal.close()
    soon(lambda: not processes_that_name(str(tmp_path)))


def test_a_killed_client_takes_the_practice_world_with_it(tmp_path: Path) -> None:
    terminal = Terminal([sys.executable, "-m", "termail", "practice", "--data", str(tmp_path / "practice")])
    try:
        terminal.wait_for("Welcome to the practice world")
    finally:
        terminal.close()  # SIGKILL
    soon(lambda: not processes_that_name(str(tmp_path)), seconds=60)


def processes_that_name(path: str) -> list[str]:
    """Command lines of running processes that hold `path`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if path in line:
            found.append(line)
    return found
