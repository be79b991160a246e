"""Hosts that imitate others are recognised, honest ones are not; ways off a list are told, the safest first."""

import pytest

from termail.mime.lookalike import imitated
from termail.mime.unsubscribe import Unsubscribe, unsubscribe_ways


@pytest.mark.parametrize(
    ("host", "of"),
    [
        ("paypa1.com", "paypal.com"),
        ("xn--pypal-4ve.com", "paypal.com"),
        ("pаypal.com", "paypal.com"),
        ("arnazon.com", "amazon.com"),
        ("paypall.com", "paypal.com"),
        ("paypal.com.evil.test", "paypal.com"),
        ("micorsoft.com", "microsoft.com"),
        ("citles.org", ""),
        ("cities-bank.test", ""),
        ("bankk-of-x.test", "bank-of-x.test"),
        ("xn--bcher-kva.example", ""),
        ("mail.paypal.com", ""),
        ("google.com", ""),
        ("bank-оf-y.test", "mixed alphabets"),
        ("other.test", ""),
        ("", ""),
    ],
)
def test_a_host_that_imitates_a_known_one_is_named(host: str, of: str) -> None:
    assert imitated(host, ["bank-of-x.test"]) == of


LIST = b"List-Unsubscribe: <mailto:off@list.test?subject=off>, <https://list.test/u?x=1>\r\n"


@pytest.mark.parametrize(
    ("header", "ways"),
    [
        (
            LIST + b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
            Unsubscribe(
                one_click="https://list.test/u?x=1",
                page="https://list.test/u?x=1",
                mailto="mailto:off@list.test?subject=off",
            ),
        ),
        (LIST, Unsubscribe(page="https://list.test/u?x=1", mailto="mailto:off@list.test?subject=off")),
        (
            b"List-Unsubscribe: <http://list.test/u>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
            Unsubscribe(),
        ),
        (b"List-Unsubscribe: <https://u:p@list.test/>, <javascript:x>\r\n", Unsubscribe()),
        (b"Subject: x\r\n", Unsubscribe()),
    ],
)
def test_only_https_is_posted_to_and_only_when_the_list_says_so(header: bytes, ways: Unsubscribe) -> None:
    assert unsubscribe_ways(header + b"\r\n") == ways
