"""SPF by a name server on loopback: every result, its limits, and DNS that does not answer."""

import pytest

from bundled_server.dns.resolver import ResolutionFailed
from bundled_server.filter_config import Spf
from bundled_server.filters.question import Question, Visit
from bundled_server.filters.spf import SpfFilter
from bundled_server.filters.verdict import Stage, Word


def question(address: str = "192.0.2.1", sender: str = "ann@far.test", helo: str = "mx.far.test") -> Question:
    return Question(Visit("s1", address, helo), sender)


@pytest.mark.parametrize(
    ("record", "result"),
    [
        ("v=spf1 ip4:192.0.2.0/24 -all", "pass"),
        ("v=spf1 mx -all", "pass"),
        ("v=spf1 a:mx.far.test -all", "pass"),
        ("v=spf1 ptr -all", "pass"),
        ("v=spf1 include:other.test -all", "pass"),
        ("v=spf1 redirect=other.test", "pass"),
        ("v=spf1 exists:%{ir}.%{l}.far.test -all", "pass"),
        ("v=spf1 ip4:198.51.100.1 -all", "fail"),
        ("v=spf1 -all exp=why.far.test", "fail"),
        ("v=spf1 ~all", "softfail"),
        ("v=spf1 ?all", "neutral"),
        ("v=spf1 nonsense -all", "permerror"),
        ("v=spf1 include:loop.test -all", "permerror"),  # eleven look-ups and more
        ("v=spf1 a:no1.test a:no2.test a:no3.test -all", "permerror"),  # three void look-ups
        ("some other text", "none"),
    ],
)
async def test_results(names, resolver, ask, record: str, result: str) -> None:
    put = names.zones.put
    put("far.test", "TXT", record)
    put("far.test", "MX", "10 mx.far.test.")
    put("mx.far.test", "A", "192.0.2.1")
    put("1.2.0.192.in-addr.arpa", "PTR", "mx.far.test.")
    put("1.2.0.192.ann.far.test", "A", "127.0.0.2")
    put("other.test", "TXT", "v=spf1 ip4:192.0.2.1 -all")
    put("loop.test", "TXT", "v=spf1 include:loop.test -all")
    put("why.far.test", "TXT", "%{i} is not ours")
    asked = question()
    verdict = await ask(SpfFilter(Spf(), resolver, "mx.here.test"), Stage.MAIL, asked)
    assert asked.findings.spf == result, verdict.reason
    assert asked.findings.spf_domain == "far.test"
    assert verdict.results == f"spf={result} smtp.mailfrom=ann@far.test"
    assert verdict.score == {"fail": 3.0, "softfail": 1.0, "permerror": 0.5}.get(result, 0.0)


async def test_the_null_sender_is_judged_by_helo_and_ipv6_by_ip6(names, resolver, ask) -> None:
    names.zones.put("mx.far.test", "TXT", "v=spf1 ip6:2001:db8::/32 -all")
    link = SpfFilter(Spf(rejects=True), resolver, "mx.here.test")
    good, bad = question("2001:db8::1", ""), question("2001:db9::1", "")
    assert (await ask(link, Stage.MAIL, good)).results == "spf=pass smtp.helo=mx.far.test"
    assert (await ask(link, Stage.MAIL, bad)).word is Word.REJECT


@pytest.mark.parametrize(
    ("sender", "helo", "results"),
    [
        ('"a; dkim=pass header.d=bank.test"@far.test', "x", "spf=none smtp.mailfrom=far.test"),
        ('"a\r\n b"@far.test', "x", "spf=none smtp.mailfrom=far.test"),
        ("", "x; dmarc=pass", "spf=none smtp.helo=unknown"),
    ],
)
async def test_nobody_writes_results_into_ours(names, resolver, ask, sender: str, helo: str, results: str) -> None:
    verdict = await ask(SpfFilter(Spf(), resolver, "mx.here.test"), Stage.MAIL, question(sender=sender, helo=helo))
    assert verdict.results == results


async def test_no_answer_is_a_temporary_error_without_points(resolver, ask, monkeypatch) -> None:
    class Dead:
        async def txt(self, name: str) -> list[str]:
            raise ResolutionFailed(name)

    asked = question()
    verdict = await ask(SpfFilter(Spf(), Dead(), "mx.here.test"), Stage.MAIL, asked)
    assert (asked.findings.spf, verdict.word, verdict.score) == ("temperror", Word.PASS, 0.0)


@pytest.mark.parametrize("sender", ["ann@" + "x" * 300, "ann@far", "ann@[192.0.2.1]", "ann@fär.test", "ann@a..b"])
async def test_what_is_no_domain_has_no_record(resolver, ask, sender: str) -> None:
    asked = question(sender=sender)
    await ask(SpfFilter(Spf(), resolver, "mx.here.test"), Stage.MAIL, asked)
    assert asked.findings.spf in ("none", "permerror")
