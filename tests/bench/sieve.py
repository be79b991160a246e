"""Sieve scripts a second: a typical script of twenty rules on mail that meets each of them, beside Pigeonhole.

    python tests/bench/sieve.py [--messages 2000] [--runs 3]

Ours: octets in memory → the message's header read, the script run, a list of actions; in this process. Pigeonhole:
sieve-filter (no -e: nothing is moved) over a Maildir of the same messages, one process, the script compiled
beforehand; its start-up, measured on an empty Maildir, is taken off, reading the files is not. CPU seconds.
Needs dovecot-sieve for the peer.
"""

import argparse
import os
import pwd
import resource
import shutil
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

from figures import scratch, show

from bundled_server.config import SieveLimits
from bundled_server.sieve.compiling import compiled
from bundled_server.sieve.interpreter import Named, run
from bundled_server.sieve.message import Message
from bundled_server.sieve.surroundings import Surroundings

RULES = 20
BODY = "A line of mail that nobody reads, but that has to be stored and may be searched.\r\n" * 30


def script() -> str:
    """Twenty rules as people have them: lists, senders, subjects, sizes, and a vacation that is over."""
    rules = ['require ["fileinto", "imap4flags", "subaddress", "date", "relational", "variables"];']
    for number in range(RULES):
        match number % 5:
            case 0:
                test = f'header :contains "list-id" "list{number}.example.org"'
            case 1:
                test = f'address :domain :is ["from", "sender"] "company{number}.example"'
            case 2:
                test = f'header :matches "subject" "*[project-{number}]*"'
            case 3:
                test = f'allof (address :localpart "to" "team{number}", not header :contains "x-spam-flag" "yes")'
            case _:
                test = f'anyof (exists "x-rule-{number}", size :over {number}M)'
        rules.append(
            f'{"if" if number == 0 else "elsif"} {test} {{ addflag "r{number}"; fileinto "Box{number}"; }}'
        )
    return "\n".join(rules) + "\n"


def message(number: int) -> bytes:
    """Message `number` meets rule number % (RULES + 1), the last of these none."""
    rule = number % (RULES + 1)
    fields = {
        "Received": "from a.example by b.example; Tue, 03 Mar 2026 22:15:30 +0200",
        "From": f"Somebody <person@company{rule if rule % 5 == 1 else 99}.example>",
        "To": f"<team{rule if rule % 5 == 3 else 99}@cities.org>, Alice <alice@cities.org>",
        "Subject": f"[project-{rule if rule % 5 == 2 else 99}] something to tell, number {number}",
        "Message-ID": f"<{number}@bench.example>",
        "Date": "Tue, 03 Mar 2026 22:15:00 +0200",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
    }
    if rule % 5 == 0 and rule < RULES:
        fields["List-Id"] = f"A list <list{rule}.example.org>"
    if rule % 5 == 4:
        fields[f"X-Rule-{rule}"] = "yes"
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{head}\r\n{BODY}".encode()


def ours(messages: list[bytes]) -> float:
    """CPU seconds."""
    programme = [Named("bench", compiled(script().encode(), SieveLimits()))]
    around = Surroundings(now=datetime(2026, 3, 4, tzinfo=UTC))
    begun = time.process_time()
    filed = 0
    for data in messages:
        result = run(programme, Message(data, sender="a@b.example", recipient="alice@cities.org"), around)
        filed += result.actions[0].text.startswith("fileinto")
    seconds = time.process_time() - begun
    assert filed == sum(number % (RULES + 1) < RULES for number in range(len(messages)))
    return seconds


def pigeonhole(folder: Path, messages: list[bytes]) -> float:
    """CPU seconds, those of an empty run taken off."""
    full, empty = maildir(folder / "full", messages), maildir(folder / "empty", [])
    return filter_seconds(folder, full) - filter_seconds(folder, empty)


def maildir(path: Path, messages: list[bytes]) -> Path:
    for name in ("cur", "new", "tmp"):
        (path / name).mkdir(parents=True)
    for number, data in enumerate(messages):
        (path / "cur" / f"{1_700_000_000 + number}.M{number}.bench:2,").write_bytes(data)
    return path


def filter_seconds(folder: Path, mail: Path) -> float:
    person = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    conf = folder / "conf"
    conf.write_text(
        f"mail_uid = {person.pw_uid}\nmail_gid = {person.pw_gid}\nmail_location = maildir:{mail}\n"
        f"mail_home = {folder}/home\nlog_path = /dev/null\n"
    )
    (folder / "bench.sieve").write_text(script())
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o777)
    command = ["sieve-filter", "-c", str(conf), str(folder / "bench.sieve"), "INBOX"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    messages = [message(number) for number in range(options.messages)]
    has_peer = shutil.which("sieve-filter") is not None
    our_rates, their_rates = [], []
    for _ in range(options.runs):
        our_rates.append(options.messages / ours(messages))
        if has_peer:  # without it there is nothing to compare with, and the figure is ours alone
            with scratch() as folder:
                their_rates.append(options.messages / max(pigeonhole(Path(folder), messages), 0.001))
    title = f"a script of {RULES} rules"
    if has_peer:
        show(title, our_rates, their_rates, "msg/CPU s", "Pigeonhole", more_is_better=True)
    else:
        print(f"{title}: ours {max(our_rates):,.0f} msg/CPU s; Pigeonhole is not installed")


if __name__ == "__main__":
    main()
