"""Comparing text as people do: without regard to case, or to how a letter is spelled in Unicode."""

import unicodedata


def collated(text: str) -> str:
    """Text in the form whose order is i;unicode-casemap's (RFC 5051), which SORT wants: capitals, decomposed."""
    return text.upper() if text.isascii() else unicodedata.normalize("NFKD", "".join(map(str.title, text)))


def folded(text: str) -> str:
    """Text in the form in which two spellings of the same letters are equal (RFC 5051 in spirit)."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFC", text.casefold())
