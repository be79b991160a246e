"""Why a message is spam, or is not: what every filter of the server said, in words."""

from collections.abc import Iterator
from textwrap import wrap

from termail.mime.filter_words import Filtering, FilterWord, filtering
from termail.mime.trust import verdicts
from termail.screens.trust_line import is_ours

WIDTH = 76
"""What fits on a narrow terminal."""

_FATES = {
    "tag": "It was marked, and left where it is.",
    "junk": "It was put into Junk.",
    "quarantine": "It was put into Junk, whatever its points: one filter asked for that.",
}
_WHO = {
    "lists": "allow and deny lists",
    "rate": "how much the client sends",
    "dnsbl": "block lists in DNS",
    "dnswl": "white lists in DNS",
    "names": "the client's names",
    "spf": "SPF, who may send for the domain",
    "greylist": "whether the sender came again",
    "dkim": "DKIM, signatures",
    "dmarc": "DMARC, what the domain in From asks for",
    "content": "rules on the content",
    "bayes": "words, as you trained it",
    "scanner": "viruses and programs",
    "clamd": "viruses (ClamAV)",
}


def spam_texts(raw: bytes, own_domains: frozenset[str]) -> Iterator[str]:
    """Plain lines that fit on the screen, sanitised."""
    found = filtering(raw)
    if found is None:
        yield "No filter wrote anything into this message."
        yield ""
        yield from _advice()
        return
    yield from _summary(found)
    if found.server and not is_ours(found.server, own_domains):
        yield from wrap(f"! {found.server} says so, which is no server of yours: you need not believe it.", WIDTH)
    elif not found.server:
        yield from wrap("! No server signs it: whoever sent the message may have written it.", WIDTH)
    yield ""
    for word in sorted(found.words, key=lambda word: -word.score):
        yield from _told(word)
    if not found.words and found.tests:
        yield from wrap(f"Its tests: {found.tests.replace(',', ', ')}", WIDTH)
    results = [f"{one.method} {one.result}" for one in verdicts(raw) if is_ours(one.server, own_domains)]
    if results:
        yield ""
        yield from wrap(f"Authentication-Results of your server: {', '.join(results[:12])}.", WIDTH)
    yield ""
    yield from _advice()


def _summary(found: Filtering) -> Iterator[str]:
    points = f"{found.score:.1f} points" if found.score != 1 else "1 point"
    word = "Spam" if found.is_spam else "No spam"
    yield from wrap(
        f"{word}: {points}, and spam begins at {found.required:.1f}. {_FATES.get(found.action, '')}", WIDTH
    )


def _told(word: FilterWord) -> Iterator[str]:
    """Points, who gave them, and why; the lines behind the first are indented."""
    points = f"{word.score:+5.1f}" if word.score else "    ·"
    loud = {"quarantine": " (wants it in Junk)", "reject": " (refuses)", "defer": " (puts it off)"}.get(
        word.word, ""
    )
    yield f"{points}  {word.name}{loud}: {_WHO.get(word.name, 'a filter')}"
    for text in (word.reason, *word.details):
        yield from wrap(text, WIDTH, initial_indent=" " * 7, subsequent_indent=" " * 9)


def _advice() -> Iterator[str]:
    yield from wrap("M-! moves it into Junk, or out of Junk: a server that learns, learns from that.", WIDTH)
    yield from wrap("M-i tells what is known of the sender, J shows the way the message came.", WIDTH)
