"""A reproducible Maildir to measure with: threads, lists, many scripts, attachments, ten years of dates.

    python tests/bench/mailbox.py FOLDER MESSAGES [--seed 1]

The same seed and count give the same octets.
"""

import argparse
import base64
import os
import quopri
import random
from collections import deque
from dataclasses import dataclass
from email.header import Header
from email.utils import formataddr, formatdate
from pathlib import Path

BEGIN = 1_388_534_400  # 2014-01-01
SPAN_SECONDS = 10 * 365 * 86_400
PEOPLE = (
    "Ana García",
    "Bob Smith",
    "Zoë Østergaard",
    "田中太郎",
    "Ольга Смирнова",
    "Grace",
    "Linus",
    "Μαρία",
    "Ada",
)
HOSTS = ("cities.example", "other.example", "mail.example", "lists.example")
LISTS = ("redes", "kernel", "gardening")
SUBJECTS = ("Réunion de l'équipe", "会議の議事録", "Отчёт за неделю", "Práctica de redes")
SYLLABLES = [first + last for first in "bcdfglmnprstv" for last in ("a", "e", "i", "o", "u", "an", "er", "is")]


@dataclass(frozen=True, slots=True)
class Parent:
    """What an answer needs of the message it answers."""

    message_id: str
    references: tuple[str, ...]
    subject: str
    mailing_list: str


class Writer:
    """Writes message after message; each depends on the seed and on those before it."""

    def __init__(self, messages: int, seed: int) -> None:
        self._messages = messages
        self._random = random.Random(seed)
        words = ("".join(self._random.choices(SYLLABLES, k=self._random.randint(1, 4))) for _ in range(20_000))
        self._words = sorted(set(words))
        self._weights = [1.0 / (rank + 3) for rank in range(len(self._words))]
        self._recent: deque[Parent] = deque(maxlen=200)

    def message(self, number: int) -> tuple[bytes, int, str]:
        """(octets, date in epoch seconds, Maildir flags)."""
        dice = self._random
        date = BEGIN + SPAN_SECONDS * number // self._messages + dice.randint(0, 3000)
        parent = dice.choice(self._recent) if self._recent and dice.random() < 0.6 else None
        message_id = f"<{number}.{dice.getrandbits(40):x}@{dice.choice(HOSTS)}>"
        mailing_list = parent.mailing_list if parent else (dice.choice(LISTS) if dice.random() < 0.5 else "")
        subject = self._subject(parent, mailing_list)
        references = (*parent.references[-19:], parent.message_id) if parent else ()
        self._recent.append(Parent(message_id, references, subject, mailing_list))
        header = self._header(date, message_id, subject, references, mailing_list)
        kind, body = self._body(number)
        flags = ("R" if dice.random() < 0.15 else "") + ("S" if number < self._messages * 0.98 else "")
        return ("\n".join(header) + f"\nMIME-Version: 1.0\n{kind}\n\n{body}").encode(), date, flags

    def _subject(self, parent: Parent | None, mailing_list: str) -> str:
        if parent:
            return parent.subject if parent.subject.startswith("Re: ") else f"Re: {parent.subject}"
        if self._random.random() < 0.15:
            return f"{self._random.choice(SUBJECTS)} {self._random.randint(1, 999)}"
        return (f"[{mailing_list}] " if mailing_list else "") + self._text(40).replace(
            "\n", " "
        ).strip().capitalize()

    def _header(
        self, date: int, message_id: str, subject: str, references: tuple[str, ...], mailing_list: str
    ) -> list[str]:
        dice = self._random
        lines = [
            f"Received: from mx{hop}.{dice.choice(HOSTS)} by mail{hop}.example with id {dice.getrandbits(44):X}\n"
            f"\tfor <me@example.test>; {formatdate(date + 5 - hop)}"
            for hop in range(dice.randint(1, 4))
        ]
        lines += [f"Date: {formatdate(date)}", f"From: {self._person()}"]
        lines.append(f"To: {mailing_list}@lists.example" if mailing_list else "To: me@example.test")
        if dice.random() < 0.4:
            lines.append("Cc: " + ",\n\t".join(self._person() for _ in range(dice.randint(1, 5))))
        lines += [f"Subject: {_encoded(subject)}", f"Message-ID: {message_id}"]
        if references:
            lines += [f"In-Reply-To: {references[-1]}", "References: " + "\n\t".join(references)]
        if mailing_list:
            lines += [
                f"List-Id: <{mailing_list}.lists.example>",
                f"List-Post: <mailto:{mailing_list}@lists.example>",
            ]
        return lines

    def _body(self, number: int) -> tuple[str, str]:
        """(Content-* fields, body); sizes about log-normal, some 4 kB of text in the middle."""
        dice = self._random
        text = self._text(min(int(dice.lognormvariate(8.2, 0.9)) + 300, 40_000))
        text += "The xylophone is here.\n" if number % 1000 == 7 else ""
        shape = dice.random()
        if shape < 0.5:
            return "Content-Type: text/plain; charset=us-ascii", text
        if shape < 0.65:
            coded = quopri.encodestring(f"Grüße aus København: {text}".encode()).decode()
            return "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable", coded
        boundary = f"=_{dice.getrandbits(64):x}"
        first = f"--{boundary}\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
        if shape < 0.88:
            html = f"<html><body><p>{text}</p></body></html>"
            second = f"--{boundary}\nContent-Type: text/html; charset=utf-8\n\n{html}\n--{boundary}--\n"
            return f'Content-Type: multipart/alternative; boundary="{boundary}"', first + second
        data = base64.encodebytes(dice.randbytes(min(int(dice.lognormvariate(9.3, 0.7)), 35_000))).decode()
        second = f'--{boundary}\nContent-Type: application/pdf; name="paper-{number}.pdf"\n'
        second += f"Content-Transfer-Encoding: base64\n\n{data}\n--{boundary}--\n"
        return f'Content-Type: multipart/mixed; boundary="{boundary}"', first + second

    def _text(self, octets: int) -> str:
        words = self._random.choices(self._words, self._weights, k=max(3, octets // 6))
        return "\n".join(" ".join(words[at : at + 11]) for at in range(0, len(words), 11)) + "\n"

    def _person(self) -> str:
        number = int(self._random.expovariate(1 / 120))
        name = PEOPLE[number % len(PEOPLE)]
        return formataddr((name, f"u{number}@{HOSTS[number % len(HOSTS)]}"), "utf-8")


def _encoded(subject: str) -> str:
    return subject if subject.isascii() else Header(subject, "utf-8", maxlinelen=70).encode()


def make(folder: Path, messages: int, seed: int = 1) -> None:
    """Write the Maildir; file times are the messages' dates."""
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    writer = Writer(messages, seed)
    for number in range(messages):
        raw, date, flags = writer.message(number)
        path = folder / "cur" / f"{date}.M{number}P1.bench:2,{flags}"
        path.write_bytes(raw)
        os.utime(path, (date, date))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("messages", type=int)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    make(options.folder, options.messages, options.seed)
