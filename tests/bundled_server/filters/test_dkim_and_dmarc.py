"""DKIM, DMARC and ARC on messages signed here, with keys and policies on a name server on loopback."""

import base64

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from bundled_server.filter_config import Dkim, Dmarc
from bundled_server.filters.dkim import KEY_LENGTH, DkimFilter
from bundled_server.filters.dmarc import DmarcFilter
from bundled_server.filters.dmarc_policy import Policy, policy_of
from bundled_server.filters.public_suffix import PublicSuffixes, organization_of
from bundled_server.filters.question import Question, Visit
from bundled_server.filters.verdict import Stage, Word

LETTER = (
    b"From: Ann <ann@mail.far.test>\r\nTo: bob@here.test\r\nSubject: hola\r\n"
    b"Date: Mon, 1 Jan 2024 10:00:00 +0000\r\nMessage-ID: <1@far.test>\r\n\r\nHola\r\n"
)


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def pem(key, names) -> bytes:
    """The private key; its public half is published for far.test."""
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    names.zones.put("s1._domainkey.far.test", "TXT", f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}")
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def signed(pem: bytes, letter: bytes = LETTER, domain: bytes = b"far.test", **more: object) -> bytes:
    return dkim.sign(letter, b"s1", domain, pem, **more) + letter


def question(content: bytes, spf: str = "none", spf_domain: str = "") -> Question:
    asked = Question(Visit("s", "192.0.2.1"), "ann@far.test", content=content)
    asked.findings.spf, asked.findings.spf_domain = spf, spf_domain
    return asked


async def test_signatures_that_hold_and_that_do_not(pem, resolver, ask) -> None:
    link = DkimFilter(Dkim(), resolver)
    good = question(signed(pem))
    assert (await ask(link, Stage.DATA, good)).results == "dkim=pass header.d=far.test header.s=s1"
    assert (good.findings.dkim, good.findings.dkim_domains) == ("pass", ("far.test",))
    for changed, why in (
        (signed(pem).replace(b"Hola\r\n", b"Adios\r\n"), "the body was changed"),
        (signed(pem).replace(b"Subject: hola", b"Subject: adios"), "the signed header was changed"),
        (signed(pem, domain=b"nokey.test"), "it has no key in DNS"),
    ):
        bad = question(changed)
        verdict = await ask(link, Stage.DATA, bad)
        assert why in verdict.reason
        assert (bad.findings.dkim_domains, verdict.score) == ((), 0.5)
    assert (await ask(link, Stage.DATA, question(LETTER))).results == "dkim=none"


@pytest.mark.parametrize(
    "field",
    [
        b"DKIM-Signature: nonsense\r\n",
        b"DKIM-Signature: v=1; a=rsa-sha256; d=far.test; s=s1; h=from; bh=x; b=!!!\r\n",
        b"DKIM-Signature: v=1; a=md5; d=../x; s=..; h=; bh=; b=\r\n",
        b"DKIM-Signature: d=far.test; s=s1\r\nnot a header line\r\n",
    ],
)
async def test_signatures_that_are_none_do_not_count_and_break_nothing(pem, resolver, ask, field: bytes) -> None:
    asked = question(field + LETTER)
    verdict = await ask(DkimFilter(Dkim(), resolver), Stage.DATA, asked)
    assert asked.findings.dkim_domains == ()
    assert "dkim=pass" not in verdict.results


async def test_what_would_cost_too_much_is_left(pem, names, resolver, ask) -> None:
    link = DkimFilter(Dkim(octets=1000, signatures=2), resolver)
    assert (await ask(link, Stage.DATA, question(signed(pem) + b"x" * 1000))).results == "dkim=neutral"
    many = b"DKIM-Signature: v=1; d=far.test; s=s1\r\n" * 2 + LETTER
    assert (await ask(link, Stage.DATA, question(many))).results.count("header.d") == 2
    names.zones.put("s1._domainkey.far.test", "TXT", "v=DKIM1; p=" + "A" * KEY_LENGTH)
    resolver.forget()
    assert "no key" in (await ask(link, Stage.DATA, question(signed(pem)))).reason


async def test_a_signature_of_part_of_the_body_says_nothing_for_dmarc(pem, resolver, ask) -> None:
    asked = question(signed(pem, length=True) + b"<b>buy this</b>\r\n")
    assert "dkim=pass" in (await ask(DkimFilter(Dkim(), resolver), Stage.DATA, asked)).results
    assert asked.findings.dkim_domains == ()


