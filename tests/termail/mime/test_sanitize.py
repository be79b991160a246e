"""The one sanitiser: nothing that moves a cursor, hides text or turns it round passes."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from termail.mime.sanitize import clean_line, clean_text

_HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.characters(max_codepoint=0x2FF),
        st.sampled_from(
            "\x1b\x9b\x9d\x07\x00\x7f\x85\r\n\t\u202e\u2066\u200d\u200c\u00ad\u2028\ud800\udfff\ufeff\U000e0041"
        ),
        st.characters(categories=["Cs", "Cf", "Cc"]),
    )
)
_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def _is_harmless(text: str, *, allowed: str = "") -> bool:
    return all(
        character in allowed
        or (unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp") and character not in _BIDI)
        for character in text
    )


@given(_HOSTILE)
def test_a_line_holds_no_control_character_no_surrogate_and_no_bidi_control(text: str) -> None:
    cleaned = clean_line(text)
    assert _is_harmless(cleaned)
    cleaned.encode("utf-8")


@given(_HOSTILE)
def test_text_holds_no_control_character_but_line_ends(text: str) -> None:
    cleaned = clean_text(text)
    assert _is_harmless(cleaned, allowed="\n")
    cleaned.encode("utf-8")


@given(_HOSTILE)
def test_what_is_clean_stays_as_it_is(text: str) -> None:
    assert clean_line(clean_line(text)) == clean_line(text)
    assert clean_text(clean_text(text)) == clean_text(text)


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_printable_ascii_is_unchanged(text: str) -> None:
    assert clean_line(text) == text
    assert clean_text(text) == text


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b]0;owned\x07", "␛]0;owned␇"),
        ("\x1b]52;c;aGk=\x1b\\", "␛]52;c;aGk=␛\\"),
        ("\x9b31mred", "\ufffd31mred"),
        ("invoice\u202excod.exe", "invoicexcod.exe"),
        ("soft\u00adhyphen", "softhyphen"),
        ("one\r\ntwo\tthree\u2028four", "one two three four"),
        ("pay\u200bpal\ufeff", "paypal"),
        ("a\u200db", "ab"),
        ("lone \ud83d surrogate", "lone \ufffd surrogate"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f468\u200d\U0001f469\u200d\U0001f467"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("x\U000e0041\U000e007f", "x"),
        ("del\x7f nul\x00", "del␡ nul␀"),
    ],
)
def test_what_is_hidden_becomes_visible_or_goes(hostile: str, shown: str) -> None:
    assert clean_line(hostile) == shown


def test_text_keeps_lines_and_expands_tabs() -> None:
    assert clean_text("a\tb\r\nc\rd\n\te") == "a       b\nc\nd\n        e"
