"""The same mail in our mailbox and in Dovecot's: what IMAP tells of it is the same, or it is explained.

The odd letters are written here; beside them comes a sample of a corpus of real mail, where that is at hand.
"""

import importlib.util
import os
import re
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from imap_client import ImapClient

from bundled_server.mailbox.content import with_crlf

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(
        shutil.which("dovecot") is None or os.geteuid() != 0, reason="needs root and dovecot-imapd"
    ),
]

HERE = Path(__file__).parent
CORPUS = HERE.parents[1].parent / "shared" / "corpus.tar.xz"
EVERY = 16
ARRIVED = '"11-Aug-2005 18:20:56 +0000" '

ODD_LETTERS = {
    "plain": b"From: a@b.test\nTo: c@d.test\nSubject: hello\nDate: Thu, 11 Aug 2005 20:20:56 -0300\n\nhi\n",
    "no header": b"\nonly a body\n",
    "no body": b"Subject: nothing below\n\n",
    "folded": b"Subject: one\n two\n\tthree\nFrom: A\n B <a@b.test>\n\nx\n",
    "words": b"Subject: =?utf-8?q?Caf=C3=A9?= =?iso-8859-1?b?6Q==?=\nFrom: =?utf-8?b?w6k=?= <e@f.test>\n\nx\n",
    "eight bits": "Subject: Café ñandú\nFrom: Zoë <z@x.test>\n\ncuerpo añejo\n".encode(),
    "groups": b"From: g@h.test\nTo: friends: a@b.test, C <c@d.test>;, e@f.test\nCc: undisclosed:;\n\nx\n",
    "comments": b"From: bob@b.test (Bob (the) Builder)\nTo: <x (y)@z.test>\n\nx\n",
    "quoted": b'From: "O\'Neil, \\"Q\\"" <o@n.test>\nSubject: "quoted"\n\nx\n',
    "two of a kind": b"Subject: first\nSubject: second\nTo: a@b.test\nTo: c@d.test\n\nx\n",
    "no zone": b"Date: 1 Feb 2003 04:05\nSubject: Re: hello\n\nx\n",
    "reply": b"Message-ID: <2@t>\nIn-Reply-To: <1@t>\nReferences: <0@t> <1@t>\nSubject: Re: [l] x (fwd)\n\nx\n",
    "root": b"Message-ID: <1@t>\nSubject: [l] x\nDate: Thu, 11 Aug 2005 20:20:56 +0000\n\nx\n",
    "nested": (
        b"Subject: nested\nContent-Type: multipart/mixed; boundary=a\n\npre\n--a\n"
        b"Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n"
        b"Content-Transfer-Encoding: quoted-printable\n\nca=C3=B1a =\nlarga\n--b\nContent-Type: text/html\n\n"
        b'<p>hi</p>\n--b--\n--a\nContent-Type: application/pdf; name="a b.pdf"\n'
        b'Content-Disposition: attachment; filename="a b.pdf"\nContent-Transfer-Encoding: base64\n\nAAEC\n--a--\n'
    ),
    "a message inside": (
        b"Subject: outer\nContent-Type: message/rfc822\n\nFrom: i@n.test\nSubject: inner\n"
        b"Content-Type: multipart/mixed; boundary=z\n\n--z\n\none\n--z\nContent-Type: text/html\n\ntwo\n--z--\n"
    ),
    "a digest": (
        b"Subject: digest\nContent-Type: multipart/digest; boundary=d\n\n--d\n\nSubject: first\n\n1\n--d\n\n"
        b"Subject: second\n\n2\n--d--\n"
    ),
    "languages": b"Content-Language: en, de\nContent-MD5: Q2hlY2s=\nContent-Location: http://a/\n\nx\n",
    "not closed": b"Content-Type: multipart/mixed; boundary=a\n\n--a\n\nno end\n",
    "long line": b"Subject: long\n\n" + b"0123456789" * 500 + b"\n",
    "latin one": b"Content-Type: text/plain; charset=iso-8859-1\n\nma\xf1ana\n",
    "encoded body": b"Content-Transfer-Encoding: base64\nContent-Type: text/plain; charset=utf-8\n\nbWHDsQ==\n",
}