@pytest.mark.parametrize(
    ("record", "spf", "dkim_domains", "result", "word"),
    [
        ("v=DMARC1; p=reject", ("pass", "far.test"), (), "pass", Word.PASS),
        ("v=DMARC1; p=reject", ("pass", "bounce.far.test"), (), "pass", Word.PASS),
        ("v=DMARC1; p=reject; aspf=s", ("pass", "far.test"), (), "fail", Word.REJECT),
        ("v=DMARC1; p=reject", ("fail", "far.test"), ("far.test",), "pass", Word.PASS),
        ("v=DMARC1; p=reject; adkim=s", ("none", ""), ("far.test",), "fail", Word.REJECT),
        ("v=DMARC1; p=reject", ("pass", "evil.test"), ("evil.test",), "fail", Word.REJECT),
        ("v=DMARC1; p=quarantine", ("none", ""), (), "fail", Word.QUARANTINE),
        ("v=DMARC1; p=none", ("none", ""), (), "fail", Word.PASS),
        ("v=DMARC1; p=reject; sp=none", ("none", ""), (), "fail", Word.PASS),
        ("v=DMARC1; p=reject; pct=0", ("none", ""), (), "fail", Word.QUARANTINE),
        ("v=DMARC2; p=reject", ("none", ""), (), "none", Word.PASS),
    ],
)
async def test_dmarc(names, resolver, ask, record, spf, dkim_domains, result, word) -> None:
    names.zones.put("_dmarc.far.test", "TXT", record)
    asked = question(LETTER, *spf)
    asked.findings.dkim_domains = dkim_domains
    verdict = await ask(DmarcFilter(Dmarc(), resolver, lambda: 0.5), Stage.DATA, asked)
    assert verdict.results.startswith(f"dmarc={result}"), verdict.reason
    assert verdict.word is word


@pytest.mark.parametrize(
    "authors",
    [
        b"From: a@far.test\r\nFrom: b@far.test\r\n",
        b"From: a@far.test, b@evil.test\r\n",
        b"Subject: no author\r\n",
        b"From: nobody\r\n",
        b"From: <a@far.test;dkim=pass>\r\n",
        b'From: "x" <"a; dmarc=pass"@far.test dkim=pass>\r\n',
    ],
)
async def test_dmarc_needs_one_author_domain(resolver, ask, authors: bytes) -> None:
    verdict = await ask(DmarcFilter(Dmarc(), resolver, lambda: 0.5), Stage.DATA, question(authors + b"\r\nx\r\n"))
    assert verdict.results == "dmarc=permerror"


async def test_a_trusted_seal_excuses_what_a_list_changed(pem, names, resolver, ask) -> None:
    names.zones.put("_dmarc.far.test", "TXT", "v=DMARC1; p=reject")
    results = b"Authentication-Results: lists.test; arc=none; dmarc=pass header.from=far.test\r\n"
    sealed = b"".join(dkim.arc_sign(results + LETTER, b"s1", b"far.test", pem, b"lists.test")) + results + LETTER
    for trusted, word in ((("far.test",), Word.PASS), (("other.test",), Word.REJECT)):
        link = DmarcFilter(Dmarc(arc_trust=trusted), resolver, lambda: 0.5)
        assert (await ask(link, Stage.DATA, question(sealed))).word is word
    link = DmarcFilter(Dmarc(arc_trust=("far.test",)), resolver, lambda: 0.5)
    assert (await ask(link, Stage.DATA, question(sealed.replace(b"Hola\r\n", b"Adios\r\n")))).word is Word.REJECT


def test_policies() -> None:
    assert policy_of(["v=DMARC1; p=reject; sp=quarantine; pct=20; adkim=s"]) == Policy(
        "reject", "quarantine", 20, True, False
    )
    assert policy_of(["v=DMARC1; p=oops; rua=mailto:a@b.test"]) == Policy("none", "none")
    for bad in (["v=DMARC1; p=oops"], ["v=DMARC1; p=none", "v=DMARC1; p=reject"], ["v=spf1 -all"], []):
        assert policy_of(bad) is None


@pytest.mark.parametrize(
    ("domain", "organization"),
    [
        ("a.b.example.com", "example.com"),
        ("a.b.example.co.uk", "example.co.uk"),
        ("example.com", "example.com"),
        ("com", "com"),
    ],
)
def test_organizations(domain: str, organization: str) -> None:
    assert organization_of(domain) == organization
    suffixes = PublicSuffixes(["// a comment", "com", "uk", "co.uk", "*.ck", "!www.ck"])
    assert suffixes.organization_of(domain) == organization


def test_wildcards_and_exceptions_of_the_list() -> None:
    suffixes = PublicSuffixes(["ck", "*.ck", "!www.ck"])
    assert suffixes.organization_of("a.b.c.ck") == "b.c.ck"
    assert suffixes.organization_of("a.www.ck") == "www.ck"
