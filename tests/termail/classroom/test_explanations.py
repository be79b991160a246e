"""What lines of dialogue mean: commands, replies, codes, parameters, header fields."""

import pytest

from termail.classroom.explain import codes, dns, headers, imap, managesieve, pop3, smtp
from termail.classroom.explain.reader import explain, hint

TABLES = [
    smtp.COMMANDS, smtp.PARAMETERS, smtp.EXTENSIONS, smtp.MECHANISMS, codes.REPLIES, codes.ENHANCED, imap.COMMANDS,
    imap.RESPONSES, imap.CODES, imap.ITEMS, imap.FLAGS, imap.CAPABILITIES, pop3.COMMANDS, pop3.ANSWERS, pop3.CODES,
    pop3.CAPABILITIES, dns.RECORDS, dns.ANSWERS, headers.FIELDS,
    managesieve.COMMANDS, managesieve.ANSWERS, managesieve.CODES, managesieve.CAPABILITIES,
]  # fmt: skip


def test_the_tables_are_well_stocked_and_every_row_has_words() -> None:
    assert sum(map(len, TABLES)) > 300
    assert all(note.brief and not note.brief.endswith(".") for table in TABLES for note in table.values())
    assert all("§" in note.source for table in TABLES for note in table.values() if note.source)


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


@pytest.mark.parametrize(
    ("protocol", "direction", "text", "words"),
    [
        ("smtp", "C", "MAIL FROM:<a@b> SIZE=12 BODY=8BITMIME", ["MAIL", "SIZE", "BODY"]),
        ("smtp", "C", "AUTH PLAIN ****", ["AUTH", "PLAIN"]),
        ("smtp", "S", "550 5.7.1 relaying denied", ["550", "5.7.1"]),
        ("smtp", "S", "250-PIPELINING", ["PIPELINING"]),
        ("smtp", "S", "250-AUTH SCRAM-SHA-256 PLAIN", ["AUTH", "SCRAM-SHA-256", "PLAIN"]),
        ("smtp", "S", "250 2.1.5 ok", ["250", "2.1.5"]),
        ("imap", "C", r"a UID STORE 3 +FLAGS.SILENT (\Deleted)", ["STORE", "UID", r"\Deleted"]),
        ("imap", "C", "a UID FETCH 1:* (UID FLAGS BODY.PEEK[HEADER])", ["FETCH", "UID", "FLAGS", "BODY.PEEK"]),
        ("imap", "S", "* 18 EXISTS", ["EXISTS"]),
        ("imap", "S", "a OK [READ-WRITE] done", ["OK", "READ-WRITE"]),
        ("imap", "S", "+ go on", ["+"]),
        ("pop3", "S", "-ERR [IN-USE] busy", ["-ERR", "IN-USE"]),
        ("managesieve", "C", 'PUTSCRIPT "mine" {120 octets}', ["PUTSCRIPT"]),
        ("managesieve", "C", 'AUTHENTICATE "PLAIN" ****', ["AUTHENTICATE", "PLAIN"]),
        ("managesieve", "S", '"SASL" "SCRAM-SHA-256 PLAIN"', ["SASL", "SCRAM-SHA-256", "PLAIN"]),
        ("managesieve", "S", '"vacation" ACTIVE', ["ACTIVE"]),
        ("managesieve", "S", 'NO (QUOTA) "too long"', ["NO", "QUOTA"]),
        ("dns", "S", "cities.org MX 10 brasilia.cities.org", ["MX"]),
        ("dns", "S", "nowhere.test MX NXDOMAIN", ["MX", "NXDOMAIN"]),
    ],
)
def test_every_word_that_means_something_gets_a_note(
    protocol: str, direction: str, text: str, words: list[str]
) -> None:
    assert [note.word for note in explain(protocol, direction, text)] == words


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Subject: x", "SUBJECT"),
        (".", "."),
        ("..dots", ".."),
        ("--bound", "--"),
        ("X-Odd: 1", "X-Odd"),
        ("hi", ""),
    ],
)
def test_lines_of_a_message_are_not_taken_for_commands(text: str, word: str) -> None:
    assert [note.word for note in explain("smtp", "C", text, is_content=True)] == [word]


def test_the_class_of_an_enhanced_code_is_told() -> None:
    note = codes.enhanced("4.7.1")
    assert note is not None
    assert "temporary" in note.meaning
    assert codes.enhanced("9.9.9") is None
