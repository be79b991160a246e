"""Writing and sending: keys in compose at 2,000 lines beside neomutt and its editor, and 1,000 queued messages.

    python tests/bench/sending.py [--messages 1000] [--runs 3]

The messages wait in the outbox and `termail sync` sends them to Postfix's smtp-sink; msmtp, which sends what it is
given and keeps no queue, is started once for each of them. Ours commits each step of each message to disk (so
that a kill at any moment loses nothing) and files a copy under Sent. Needs neomutt, vim, msmtp and postfix.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from socket import create_connection, socket
from urllib.parse import quote

from figures import scratch, show
from typist import Typist

from termail.store.local_store import LocalStore, RemoteFolder

LINES = 2_000
BODY = b"All work and no play makes Jack a dull boy.\r\n" * 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with scratch() as name:
        _writing(Path(name) / "writing", options.runs)
        _sending(Path(name) / "sending", options.messages, options.runs)


def _writing(folder: Path, runs: int) -> None:
    maildir = folder / "box"
    for part in ("cur", "new", "tmp"):
        (maildir / part).mkdir(parents=True)
    (maildir / "cur/1:2,S").write_bytes(b"From: a@b.example\nSubject: x\n\nhi\n")
    (folder / "muttrc").write_text(
        f"set folder={folder}\nset sleep_time=0\nset from=me@example.org\nset editor=vim\nset edit_headers=no\n"
        "set realname=Me\nset fast_reply=yes\nset use_from=yes\n"
    )
    text = "line of some words\n" * LINES
    url = f"mailto:you@example.org?subject=long&body={quote(text)}"
    (folder / "text").write_text(text)
    ours = [
        sys.executable,
        "-m",
        "termail",
        "-f",
        str(maildir),
        "--config",
        str(folder / "config"),
        "--data",
        str(folder / "data"),
        "--to",
        url,
    ]
    neomutt = [
        shutil.which("neomutt") or "neomutt",
        "-n",
        "-F",
        str(folder / "muttrc"),
        "-i",
        str(folder / "text"),
        "-s",
        "long",
        "you@example.org",
    ]
    mine, theirs = {"editor": [], "menu": []}, {"editor": [], "menu": []}
    for _ in range(runs):
        with Typist(ours, {"EDITOR": "", "VISUAL": ""}) as typist:
            typist.wait_for(rb"leave as it was")
            typist.settle(0.5)
            mine["editor"].append(_median(typist, ["x", "y", " ", "z"] * 3))
            typist.press("\x1b", quiet_seconds=2.0)  # Esc: back to compose
            typist.settle(0.5)
            mine["menu"].append(_median(typist, ["j", "k"] * 4))
        with Typist(neomutt, {"EDITOR": "vim"}) as typist:
            typist.wait_for(rb"line of some words")
            typist.settle(0.5)
            typist.press("i", quiet_seconds=0.5)
            theirs["editor"].append(_median(typist, ["x", "y", " ", "z"] * 3))
            typist.press("\x1b", quiet_seconds=0.5)
            os.write(typist.terminal, b":wq\r")
            typist.wait_for(rb"-- NeoMutt: Compose|Attachments|Security")
            typist.settle(0.5)
            theirs["menu"].append(_median(typist, ["S", "\x07"] * 4))
    for key, title in (("editor", "a key in the editor (vim beside ours)"), ("menu", "a key in the compose menu")):
        show(f"{LINES} lines: {title}", mine[key], theirs[key], "ms", "neomutt", more_is_better=False)


def _median(typist: Typist, keys: list[str]) -> float:
    return statistics.median([typist.time_of(key) for key in keys]) * 1000


def _sending(folder: Path, count: int, runs: int) -> None:
    folder.mkdir()
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    user = ["-u", "postfix"] if os.geteuid() == 0 else []
    sink = subprocess.Popen(
        [shutil.which("smtp-sink") or "/usr/sbin/smtp-sink", *user, f"127.0.0.1:{port}", "200"],
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(100):
            try:
                create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        mine = [_ours(folder / f"ours-{run}", port, count) for run in range(runs)]
        theirs = [_msmtp(folder, port, count) for _ in range(runs)]
    finally:
        sink.terminate()
        sink.wait()
    show(
        f"{count} messages of 5 kB",
        [run[0] for run in mine],
        [run[0] for run in theirs],
        "msg/s",
        "msmtp",
        more_is_better=True,
    )
    show(
        "CPU a message", [run[1] for run in mine], [run[1] for run in theirs], "ms", "msmtp", more_is_better=False
    )
    show("peak memory", [run[2] for run in mine], [run[2] for run in theirs], "MB", "msmtp", more_is_better=False)


def _ours(folder: Path, port: int, count: int) -> tuple[float, float, float]:
    config, data = folder / "config", folder / "data"
    for part in ("cur", "new", "tmp"):
        (folder / "box" / part).mkdir(parents=True)
    config.mkdir()
    data.mkdir(mode=0o700)
    (config / "config.toml").write_text(
        f'[accounts.w]\nfrom = "me@example.org"\nretrieve = "maildir:{folder}/box"\n'
        f'send = "smtp+insecure://127.0.0.1:{port}"\n'
    )
    store = LocalStore(data / "mail.sqlite3")
    store.put_folders("w", [RemoteFolder(name="INBOX", role="inbox")])
    for number in range(count):
        head = f"From: me@example.org\r\nSubject: {number}\r\nMessage-ID: <{number}@example.org>\r\n\r\n".encode()
        store.queue_message("w", "me@example.org", ["you@example.test"], head + BODY)
    store.close()
    command = [sys.executable, "-m", "termail", "sync", "--config", str(config), "--data", str(data)]
    seconds, cpu, memory = _timed([command])
    store = LocalStore(data / "mail.sqlite3")
    waiting = [item for item in store.outbox() if item.state != "sent"]
    store.close()
    assert not waiting, waiting[0]
    return count / seconds, cpu / count * 1000, memory


def _msmtp(folder: Path, port: int, count: int) -> tuple[float, float, float]:
    letter = folder / "letter"
    letter.write_bytes(b"From: me@example.org\nSubject: x\n\n" + BODY.replace(b"\r\n", b"\n"))
    command = [
        "msmtp",
        "-C",
        "/dev/null",
        "--host=127.0.0.1",
        f"--port={port}",
        "--from=me@example.org",
        "you@example.test",
    ]
    seconds, cpu, memory = _timed([command] * count, letter)
    return count / seconds, cpu / count * 1000, memory


def _timed(commands: list[list[str]], stdin: Path | None = None) -> tuple[float, float, float]:
    """→ (seconds, CPU seconds, peak resident megabytes of the largest)."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start, largest = time.perf_counter(), 0
    for command in commands:
        with open(stdin or os.devnull, "rb") as source:
            process = subprocess.Popen(command, stdin=source, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, command
        largest = max(largest, usage.ru_maxrss)
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, cpu, largest / 1024


if __name__ == "__main__":
    main()
