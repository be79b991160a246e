"""The first sync of a large IMAP folder, and the next start after 100 changes; ours beside neomutt and mbsync.

    python tests/bench/first_sync.py MAILDIR [--changes 100] [--folders 0] [--without-mbsync]

MAILDIR is copied and served by Dovecot on loopback. Ours and neomutt fetch headers (ours in a real terminal, with
the agent behind it); mbsync knows whole messages alone. With --folders the mailbox has so many more folders with
the same messages, and the memory after all of them is told. Needs root, dovecot-imapd, neomutt and isync.
"""

import argparse
import imaplib
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from figures import scratch
from peers import Dovecot
from terminal import Terminal, memory_megabytes

from termail.store.local_store import LocalStore

MUTTRC = """\
set header_cache={folder}/cache
set folder="imap://bench@127.0.0.1:{port}/"
set spoolfile="imap://bench@127.0.0.1:{port}/INBOX"
set imap_pass=pw
set ssl_starttls=no
set ssl_force_tls=no
set sort=threads
set sleep_time=0
set quit=yes
set move=no
set mark_old=no
set from=me@example.org
"""
CONFIG = """\
[accounts.bench]
from = "Me <me@example.org>"
retrieve = "imap+insecure://bench@127.0.0.1:{port}"
password_command = "echo pw"
keep_messages = 0
"""
MBSYNCRC = """\
IMAPAccount bench
Host 127.0.0.1
Port {port}
User bench
Pass pw
SSLType None
AuthMechs LOGIN

IMAPStore far
Account bench

MaildirStore near
Path {folder}/near/
Inbox {folder}/near/INBOX

Channel all
Far :far:
Near :near:
Patterns INBOX
Create Near
SyncState *
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("maildir", type=Path)
    parser.add_argument("--changes", type=int, default=100)
    parser.add_argument("--folders", type=int, default=0)
    parser.add_argument("--without-mbsync", action="store_true", help="it takes long where mail is large")
    options = parser.parse_args()
    with scratch() as name:
        folder = Path(name)
        shutil.copytree(options.maildir.resolve(), folder / "copy")
        count = sum(1 for _ in (folder / "copy/cur").iterdir())
        with Dovecot(folder / "dovecot") as dovecot:
            for number in range(options.folders):
                for part in ("cur", "new", "tmp"):
                    shutil.copytree(
                        folder / "copy" / part, folder / f"copy/.more{number}" / part, copy_function=os.link
                    )
            dovecot.adopt("bench", folder / "copy")
            _warm(dovecot.imap)
            for name_, text in (("muttrc", MUTTRC), ("config.toml", CONFIG), ("mbsyncrc", MBSYNCRC)):
                (folder / name_).write_text(text.format(folder=folder, port=dovecot.imap))
            (folder / "cache").mkdir()
            (folder / "near").mkdir()
            print(f"{count:,} messages on Dovecot")
            _first(folder, count, with_mbsync=not options.without_mbsync)
            if options.folders:
                _everything(folder, count * (options.folders + 1))
            _change(dovecot.imap, options.changes)
            _again(folder, count, options.changes, with_mbsync=not options.without_mbsync)


def _ours(folder: Path) -> list[str]:
    return [sys.executable, "-m", "termail", "--config", str(folder), "--data", str(folder / "data")]


def _neomutt(folder: Path) -> list[str]:
    return [shutil.which("neomutt") or "neomutt", "-n", "-F", str(folder / "muttrc")]


def _first(folder: Path, count: int, *, with_mbsync: bool) -> None:
    with Terminal(_ours(folder)) as terminal:
        screenful = terminal.wait("messages") - terminal.started
        whole = terminal.wait(f"{count:,} messages", 3600) - terminal.started
        memory = memory_megabytes(str(folder / "data"))
    with Terminal(_neomutt(folder)) as terminal:
        theirs = terminal.wait(f"Msgs:{count}", 3600) - terminal.started
    mbsync = _mbsync(folder) if with_mbsync else "not asked"
    print(f"first screenful {screenful:.2f} s")
    ratio = f"{theirs / whole:.2f}x"
    print(f"all headers: ours {whole:.1f} s, neomutt {theirs:.1f} s ({ratio}); mbsync (whole) {mbsync}")
    print(f"memory, screen and agent, after it: {memory:.0f} MB")


def _everything(folder: Path, count: int) -> None:
    """Go on until every folder is here."""
    with Terminal(_ours(folder)) as terminal:
        terminal.wait("messages")
        begun = time.perf_counter()
        store = LocalStore(folder / "data/mail.sqlite3")
        while sum(entry.total for entry in store.folders()) < count:
            time.sleep(1)
        store.close()
        print(f"{count:,} messages in all after {time.perf_counter() - begun:.0f} s more")
        print(f"keys with {count:,} messages: {_median(terminal):.1f} ms")
        print(f"memory, screen and agent: {memory_megabytes(str(folder / 'data')):.0f} MB")


def _median(terminal: Terminal) -> float:
    return statistics.median(terminal.latency(b"k" if at % 2 else b"j") * 1000 for at in range(100))


def _again(folder: Path, count: int, changes: int, *, with_mbsync: bool) -> None:
    with Terminal(_ours(folder)) as terminal:
        ours = terminal.wait("messages", keep=True) - terminal.started
        synced = terminal.wait(f"{changes:,} unread", 600) - terminal.started
    with Terminal(_neomutt(folder)) as terminal:
        theirs = terminal.wait(f"Msgs:{count}", 600) - terminal.started
    mbsync = _mbsync(folder) if with_mbsync else "not asked"
    print(
        f"next start: ours {ours:.2f} s, neomutt {theirs:.2f} s ({theirs / ours:.2f}x);"
        f" {changes} changes seen: ours {synced:.2f} s, mbsync {mbsync}"
    )


def _mbsync(folder: Path) -> str:
    begun = time.perf_counter()
    subprocess.run(["mbsync", "-q", "-c", str(folder / "mbsyncrc"), "all"], check=True, timeout=3600)
    return f"{time.perf_counter() - begun:.2f} s"


def _warm(port: int) -> None:
    """Dovecot reads every header once, so that nobody pays for its first time."""
    with imaplib.IMAP4("127.0.0.1", port) as client:
        client.login("bench", "pw")
        client.select()
        client.store("1:*", "+FLAGS.SILENT", "(\\Seen)")
        client.fetch("1:*", "(ENVELOPE BODYSTRUCTURE BODY.PEEK[HEADER])")


def _change(port: int, count: int) -> None:
    with imaplib.IMAP4("127.0.0.1", port) as client:
        client.login("bench", "pw")
        client.select()
        client.store(f"1:{count}", "-FLAGS.SILENT", "(\\Seen)")


if __name__ == "__main__":
    main()
