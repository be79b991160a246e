"""Who was written to is completed; aliases stand for addresses; nothing in them is a shell command."""

from pathlib import Path

import pytest

from termail.screens.address_book import AddressBook, mailbox_text
from termail.store.local_store import Arrived, LocalStore


@pytest.fixture
def book(store: LocalStore, tmp_path: Path) -> AddressBook:
    sent = store.folder_with_role("work", "sent")
    assert sent is not None
    header = b'To: Zo\xc3\xab <zoe@x.test>, "Doe, John" <john@x.test>\r\nSubject: s\r\nMessage-ID: <s1@x>\r\n\r\n'
    store.add_messages(
        sent.folder_id,
        [Arrived(uid=1, flags=frozenset(), internal_date=1.0, size_octets=9, header=header)],
    )
    return AddressBook(store, tmp_path / "config" / "aliases")


def test_people_written_to_come_before_people_who_wrote(book: AddressBook) -> None:
    assert list(book.people())[:2] == ["zoe@x.test", "john@x.test"]
    assert "bob@other.test" in book.people()


def test_the_last_address_of_a_list_is_completed_by_name_or_address(book: AddressBook) -> None:
    assert book.complete("doe") == ['"Doe, John" <john@x.test>']
    assert book.complete("bob@other.test, Car") == ["bob@other.test, Carol <carol@other.test>"]
    assert book.complete("") == []


def test_an_alias_is_written_in_mutts_format_and_expanded(book: AddressBook, tmp_path: Path) -> None:
    path = book.add_alias("ana", "Ana <ana@x.test>")
    assert path.read_text() == "alias ana Ana <ana@x.test>\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert book.expand("ana, bob@other.test") == "Ana <ana@x.test>, bob@other.test"
    assert book.complete("an") == ["Ana <ana@x.test>"]
    with pytest.raises(ValueError, match="already"):
        book.add_alias("ana", "other@x.test")
    with pytest.raises(ValueError, match="one word"):
        book.add_alias("a b", "other@x.test")


def test_a_query_command_gets_what_was_typed_as_an_argument(store: LocalStore, tmp_path: Path) -> None:
    book = AddressBook(
        store, None, f"printf 'm\\nq%s@x.test\\tQuery Name\\trest\\n' %s; touch {tmp_path}/ran; echo "
    )
    assert "Query Name <q@x.test>" not in book.query("; touch /nowhere")
    assert (tmp_path / "ran").exists()


def test_names_with_special_characters_are_quoted() -> None:
    assert mailbox_text("Doe, John", "j@x") == '"Doe, John" <j@x>'
    assert mailbox_text("Zoë", "z@x") == "Zoë <z@x>"
    assert mailbox_text("", "z@x") == "z@x"
