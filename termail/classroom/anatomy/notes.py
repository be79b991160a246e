"""What a line of a message is, in a few words with its RFC; and the line as it would travel."""

from typing import Final

from termail.classroom.anatomy.dissect import Cut, Kind
from termail.classroom.explain.reader import content_notes

_KINDS: Final = {
    Kind.ENVELOPE: "the envelope: what the servers go by · RFC 5321 §2.3.1",
    Kind.DIVIDER: "the header ends, the body begins · RFC 5322 §2.1",
    Kind.BOUNDARY: "a boundary: the next part begins · RFC 2046 §5.1.1",
    Kind.END: "the last boundary: no more parts · RFC 2046 §5.1.1",
    Kind.OUTSIDE: "outside the parts: nobody shows it · RFC 2046 §5.1.1",
    Kind.FOLD: "the field goes on · RFC 5322 §2.2.3",
}


def note_of(cut: Cut) -> str:
    """Brief and source."""
    if cut.kind is Kind.FIELD:
        notes = content_notes(cut.text)
        return notes[0].text if notes else ""
    return _KINDS.get(cut.kind, "")


def travelling(cut: Cut) -> str:
    """The line as it goes through DATA: a dot at its beginning is doubled (RFC 5321 §4.5.2)."""
    return "." + cut.text if cut.octets.startswith(b".") and cut.kind is not Kind.ENVELOPE else cut.text


def envelope_traces(return_path: str, delivered_to: str) -> tuple[str, ...]:
    """The envelope itself is gone when a message lies in a mailbox; the MDA wrote down what it was."""
    lines = [f"MAIL FROM:<{return_path.strip('<> ')}>"] if return_path else []
    lines += [f"RCPT TO:<{delivered_to.strip('<> ')}>"] if delivered_to else []
    return tuple(lines)
