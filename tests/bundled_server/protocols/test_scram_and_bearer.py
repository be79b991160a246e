"""SCRAM-SHA-256 by the RFC's own example, what a tampering client gets, bearer tokens as clients write them."""

from base64 import b64decode

import pytest

from bundled_server.protocols.sasl import (
    BearerToken,
    Challenge,
    Disproven,
    Failed,
    KeysWanted,
    OAuthBearer,
    Proven,
    ScramSha256,
    XOAuth2,
)
from bundled_server.protocols.sasl.prep import saslprep
from bundled_server.protocols.sasl.scram import derive_keys

# RFC 7677 §3
KEYS = derive_keys("pencil", b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096)
CLIENT_FIRST = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
SERVER_FIRST = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
NONCE = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
PROOF = "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
SERVER_FINAL = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def begun() -> ScramSha256:
    scram = ScramSha256("%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0")
    assert scram.step(CLIENT_FIRST) == KeysWanted("user")
    assert scram.supply(KEYS) == Challenge(SERVER_FIRST)
    return scram


def test_the_example_of_the_rfc() -> None:
    scram = begun()
    assert scram.step(f"c=biws,{NONCE},{PROOF}".encode()) == Challenge(SERVER_FINAL)
    assert scram.step(b"") == Proven("", "user")


@pytest.mark.parametrize(
    ("final", "end"),
    [
        (f"c=biws,{NONCE},p={'A' * 43}=", Disproven("user")),
        (f"c=biws,{NONCE},p=AAAA", Failed),
        (f"c=biws,{NONCE}x,{PROOF}", Failed),
        (f"c=eSws,{NONCE},{PROOF}", Failed),
        (f"c=biws,{NONCE}", Failed),
        (f"{PROOF}", Failed),
        ("", Failed),
        (f"c=!!,{NONCE},{PROOF}", Failed),
    ],
)
def test_a_client_that_does_not_know_the_password_proves_nothing(final: str, end: object) -> None:
    answer = begun().step(final.encode())
    assert answer == end or (end is Failed and isinstance(answer, Failed))


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"n,,",
        b"p=tls-unique,,n=user,r=abc",
        b"n,,m=ext,n=user,r=abc",
        b"n,,n=us=er,r=abc",
        b"n,,n=,r=abc",
        b"n,,n=user,r=",
        b"x,,n=user,r=abc",
        b"n,,n=user\xff,r=abc",
        b"n,,n=us\x07er,r=abc",
    ],
)
def test_malformed_first_messages_fail(first: bytes) -> None:
    assert isinstance(ScramSha256("nonce").step(first), Failed)


def test_names_are_decoded_and_prepared() -> None:
    assert ScramSha256("n").step("n,a=a=2Cb,n=I\u00adX=3D,r=abc".encode()) == KeysWanted("IX=")
    assert saslprep("\u2168") == "IX"
    assert saslprep("a\u00a0b") == "a b"
    for bad in ("\u0007", "\u06271", "\u0627a\u0627"):
        with pytest.raises(ValueError, match=r"."):
            saslprep(bad)


@pytest.mark.parametrize(
    ("mechanism", "response", "user"),
    [
        (XOAuth2(), b"user=alice\x01auth=Bearer tok\x01\x01", "alice"),
        (OAuthBearer(), b"n,a=alice,\x01host=a.test\x01port=587\x01auth=Bearer tok\x01\x01", "alice"),
        (OAuthBearer(), b"n,,\x01auth=Bearer tok\x01\x01", ""),
    ],
)
def test_bearer_tokens_as_clients_write_them(mechanism, response: bytes, user: str) -> None:
    claim = mechanism.step(response)
    assert isinstance(claim, BearerToken)
    assert (claim.user, claim.token) == (user, "tok")
    assert "tok" not in repr(claim).replace("BearerToken", "").replace("token", "")


@pytest.mark.parametrize("response", [b"", b"user=alice", b"user=a\x01auth=Basic x\x01\x01", b"\xff" * 5000])
def test_malformed_tokens_fail(response: bytes) -> None:
    assert isinstance(XOAuth2().step(response), Failed)
    assert isinstance(OAuthBearer().step(response), Failed)
