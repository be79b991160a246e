"""Content rules: where they look, what they say, and regexes that cannot run for hours."""

import time
from pathlib import Path

import pytest

from bundled_server.filter_config import Content, Rule
from bundled_server.filters.content.content_filter import ContentFilter
from bundled_server.filters.content.rules import BadRule
from bundled_server.filters.content.safe_regex import UnsafeRegex, compiled
from bundled_server.filters.question import Question, Visit
from bundled_server.filters.verdict import Stage, Word

LETTER = b"""From: "Prize Office" <win@lottery.test>\r
Subject: =?utf-8?B?WW91IHdvbiDigqwxMDAwMDAw?=\r
X-Mailer: BulkBlaster 3\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=b\r
\r
--b\r
Content-Type: text/html; charset=iso-8859-1\r
Content-Transfer-Encoding: quoted-printable\r
\r
<p>Click <b>h</b><i>ere</i> to claim your pri=\r
ze, se=F1or</p>\r
--b\r
Content-Type: application/pdf; name="plain.pdf"\r
Content-Disposition: attachment;\r
 filename*0*=utf-8''fact; filename*1*=%C3%BAra.pdf\r
\r
x\r
--b--\r
"""


@pytest.mark.parametrize(
    ("where", "words", "regex", "holds"),
    [
        ("subject", ("you won",), "", True),
        ("subject", (), r"€\d{6,}", True),
        ("from", ("prize office",), "", True),
        ("header X-Mailer", (), r"^bulk\w+ \d", True),
        ("header subject", ("bulkblaster",), "", False),
        ("any header", ("x-mailer: bulk",), "", True),
        ("body", ("claim your prize, señor",), "", True),
        ("body", ("<b>h</b>",), "", True),
        ("type", (), r"^application/pdf$", True),
        ("attachment", ("factúra.pdf",), "", True),
        ("attachment", ("plain.pdf",), "", False),
        ("body", ("bulkblaster",), "", False),
    ],
)
async def test_where_a_rule_looks(ask, where: str, words: tuple[str, ...], regex: str, holds: bool) -> None:
    rule = Rule(name="one", where=where, words=words, regex=regex, score=2.0, reason="it is a prize")
    verdict = await ask(
        ContentFilter(Content(rules=(rule,))), Stage.DATA, Question(Visit("s", "192.0.2.1"), content=LETTER)
    )
    assert (verdict is not None) is holds
    if verdict is not None:
        assert (verdict.word, verdict.score, verdict.reason) == (Word.SCORE, 2.0, "it is a prize")


async def test_scores_add_up_and_the_hardest_word_counts(ask, tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text('[[rule]]\nname = "x"\nwhere = "body"\nwords = ["click"]\nword = "reject"\nreason = "No."\n')
    rules = (Rule(name="a", where="subject", words=("won",), score=1.5),)
    link = ContentFilter(Content(rules=rules, files=(file,)))
    verdict = await ask(link, Stage.DATA, Question(Visit("s", "192.0.2.1"), content=LETTER))
    assert (verdict.word, verdict.score, verdict.text, verdict.status) == (Word.REJECT, 1.5, "No.", "5.7.1")
    assert verdict.explanation == ("a +1.5: subject has 'won'", "x +0.0: body has 'click'")


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Rule(name="", where="body", words=("x",)), "needs a name"),
        (Rule(name="a", where="nowhere", words=("x",)), "where 'nowhere' is unknown"),
        (Rule(name="a", where="header X Y", words=("x",)), "where 'header X Y' is unknown"),
        (Rule(name="a", where="body"), "needs words or a regex"),
        (Rule(name="a", where="body", words=("x",), word="explode"), "word 'explode' is unknown"),
        (Rule(name="a", where="body", regex="(a"), "is no regex"),
        (Rule(name="a", where="body", regex="(a+)+$"), "could take too long"),
    ],
)
def test_rules_that_cannot_be(rule: Rule, words: str) -> None:
    with pytest.raises(BadRule, match=words.replace("(", r"\(")):
        ContentFilter(Content(rules=(rule,)))


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+", "(a|aa)+$", ".*.*x", r"(\w+\s?)*:", r"(.)\1", "a{1,400}b{1,400}", "(?:a?){30}b", "x" * 2000],
)
def test_regexes_that_could_run_for_hours_are_refused(pattern: str) -> None:
    with pytest.raises(UnsafeRegex):
        compiled(pattern)


@pytest.mark.parametrize("pattern", [r"\bfree\b.*money", r"v[i1!]agra", r"(?:foo|bar|baz) ?qux", r"^\d{3,20}$"])
def test_regexes_that_people_write_are_taken(pattern: str) -> None:
    assert compiled(pattern)


async def test_the_worst_text_for_the_worst_rule_is_done_in_time(ask) -> None:
    rule = Rule(name="a", where="body", regex=r"a.*b", score=1.0)
    content = b"Subject: x\r\n\r\n" + b"a" * 1_000_000
    start = time.process_time()
    link = ContentFilter(Content(rules=(rule,)))
    assert await ask(link, Stage.DATA, Question(Visit("s", "192.0.2.1"), content=content)) is None
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^b", "a" * 600 + "b", ""),
        ("^b.*c", "a" * 250 + "bc", ""),  # a window begins there, the text does not
        ("b.*c", "a" * 490 + "b" + "x" * 200 + "c", "b" + "x" * 200 + "c"),  # across the end of a window
        (r"\d{3}$", "a" * 700 + "123", "123"),
        ("x?", "", "x?"),
    ],
)
def test_long_texts(pattern: str, text: str, found: str) -> None:
    assert compiled(pattern).find(text) == found
