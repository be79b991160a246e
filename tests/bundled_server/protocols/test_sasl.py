"""SASL exchanges: PLAIN and LOGIN as the server hears them."""

from base64 import b64encode

import pytest

from bundled_server.protocols.sasl import Challenge, Credentials, Failed, SaslExchange

ALICE = Credentials("", "alice", "123456")


def test_plain_with_an_initial_response_gives_credentials() -> None:
    assert SaslExchange().start("plain", b64encode(b"\0alice\x00123456")) == ALICE


def test_plain_without_an_initial_response_is_asked_for_one() -> None:
    exchange = SaslExchange()
    assert exchange.start("PLAIN", None) == Challenge(b"")
    assert exchange.next(b64encode(b"\0alice\x00123456")) == ALICE


def test_login_asks_for_name_and_password() -> None:
    exchange = SaslExchange()
    assert exchange.start("LOGIN", None) == Challenge(b"Username:")
    assert exchange.next(b64encode(b"alice")) == Challenge(b"Password:")
    assert exchange.next(b64encode(b"123456")) == ALICE


def test_login_takes_the_name_as_initial_response() -> None:
    exchange = SaslExchange()
    assert exchange.start("LOGIN", b64encode(b"alice")) == Challenge(b"Password:")
    assert exchange.next(b64encode(b"123456")) == ALICE


@pytest.mark.parametrize(
    "response",
    [
        b"!!!",
        b"AGFsaWNlADEyMzQ1Ng",  # padding cut off
        b"AGFs aWNl",
        b64encode(b"alice"),
        b64encode(b"\0\x00123456"),
        b64encode(b"\0alice\0"),
        b64encode(b"\0a\0b\0c"),
        b64encode(b"\0\xff\x00x"),
        b"A" * 20_000,
        b"",
        b"=",
    ],
)
def test_a_malformed_response_fails_that_login_only(response: bytes) -> None:
    exchange = SaslExchange()
    assert isinstance(exchange.start("PLAIN", response), Failed)
    assert exchange.start("PLAIN", b64encode(b"\0alice\x00123456")) == ALICE


def test_a_star_cancels_and_nothing_continues_after_it() -> None:
    exchange = SaslExchange()
    exchange.start("LOGIN", None)
    assert exchange.next(b"*") == Failed("cancelled by the client", cancelled=True)
    assert isinstance(exchange.next(b64encode(b"alice")), Failed)


def test_an_unknown_mechanism_is_refused() -> None:
    exchange = SaslExchange()
    assert not exchange.offers("NTLM")
    assert isinstance(exchange.start("NTLM", None), Failed)


def test_a_password_is_not_shown_in_repr() -> None:
    assert "123456" not in repr(ALICE)
