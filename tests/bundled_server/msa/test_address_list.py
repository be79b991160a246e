"""Address lists of headers: found, completed, and never altered otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bundled_server.msa.address_list import bare_address, complete, split_list


@pytest.mark.parametrize(
    ("body", "addresses"),
    [
        ("alice", ["alice"]),
        ("a@x.test, B <b@x.test>", ["a@x.test", "b@x.test"]),
        ('"Smith, Bob" <b@x.test>', ["b@x.test"]),
        ('"<evil@x.test>" <b@x.test>', ["b@x.test"]),
        ("b@x.test (a, comment <c@x.test>)", ["b@x.test"]),
        ('"b, c"@x.test', ['"b, c"@x.test']),
        (" =?utf-8?Q?J=2C?= <j@x.test>", ["j@x.test"]),
        ("", [""]),
    ],
)
def test_addresses_are_found(body: str, addresses: list[str]) -> None:
    assert [bare_address(item) for item in split_list(body)] == addresses


@pytest.mark.parametrize(
    "item", ["a b", "<a@x> <b@x>", "g: a@x;", "a@x (open", "a@x) (", "<a@x", "a <@r,@s:b@x>", "x <a@b> y"]
)
def test_what_is_no_single_mailbox_is_said(item: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        bare_address(item)


@pytest.mark.parametrize(
    ("body", "completed"),
    [
        (" alice,  bob@x.test", " alice@c.test,  bob@x.test"),
        (" Alice <alice>,\r\n juan (el hermano)", " Alice <alice@c.test>,\r\n juan@c.test (el hermano)"),
        (" undisclosed-recipients:;", " undisclosed-recipients:;"),
        (" friends: alice, juan;", " friends: alice, juan;"),
        (" <>", " <>"),
    ],
)
def test_unqualified_addresses_are_completed_in_place(body: str, completed: str) -> None:
    assert complete(body, "c.test") == completed


@given(st.text(alphabet='ab@,<>()";:\\ \r\n', max_size=60))
def test_nothing_else_is_touched(body: str) -> None:
    assert ",".join(split_list(body)) == body
    assert complete(body, "c.test").replace("@c.test", "") == body


def test_a_long_list_takes_no_time() -> None:
    assert len(split_list("a@x.test, " * 20_000)) == 20_001
    assert complete('"' * 100_000, "x") and complete("(" * 100_000, "x") and complete("\\" * 100_000, "x")
