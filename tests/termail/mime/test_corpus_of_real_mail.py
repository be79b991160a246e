"""Two thousand real messages, good, spam and malformed: each is shown, quickly, and nothing of theirs acts."""

import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from termail.mime.display import display
from termail.mime.draft import forward, parse_draft, reply
from termail.mime.headers import summarize
from termail.mime.html_process import HtmlProcess
from termail.store.reading import read_body

CORPUS = Path(__file__).parents[4] / "shared" / "corpus.tar.xz"


@pytest.fixture(scope="module")
def messages() -> list[tuple[str, bytes]]:
    if not CORPUS.exists():
        pytest.skip("the corpus is not here")
    with tarfile.open(CORPUS) as archive:
        files = ((entry.name, archive.extractfile(entry)) for entry in archive if entry.isfile())
        return [(name, file.read()) for name, file in files if file is not None]


@pytest.fixture(scope="module")
def process() -> Iterator[HtmlProcess]:
    process = HtmlProcess(deadline_seconds=30.0)
    yield process
    process.close()


def test_every_message_is_shown_in_time_and_without_control_characters(
    messages: list[tuple[str, bytes]], process: HtmlProcess
) -> None:
    display(b"Content-Type: text/html\n\n<p>the process starts", width=80, html_process=process)
    for name, raw in messages:
        before = time.process_time()
        view = display(raw, width=80, html_process=process)
        assert time.process_time() - before < 1.0, name
        assert view.lines, name
        text = "".join(line.text for line in view.lines)
        assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in text), name
        text.encode("utf-8")


def test_every_message_can_be_summarized_indexed_answered_forwarded_and_edited(
    messages: list[tuple[str, bytes]], process: HtmlProcess
) -> None:
    for _, raw in messages:
        summarize(raw)
        read_body(raw).text.encode("utf-8")
        reply(raw, account="w", from_="me@x.org", mine=frozenset(), to_all=True, html_process=process)
        forward(raw, account="w", from_="me@x.org", html_process=process)
        parse_draft(raw, "w", process)