# Messages that the two read differently, and why; what a row says covers everything that follows from it.
PREFIX = "Dovecot takes a line that begins with the boundary; we want the whole line, as most readers do"
EMPTY = "a multipart without parts: Dovecot calls it multipart with one empty part, we call it text/plain"
EXPLAINED = {
    "two of a kind": "of repeated Subject fields we take the first, Dovecot the last",
    "languages": "Dovecot reads no Content-* field where MIME-Version is missing",
    "eml/malformed-000": "the header of a part is all there is of it: Dovecot leaves its line end out",
    "eml/malformed-001": EMPTY,
    "eml/malformed-002": EMPTY,
    "eml/malformed-003": PREFIX,
    "eml/malformed-004": PREFIX,
    "eml/malformed-007": EMPTY,
    "eml/malformed-016": "a part's header is not closed: Dovecot sees one more part",
    "eml/malformed-017": "a part's header is not closed: Dovecot sees one more part",
    "eml/malformed-018": "base64 that is none: Dovecot refuses to decode it, we decode what there is",
    "eml/malformed-019": "NUL and a cut header: Dovecot repairs the date",
    "eml/malformed-020": "the same line end, at a multipart that ends with one more",
    "eml/malformed-021": "the same line end, at a multipart that ends with one more",
    "eml/malformed-022": "a message in base64, against RFC 2046 §5.2.1, is text to search for us",
    "eml/rfc-000": "examples of an RFC, with lines cut: base64 that is none",
    "eml/rfc-001": "addresses without a domain: Dovecot shows MISSING_DOMAIN, and finds its letters",
    "eml/rfc-002": "Dovecot searches the header of a message/external-body's phantom body",
    "eml/rfc-008": "a message in base64 inside: Dovecot counts the line end before the delimiter to it",
    "eml/rfc-009": "an inner message from nobody: Dovecot shows MISSING_MAILBOX",
    "spam/00230": "a To that is no address: NIL here, an empty address there",
    "spam/00323": "eight bits without a charset are Latin-1 to us",
    "spam/00370": "the year 0102 is that year to us, and 2002 to Dovecot",
    "eml/rfc-004": "addresses without a domain: Dovecot shows MISSING_DOMAIN, and finds its letters",
}


