"""The dialogue of the wire pane, and what its commands mean."""

from dataclasses import dataclass

import pytest

from termail.model.dialogue import KEPT_LINES, Dialogue
from termail.model.wire_hints import hint


@dataclass
class Said:
    account: str
    text: str


def test_what_is_said_during_a_pause_waits_and_none_is_lost() -> None:
    wire: Dialogue[Said] = Dialogue()
    assert wire.add(Said("a", "1"))
    wire.toggle_pause()
    assert not wire.add(Said("a", "2"))
    assert not wire.add(Said("a", "3"))
    assert wire.step()
    assert [line.text for line in wire.shown()] == ["1", "2"]
    wire.toggle_pause()
    assert [line.text for line in wire.shown()] == ["1", "2", "3"]
    assert not wire.step()


def test_one_account_at_a_time() -> None:
    wire: Dialogue[Said] = Dialogue()
    for account in "abab":
        wire.add(Said(account, "x"))
    wire.next_account(["a", "b"])
    assert {line.account for line in wire.shown()} == {"a"}
    assert not wire.add(Said("b", "y"))
    wire.next_account(["a", "b"])
    wire.next_account(["a", "b"])
    assert len(wire.shown()) == 5


def test_a_flood_forgets_the_oldest() -> None:
    wire: Dialogue[Said] = Dialogue()
    wire.toggle_pause()
    for number in range(KEPT_LINES + 5):
        wire.add(Said("a", str(number)))
    assert len(wire.waiting) == KEPT_LINES
    assert wire.waiting[0].text == "5"


@pytest.mark.parametrize(
    ("protocol", "line", "rfc"),
    [
        ("imap", "A7 UID STORE 16 +FLAGS (\\Seen)", "RFC 3501 §6.4.6"),
        ("imap", "A7 select INBOX", "RFC 3501 §6.3.1"),
        ("imap", "DONE", "RFC 2177 §3"),
        ("smtp", "MAIL FROM:<a@x>", "RFC 5321 §4.1.1.2"),
        ("pop3", "UIDL", "RFC 1939 §7"),
        ("imap", "A1", ""),
        ("imap", "", ""),
        ("news", "GROUP x", ""),
    ],
)
def test_commands_are_explained_where_a_table_knows_them(protocol: str, line: str, rfc: str) -> None:
    assert hint(protocol, line).endswith(rfc)
    assert bool(hint(protocol, line)) == bool(rfc)
