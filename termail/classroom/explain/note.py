"""A note: what one word of a dialogue means and which RFC says so; and tables of them."""

import msgspec


class Note(msgspec.Struct, frozen=True):
    """`brief` fits beside a line, `meaning` is a sentence or two; `source` is "RFC 5321 §4.1.1.2"."""

    word: str
    brief: str
    source: str
    meaning: str = ""

    @property
    def text(self) -> str:
        """Brief and source on one line."""
        return f"{self.brief} · {self.source}" if self.source else self.brief


def table(text: str) -> dict[str, Note]:
    """Lines `WORD | brief | RFC and section | meaning` (the meaning may be missing) → notes by word."""
    notes: dict[str, Note] = {}
    for line in text.strip().splitlines():
        word, brief, source, *meaning = (part.strip() for part in line.split(" |"))
        notes[word] = Note(word, brief, f"RFC {source}" if source else "", meaning[0] if meaning else "")
    return notes