def bench_module(name: str) -> Any:
    """A module of tests/bench, which knows how to start servers."""
    spec = importlib.util.spec_from_file_location(f"bench_{name}", HERE.parent / "bench" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def letters() -> Iterator[tuple[str, bytes]]:
    """(name, octets with CRLF) of everything that both servers get; NUL cannot travel in a literal."""
    yield from ((name, with_crlf(data)) for name, data in ODD_LETTERS.items())
    if CORPUS.exists():
        turns = count()
        with tarfile.open(CORPUS) as archive:
            for member in archive:
                kind, _, name = member.name.removeprefix("corpus/").partition("/")
                if member.isfile() and (kind == "eml" or next(turns) % EVERY == 0):
                    file = archive.extractfile(member)
                    assert file is not None
                    data = with_crlf(file.read())
                    if b"\0" not in data and data:
                        yield f"{kind}/{name.partition('.')[0]}", data


@dataclass
class Pair:
    """Clients of both servers with the same mail selected, and the messages' names in order."""

    ours: ImapClient
    theirs: ImapClient
    names: list[str]

    def fetched(self, item: str) -> Iterator[tuple[str, Any, Any]]:
        """(name, our value, theirs) of one FETCH item, for each message."""
        mine, others = (client.run(f"FETCH 1:* ({item})").fetched() for client in (self.ours, self.theirs))
        assert len(mine) == len(others) == len(self.names)
        for number, name in enumerate(self.names, 1):
            (value,), (other,) = mine[number].values(), others[number].values()
            yield name, value, other

    def numbers(self, kind: bytes, command: str, *literals: bytes) -> tuple[list[str], list[str]]:
        """The names of the messages that each server answers."""
        answers = [client.run(command, *literals) for client in (self.ours, self.theirs)]
        assert [answer.status for answer in answers] == ["OK", "OK"], (command, answers[0].text, answers[1].text)
        mine, others = ([self.names[int(n) - 1] for n in answer.named(kind)] for answer in answers)
        return mine, others


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    ours_module, peers_module = bench_module("ours"), bench_module("peers")
    with bench_module("figures").scratch() as scratch, ExitStack() as stack:
        ours = stack.enter_context(ours_module.OurServer(Path(scratch) / "ours"))
        dovecot = stack.enter_context(peers_module.Dovecot(Path(scratch) / "dovecot"))
        ports = (ours.ports["imap"], dovecot.imap)
        mine, other = (stack.enter_context(ImapClient(port, "bench", "pw")) for port in ports)
        yield filled(mine, other)


def filled(mine: ImapClient, other: ImapClient) -> Pair:
    names = []
    for name, data in letters():
        answers = [client.append("INBOX", data, ARRIVED).status for client in (mine, other)]
        assert answers == ["OK", "OK"], name
        names.append(name)
    for client in (mine, other):
        assert client.run("SELECT INBOX").status == "OK"
    return Pair(mine, other, names)


def unexplained(rows: Iterator[tuple[str, Any, Any]], alike: Callable[[Any], Any]) -> dict[str, Any]:
    """What differs although no row of the table says so."""
    return {
        name: (mine, other) for name, mine, other in rows if alike(mine) != alike(other) and name not in EXPLAINED
    }


def test_sizes_and_dates(pair: Pair) -> None:
    for item in ("RFC822.SIZE", "INTERNALDATE"):
        assert {n: (a, b) for n, a, b in pair.fetched(item) if a != b} == {}


def squeezed(value: Any) -> Any:
    """An envelope without what Dovecot changes: it makes one blank of the white space in a phrase or a fold, and
    shows words of its own where an address has no domain or cannot be read."""
    if isinstance(value, list):
        return [squeezed(one) for one in value]
    if value in (b"MISSING_DOMAIN", b"SYNTAX_ERROR", b"MISSING_MAILBOX"):
        return b""
    return re.sub(rb"\s+", b" ", value).strip() if isinstance(value, bytes) else value


def test_envelopes(pair: Pair) -> None:
    assert unexplained(pair.fetched("ENVELOPE"), squeezed) == {}


def plain_structure(value: Any) -> Any:
    """A body structure in small letters, without the charset that Dovecot adds to text that names none."""
    if not isinstance(value, list):
        return value.lower() if isinstance(value, bytes) else value
    parts = [plain_structure(one) for one in value]
    if len(parts) > 2 and parts[0] == b"text" and isinstance(parts[2], list | None):
        named = parts[2] or []
        pairs = [named[at : at + 2] for at in range(0, len(named), 2)]
        parts[2] = [pair for pair in pairs if pair != [b"charset", b"us-ascii"]] or None
    return parts


def test_body_structures(pair: Pair) -> None:
    assert unexplained(pair.fetched("BODYSTRUCTURE"), plain_structure) == {}
    assert unexplained(pair.fetched("BODY"), plain_structure) == {}


SECTIONS = (
    "1",
    "1.MIME",
    "1.1",
    "1.2",
    "1.HEADER",
    "1.TEXT",
    "2",
    "2.MIME",
    "2.1",
    "HEADER",
    "TEXT",
    "HEADER.FIELDS (SUBJECT RECEIVED X-NONE)",
    "HEADER.FIELDS.NOT (RECEIVED)",
)


@pytest.mark.parametrize("section", SECTIONS)
def test_sections(pair: Pair, section: str) -> None:
    """What is not there is NIL here; there it is "", and 1.1 of a part that is no message is the part itself. The
    line end before a delimiter is no part's (RFC 2046 §5.1.1); Dovecot counts it to a multipart all the same."""
    rows = [row for row in pair.fetched(f"BODY.PEEK[{section}]") if row[1] is not None]
    assert unexplained(iter(rows), lambda value: value.removesuffix(b"\r\n")) == {}
    same = {name for name, mine, other in rows if mine == other}
    cuts = pair.fetched(f"BODY.PEEK[{section}]<3.40>")
    assert unexplained((row for row in cuts if row[0] in same), lambda value: value) == {}


def test_whole_messages(pair: Pair) -> None:
    assert {name for name, mine, other in pair.fetched("BODY.PEEK[]") if mine != other} == set()


WORDS = (
    "the",
    "click here",
    "http://",
    "re:",
    "the ",
    "a",
    "$",
    "Aug",
    "<html>",
    "--",
    "ñ",
    "É",
    "mañana",
    "larga",
)
TEXT_KEYS = ("BODY", "TEXT", "SUBJECT", "FROM", "TO", "CC", "HEADER X-Mailer", "HEADER Received", "HEADER Date")
OTHER_KEYS = (
    "SENTSINCE 1-Sep-2002",
    "SENTON 22-Aug-2002",
    "NOT SENTBEFORE 1-Sep-2002",
    "LARGER 5000",
    "SMALLER 2000",
    'HEADER Reply-To ""',
    'HEADER X-Nothing ""',
    "NOT SUBJECT re",
    "OR SUBJECT re FROM yahoo",
    "1:50 NOT 20:30",
    "ON 11-Aug-2005",
    "SINCE 12-Aug-2005",
    "UID 5:9",
    "UNDELETED UNKEYWORD $x",
    "(TEXT the NOT BODY the)",
)


@pytest.mark.parametrize("key", [f"{key} {{}}" for key in TEXT_KEYS])
def test_searches_for_texts(pair: Pair, key: str) -> None:
    for word in WORDS:
        mine, others = pair.numbers(b"SEARCH", f"SEARCH CHARSET UTF-8 {key}", word.encode())
        assert set(mine) ^ set(others) <= EXPLAINED.keys(), word


@pytest.mark.parametrize("key", OTHER_KEYS)
def test_other_searches(pair: Pair, key: str) -> None:
    """A message without a date was sent before any day for Dovecot; for us, as RFC 3501 has it, no key fits it."""
    mine, others = pair.numbers(b"SEARCH", f"SEARCH {key}")
    dated = set(pair.numbers(b"SEARCH", 'SEARCH HEADER Date ""')[0]) if "SENT" in key else set(pair.names)
    assert (set(mine) ^ set(others)) & dated <= EXPLAINED.keys()


SORT_KEYS = ("ARRIVAL", "SUBJECT", "FROM", "TO", "CC", "SIZE", "DATE", "SUBJECT REVERSE DATE", "DISPLAYTO")


@pytest.mark.parametrize("key", SORT_KEYS)
def test_orders(pair: Pair, key: str) -> None:
    mine, others = pair.numbers(b"SORT", f"SORT ({key}) UTF-8 ALL")
    assert [n for n in mine if n not in EXPLAINED] == [n for n in others if n not in EXPLAINED]


@pytest.mark.parametrize("algorithm", ["REFERENCES", "ORDEREDSUBJECT"])
def test_threads(pair: Pair, algorithm: str) -> None:
    def named(value: Any) -> Any:
        return [named(one) for one in value] if isinstance(value, list) else pair.names[int(value) - 1]

    mine, others = (
        [repr(named(thread)) for thread in client.run(f"THREAD {algorithm} UTF-8 ALL").named(b"THREAD")]
        for client in (pair.ours, pair.theirs)
    )
    assert set(mine) == set(others)
    explained = {thread for thread in mine if any(repr(name) in thread for name in EXPLAINED)}
    assert [one for one in mine if one not in explained] == [one for one in others if one not in explained]
