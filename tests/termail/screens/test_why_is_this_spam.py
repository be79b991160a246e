"""Why a message is spam: what filters wrote into it, who is believed, and the key that shows it."""

from typing import Any

import pytest

from termail.mime.filter_words import FilterWord, filtering
from termail.screens.spam_report import WIDTH, spam_texts

OWN = frozenset({"cities.org"})
JUDGED = b"""Received: from a by brasilia.cities.org; Sat, 22 Nov 2025 09:16:09 +0000\r
Authentication-Results: brasilia.cities.org; spf=fail smtp.mailfrom=x@bank.test; dmarc=fail header.from=bank.test\r
X-Spam-Flag: YES\r
X-Spam-Status: Yes, score=7.5 required=4.0 tests=spf=3.0,bayes=4.5\r
X-Spam-Action: junk\r
X-Spam-Verdict: brasilia.cities.org; spf score +3.0 at mail: fail: bank.test says no\r
X-Spam-Verdict: brasilia.cities.org; bayes score +4.5 at data: spam, 0.999 of 1\r
X-Spam-Verdict: brasilia.cities.org; names pass +0.0 at connect\r
X-Spam-Verdict: evil.test; spf pass -90.0 at mail: trust me\r
X-Spam-Explanation: brasilia.cities.org; bayes; 0.99 casino\r
X-Spam-Explanation: brasilia.cities.org; bayes; 0.98 \x1b]0;title\x07winner\r
From: x@bank.test\r
\r
x\r
"""


def test_what_a_server_wrote_is_read() -> None:
    found = filtering(JUDGED)
    assert found is not None
    assert (found.server, found.is_spam, found.score, found.required, found.action) == (
        "brasilia.cities.org",
        True,
        7.5,
        4.0,
        "junk",
    )
    assert [word.name for word in found.words] == ["spf", "bayes", "names"], (
        "another server's words are not mixed in"
    )
    assert found.words[0] == FilterWord("spf", "score", 3.0, "mail", "fail: bank.test says no")
    assert found.words[1].details[0] == "0.99 casino"


def test_it_is_told_in_words_the_heaviest_first() -> None:
    lines = list(spam_texts(JUDGED, OWN))
    text = "\n".join(lines)
    assert lines[0] == "Spam: 7.5 points, and spam begins at 4.0. It was put into Junk."
    assert text.index(" +4.5  bayes") < text.index(" +3.0  spf: SPF, who may send") < text.index("·  names")
    assert "         0.99 casino" not in lines[0] and "       0.99 casino" in lines
    assert "Authentication-Results of your server: spf fail, dmarc fail." in text
    assert "\x1b" not in text and "evil.test" not in text and "need not believe" not in text
    assert max(map(len, lines)) <= WIDTH


def test_only_servers_of_ones_own_are_believed() -> None:
    assert "! brasilia.cities.org says so, which is no server of yours" in "\n".join(
        spam_texts(JUDGED, frozenset({"elsewhere.test"}))
    )
    assassin = b"X-Spam-Status: Yes, score=9.1 required=5.0 tests=A_RULE,B_RULE autolearn=no\r\n\r\n"
    text = "\n".join(spam_texts(assassin, OWN))
    assert text.startswith("Spam: 9.1 points, and spam begins at 5.0.\n! No server signs it")
    assert "Its tests: A_RULE, B_RULE" in text


@pytest.mark.parametrize(
    "header",
    [b"", b"X-Spam-Status: \r\n", b"X-Spam-Status: maybe\r\n", b"X-Spam-Flag: YES\r\n", b"X-Spam-Score: 3\r\n"],
)
def test_a_message_without_words_says_so(header: bytes) -> None:
    assert filtering(header + b"\r\nx") is None
    assert next(spam_texts(header + b"\r\nx", OWN)) == "No filter wrote anything into this message."


@pytest.mark.parametrize("verdict", [b"x", b"; ; ;", b"h; a b", b"h; spf score 1 at mail", b"h; " + b"a" * 5000])
def test_words_that_are_none_are_passed_over(verdict: bytes) -> None:
    found = filtering(b"X-Spam-Verdict: " + verdict + b"\r\n\r\n")
    assert found is not None and found.words == ()


async def test_one_key_shows_it_in_the_index_and_in_the_pager(opened: Any) -> None:
    async with opened() as client:
        await client.press("escape", "?")
        assert "Why this is spam, or is not" in client.lines[0]
        assert "No filter wrote anything" in client.text
        await client.press("q", "enter", "escape", "?")
        assert "Why this is spam, or is not" in client.lines[0]
