"""What a scanner finds in a message, and what the chain makes of it."""

from dataclasses import dataclass

from bundled_server.filters.verdict import Verdict, Word

WORDS = {"reject": Word.REJECT, "quarantine": Word.QUARANTINE}
VIRUS_STATUS, POLICY_STATUS = "5.7.1", "5.7.1"


class BadWord(ValueError):
    """A scanner is told to do what it cannot; the text says what it can."""


@dataclass(frozen=True, slots=True)
class Find:
    """One find: a virus, or what is against the rules; `where` names the attachment, with archives on the way."""

    what: str
    where: str
    is_virus: bool

    def __str__(self) -> str:
        return f"{self.what} in {self.where}" if self.where else self.what


def word_of(name: str) -> Word:
    """The word for finds. Raises BadWord."""
    if name not in WORDS:
        raise BadWord(f"a scanner's word is {' or '.join(WORDS)}, not {name!r}")
    return WORDS[name]


def verdict_on(finds: list[Find], scanner: str, on_virus: Word, on_policy: Word) -> Verdict:
    """The hardest word that the finds deserve; "clean" without any."""
    viruses = [find for find in finds if find.is_virus]
    if not finds:
        return Verdict(reason="clean", header=_status_field(f"Clean, {scanner}"))
    word = max(on_virus if find.is_virus else on_policy for find in finds)
    first = (viruses or finds)[0]
    text = f"Refused: {first}"
    status = VIRUS_STATUS if viruses else POLICY_STATUS
    header = _status_field(f"{'Infected' if viruses else 'Suspicious'}, {scanner}")
    lines = tuple(str(find) for find in finds[1:])
    return Verdict(word, reason=str(first), explanation=lines, status=status, text=text, header=header)


def _status_field(text: str) -> bytes:
    return f"X-Virus-Status: {text}\r\n".encode("ascii", "backslashreplace")
