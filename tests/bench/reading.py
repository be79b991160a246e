"""Opening hard messages in a terminal, ours beside neomutt: time to the first screen, and what a key costs then.

    python tests/bench/reading.py [--runs 3]

A newsletter of 1 MB (HTML; neomutt shows it by w3m), a text of 10 MB, a message with an attachment of 50 MB and a
conversation of 2,000 messages (ours also as one text). Both read the same Maildirs, their caches filled
before; a time runs from the key (Enter) to the first screen of the message, or from a key (a page down and up; in
the conversation the next message and back) to the last octet drawn.
"""

import argparse
import base64
import shutil
import statistics
import sys
from email.message import EmailMessage
from pathlib import Path

from figures import scratch, show
from typist import Typist

MUTTRC = """\
set header_cache={folder}/cache
set folder={folder}
set sleep_time=0
set wait_key=no
set quit=yes
set move=no
set mark_old=no
set sort=threads
set pager_stop=yes
set from=me@example.org
set mailcap_path={folder}/mailcap
auto_view text/html
"""


def letter(subject: str, *, sender: str = "Ann <ann@example.org>") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "me@example.org", subject
    message["Date"] = "Mon, 23 Nov 2026 10:00:00 +0000"
    message["Message-ID"] = f"<{abs(hash(subject))}@example.org>"
    return message


def newsletter() -> bytes:
    row = (
        "<tr><td style='padding:3px'><a href='https://shop.example/item/{0}?utm=1'>Offer {0}</a></td>"
        "<td><img src='https://cdn.example/{0}.png' width=100><p>Only today <b>{0} euros</b> &amp;</p></td></tr>"
    )
    body = "".join(row.format(number) for number in range(5_200))
    message = letter("newsletter")
    message.set_content(f"<html><body><h1>FIRST LINE</h1><table>{body}</table></body></html>", subtype="html")
    return message.as_bytes()


def long_text() -> bytes:
    message = letter("long text")
    message.set_content("FIRST LINE\n" + "All work and no play makes Jack a dull boy, again.\n" * 165_000)
    return message.as_bytes()


def large_attachment() -> bytes:
    message = letter("attachment")
    message.set_content("FIRST LINE\n")
    body = message.as_bytes()
    head, _, text = body.partition(b"\n\n")
    data = base64.encodebytes(bytes(range(256)) * 146_000)
    return (
        head.replace(
            b"Content-Type: text/plain", b'Content-Type: multipart/mixed; boundary="b"\nX-Was: text/plain'
        )
        + b"\n\n--b\nContent-Type: text/plain\n\n"
        + text
        + b'\n--b\nContent-Type: video/mp4; name="film.mp4"\nContent-Transfer-Encoding: base64\n\n'
        + data
        + b"--b--\n"
    )


def conversation(count: int) -> list[bytes]:
    letters = []
    for number in range(count):
        message = letter(
            f"{'Re: ' if number else ''}conversation", sender=f"P{number % 40} <p{number % 40}@x.example>"
        )
        del message["Message-ID"]
        message["Message-ID"] = f"<c{number}@example.org>"
        if number:
            message["In-Reply-To"] = f"<c{max(0, number - 1 - number % 3)}@example.org>"
        message.set_content(f"FIRST LINE\nAnswer {number}.\n> quoted\nMore of it.\n" * 5)
        letters.append(message.as_bytes())
    return letters


CASES = {
    "newsletter of 1 MB (HTML)": lambda: [newsletter()],
    "text of 10 MB": lambda: [long_text()],
    "attachment of 50 MB": lambda: [large_attachment()],
    "first of 2,000 in one thread": lambda: conversation(2_000),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with scratch() as name:
        for number, (title, make) in enumerate(CASES.items()):
            folder = Path(name) / str(number)
            maildir = folder / "box"
            for part in ("cur", "new", "tmp"):
                (maildir / part).mkdir(parents=True)
            letters = make()
            for at, raw in enumerate(letters):
                (maildir / f"cur/{1_795_000_000 + at}.{at}.host:2,S").write_bytes(raw)
            _measure(title, folder, maildir, len(letters), options.runs)


def _measure(title: str, folder: Path, maildir: Path, count: int, runs: int) -> None:
    (folder / "cache").mkdir()
    (folder / "mailcap").write_text("text/html; w3m -dump -T text/html %s; copiousoutput\n")
    (folder / "muttrc").write_text(MUTTRC.format(folder=folder))
    programs = {
        "ours": [sys.executable, "-m", "termail", "-f", str(maildir), "--config", str(folder / "config"),
                 "--data", str(folder / "data")],
        "neomutt": [shutil.which("neomutt") or "neomutt", "-n", "-F", str(folder / "muttrc"), "-f", str(maildir)],
    }  # fmt: skip
    ready = rb"Msgs:%d|%s message" % (count, f"{count:,}".encode())
    rows: dict[str, dict[str, list[float]]] = {}
    for who, command in programs.items():
        found = rows[who] = {"open": [], "key": [], "thread": [], "memory": []}
        for run in range(runs + 1):
            with Typist(command) as typist:
                typist.wait_for(ready)
                typist.press("=", quiet_seconds=0.5)
                opened = typist.time_to("\r", rb"FIRST LINE")
                typist.settle(0.5)
                pair = "jk" if count > 1 else " -"
                keys = [typist.time_of(pair[at % 2]) for at in range(6)]
                if run and who == "ours" and count > 1:
                    found["thread"].append(typist.time_to("\x1bW", rb"2/\d+ .* P"))
                if run:  # the first run fills caches
                    found["open"].append(opened * 1000)
                    found["key"].append(statistics.median(keys) * 1000)
                    found["memory"].append(typist.peak_megabytes())
    mine, theirs = rows["ours"], rows["neomutt"]
    for key, what, unit in (
        ("open", "first screen", "ms"),
        ("key", "a key after it", "ms"),
        ("memory", "peak memory", "MB"),
    ):
        show(f"{title}: {what}", mine[key], theirs[key], unit, "neomutt", more_is_better=False)
    if mine["thread"]:
        print(f"{title}: the whole thread as one text: {statistics.median(mine['thread']) * 1000:.0f} ms")


if __name__ == "__main__":
    main()
