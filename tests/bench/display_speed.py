"""How fast mail is read: headers a second and whole displays, ours beside the library's parsers.

python tests/bench/display_speed.py [FOLDER of messages | mbox file]; without one a made-up mailbox is used.
"""

import email
import email.parser
import email.policy
import mailbox
import sys
import time
from collections.abc import Callable, Sequence
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.utils import getaddresses, parsedate_tz
from pathlib import Path

from termail.mime.display import display
from termail.mime.headers import header_end, summarize
from termail.store.reading import read_body

MADE_UP = (
    b"Received: from server.other.test (server.other.test [192.0.2.1])\r\n"
    b"\tby brasilia.cities.org with ESMTPS id 4711\r\n"
    b"\tfor <alice@cities.org>; Sat, 22 Nov 2026 09:14:03 -0300\r\n"
    b"From: =?utf-8?Q?Ana_Mar=C3=ADa?= <ana@other.test>\r\n"
    b'To: Alice <alice@cities.org>, "Doe, John" <john@cities.org>\r\n'
    b"Subject: =?utf-8?B?UHLDoWN0aWNhIGRlIHJlZGVz?=\r\nDate: Sat, 22 Nov 2026 09:14:00 -0300\r\n"
    b"Message-ID: <%d@other.test>\r\nReferences: <1@x> <2@x>\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
) + b"> a quoted line of an ordinary message\r\nand an answer to it, with https://x.test/a link\r\n" * 40


def load(arguments: Sequence[str]) -> list[bytes]:
    """The messages to read."""
    if not arguments:
        return [MADE_UP % number for number in range(2_000)]
    path = Path(arguments[0])
    if path.is_dir():
        return [file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()]
    return [message.as_bytes() for message in mailbox.mbox(path)]


def per_second(work: Callable[[bytes], object], items: list[bytes]) -> float:
    """The best of three runs."""
    best = float("inf")
    for _ in range(3):
        before = time.perf_counter()
        for item in items:
            work(item)
        best = min(best, time.perf_counter() - before)
    return len(items) / best


def attempt_default(raw: bytes) -> object:
    """The library's modern policy raises on some real mail."""
    try:
        message = email.message_from_bytes(raw, policy=email.policy.default)
        return [message[name] for name in ("From", "To", "Cc", "Subject", "Date")]
    except (ValueError, LookupError, IndexError, AttributeError, TypeError) as error:
        return error


def summarize_by_the_library(block: bytes) -> object:
    """The same fields as ours: words decoded, addresses split, the date read."""
    message = email.parser.BytesHeaderParser().parsebytes(block)
    try:
        addresses = [getaddresses([str(message.get(name, ""))]) for name in ("From", "To", "Cc")]
        names = [str(make_header(decode_header(name))) for pairs in addresses for name, _ in pairs]
        subject = str(make_header(decode_header(message.get("Subject", ""))))
        return addresses, names, subject, parsedate_tz(str(message.get("Date", "")))
    except (ValueError, LookupError, HeaderParseError) as error:
        return error


def main() -> None:
    """Print ours, the library's, the ratio."""
    messages = load(sys.argv[1:])
    blocks = [raw[: header_end(raw)[0]] for raw in messages]
    rows = (
        ("header summary / email, compat32", summarize, summarize_by_the_library, blocks),
        ("index text / email, parse only", read_body, email.message_from_bytes, messages),
        ("display / email, policy.default", lambda raw: display(raw, width=80), attempt_default, messages),
    )
    print(f"{len(messages)} messages, {sum(map(len, messages)) / 1e6:.1f} MB")
    for name, our_way, their_way, items in rows:
        ours, theirs = per_second(our_way, items), per_second(their_way, items)
        print(f"{name:34} {ours:10,.0f}/s  {theirs:10,.0f}/s  x{ours / theirs:.1f}")


if __name__ == "__main__":
    main()
