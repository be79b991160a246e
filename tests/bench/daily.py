"""A day with a large folder: start, keys, sorting, limits, search, memory; ours beside neomutt, in real terminals.

    python tests/bench/daily.py MAILDIR [--runs 3] [--keys 200]

Both have read the Maildir once and filled their caches. A key's latency is the time to the last octet it draws.
`xylophone` stands in one body of a thousand (tests/bench/mailbox.py puts it there).
"""

import argparse
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from figures import scratch, show
from terminal import Terminal, memory_megabytes

from termail.store.local_store import LocalStore

MUTTRC = """\
set header_cache={folder}/cache
set folder={folder}
set sort=threads
set sort_aux=last-date-received
set sleep_time=0
set wait_key=no
set quit=yes
set move=no
set mark_old=no
set from=me@example.org
"""
Run = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("maildir", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--keys", type=int, default=200)
    options = parser.parse_args()
    maildir = options.maildir.resolve()
    count = sum(1 for _ in (maildir / "cur").iterdir())
    with scratch() as name:
        folder = Path(name)
        (folder / "cache").mkdir()
        (folder / "muttrc").write_text(MUTTRC.format(folder=folder))
        ours = [sys.executable, "-m", "termail", "-f", str(maildir), "--config", str(folder / "config")]
        ours += ["--data", str(folder / "data")]
        theirs = [shutil.which("neomutt") or "neomutt", "-n", "-F", str(folder / "muttrc"), "-f", str(maildir)]
        _fill_caches(ours, theirs, folder, count)
        mine = [_our_day(ours, count, options.keys, folder) for _ in range(options.runs)]
        peer = [_their_day(theirs, count, options.keys, folder) for _ in range(options.runs)]
    for title in mine[0]:
        unit = "MB" if "memory" in title else "ms" if "key" in title else "s"
        if title in peer[0]:
            show(
                title,
                [run[title] for run in mine],
                [run[title] for run in peer],
                unit,
                "neomutt",
                more_is_better=False,
            )
        else:
            print(f"{title:<58} ours {statistics.median(run[title] for run in mine):>10,.3f} {unit}")


def _fill_caches(ours: list[str], theirs: list[str], folder: Path, count: int) -> None:
    """The first start of each; ours goes on until every text can be searched, with keys pressed meanwhile."""
    with Terminal(theirs) as terminal:
        print(f"cold, neomutt has listed all: {terminal.wait(f'Msgs:{count}') - terminal.started:.1f} s")
        terminal.settle()
    with Terminal(ours) as terminal:
        print(f"cold, our first screenful: {terminal.wait('messages') - terminal.started:.2f} s")
        print(f"cold, ours has listed all: {terminal.wait(f'{count:,} messages') - terminal.started:.1f} s")
        busy = [terminal.latency(b"k" if at % 2 else b"j") * 1000 for at in range(200)]
        print(f"keys while the texts are read: {_middle_and_tail(busy)}")
        begun = time.perf_counter()
        _wait_until_read(folder / "data")
        print(f"cold, every text is searchable {time.perf_counter() - begun:.0f} s later")
        print(f"memory after the first reading: {memory_megabytes(str(folder / 'data')):.0f} MB, screen and agent")


def _wait_until_read(data: Path) -> None:
    (path,) = data.rglob("mail.sqlite3")
    store = LocalStore(path)
    (inbox,) = store.folders()
    while len(store.without_text(inbox.folder_id)):
        time.sleep(1)
    store.close()


def _our_day(command: list[str], count: int, keys: int, folder: Path) -> Run:
    with Terminal(command) as terminal:
        run = {"first usable index, warm": terminal.wait(f"{count:,} messages") - terminal.started}
        terminal.settle()
        run |= _keys(terminal, keys)
        run["sort by subject"] = terminal.latency(b"os", 1.0)
        terminal.settle()
        run["back to threads"] = terminal.latency(b"ot", 1.0)
        terminal.settle()
        run["limit ~f ana"] = terminal.took(b"l~f ana\r", r"[\d,]+ of [\d,]+")
        run["limit ~b xylophone"] = terminal.took(b"l\x15~b xylophone\r", r"of [\d,]+ message")
        terminal.settle()
        terminal.latency(b"lall\r", 1.0)
        run["full-text search, ranked, as typed"] = terminal.took(b"\x1bfxylophone", r"\d+\+? found")
        run["memory, screen and agent"] = memory_megabytes(str(folder / "data"))
        terminal.type(b"\x07")
        terminal.settle()
    return run


def _their_day(command: list[str], count: int, keys: int, folder: Path) -> Run:
    with Terminal(command) as terminal:  # its progress, "12/100000 (0%)", is no answer
        run = {"first usable index, warm": terminal.wait(f"Msgs:{count}") - terminal.started}
        terminal.settle()
        run |= _keys(terminal, keys)
        run["sort by subject"] = terminal.latency(b"os", 1.0)
        terminal.settle()
        run["back to threads"] = terminal.latency(b"ot", 1.0)
        terminal.settle()
        run["limit ~f ana"] = terminal.took(b"l\x15~f ana\r", rf"\d/{count}(?! ?\()")
        run["limit ~b xylophone"] = terminal.took(b"l\x15~b xylophone\r", rf"\d/{count}(?! ?\()", 900)
        run["memory, screen and agent"] = memory_megabytes(str(folder / "muttrc"))
    return run


def _keys(terminal: Terminal, count: int) -> Run:
    found: Run = {}
    kinds: list[tuple[str, Callable[[int], bytes]]] = [
        ("key j", lambda at: b"k" if at < count // 2 else b"j"),
        ("key page down", lambda at: b"Z" if at < count // 2 else b"z"),
    ]
    for title, key in kinds:
        taken = [terminal.latency(key(at)) * 1000 for at in range(count)]
        found[f"{title}, median"] = statistics.median(taken)
        found[f"{title}, p99"] = sorted(taken)[int(len(taken) * 0.99)]
    return found


def _middle_and_tail(taken: list[float]) -> str:
    return f"median {statistics.median(taken):.1f} ms, p99 {sorted(taken)[int(len(taken) * 0.99)]:.1f} ms"


if __name__ == "__main__":
    main()
