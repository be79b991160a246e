"""IMAP's mailbox names, dates and sets of numbers, read and written."""

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bundled_server.protocols.imap import names
from bundled_server.protocols.imap.dates import day_of, format_date_time, parse_date, parse_date_time
from bundled_server.protocols.imap.sequences import STAR, SequenceSet, format_set

NAMES = [
    ("INBOX", b"INBOX"),
    ("Año nuevo", b"A&APE-o nuevo"),
    ("Entwürfe", b"Entw&APw-rfe"),
    ("~peter/mail/台北/日本語", b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
    ("Tom & Jerry", b"Tom &- Jerry"),
    ("😀", b"&2D3eAA-"),
    ("", b""),
]


@pytest.mark.parametrize(("text", "octets"), NAMES)
def test_mailbox_names_travel_as_modified_utf7_in_both_directions(text, octets):
    assert names.encode(text) == octets
    assert names.decode(octets) == text


@pytest.mark.parametrize(
    "octets",
    [b"&", b"&A", b"&AGE-", b"a\xff", b"a\0b", b"&AAA", b"&!!-", b"&2D0-", b"&U,BTFw-&ZeVnLIqe-", b"\x1b"],
)
def test_what_is_not_modified_utf7_is_refused(octets):
    with pytest.raises(names.BadName):
        names.decode(octets)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_the_way_there_and_back(text):
    assert names.decode(names.encode(text)) == text


@given(st.binary())
def test_decoding_raises_nothing_but_bad_name(octets):
    try:
        text = names.decode(octets)
    except names.BadName:
        return
    assert names.encode(text) == octets


def test_dates_are_read_and_internal_dates_written():
    assert parse_date(b"1-Feb-1994") == date(1994, 2, 1)
    moment = parse_date_time(b"17-Jul-1996 02:44:25 -0700")
    assert format_date_time(moment) == b'"17-Jul-1996 09:44:25 +0000"'
    assert format_date_time(parse_date_time(b" 1-Jan-1970 00:00:00 +0000")) == b'" 1-Jan-1970 00:00:00 +0000"'
    assert day_of(moment) == date(1996, 7, 17)


@pytest.mark.parametrize("octets", [b"31-Feb-1994", b"1-Foo-1994", b"1-1-1994", b"0-Jan-1994", b""])
def test_impossible_dates_are_refused(octets):
    with pytest.raises(ValueError):
        parse_date(octets)


@given(st.floats(min_value=-6e10, max_value=2e11))
def test_every_internal_date_comes_back(seconds):
    octets = format_date_time(seconds)
    if len(octets) == 28:
        assert parse_date_time(octets[1:-1]) == math.floor(seconds)


def test_sequence_sets_become_positions():
    uids = [3, 5, 9, 12]
    assert SequenceSet(((5, STAR),)).positions_of_uids(uids) == [range(1, 4)]
    assert SequenceSet(((99, STAR),)).positions_of_uids(uids) == [range(3, 4)]  # RFC 3501: 99:* holds the last
    assert SequenceSet(((4, 4), (6, 8))).positions_of_uids(uids) == []
    assert SequenceSet(((STAR, 1),)).positions_of_numbers(4) == [range(4)]
    assert SequenceSet(((2, 2), (1, 3))).positions_of_numbers(4) == [range(3)]
    assert SequenceSet(((1, STAR),)).positions_of_uids([]) == []
    for numbers, count in (((5, 5), 4), ((1, 5), 4), ((STAR, STAR), 0)):
        with pytest.raises(IndexError):
            SequenceSet((numbers,)).positions_of_numbers(count)


def test_a_full_number_range_costs_nothing():
    assert SequenceSet(((1, 4294967295),)).positions_of_uids([7]) == [range(1)]


def test_numbers_are_written_as_sets_in_their_order():
    assert format_set([1, 2, 3, 7, 9, 10]) == b"1:3,7,9:10"
    assert format_set([5, 4]) == b"5,4"
    assert format_set([]) == b""
