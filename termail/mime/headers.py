"""Headers of received mail: a tolerant byte-level scanner, decoded words, addresses, dates."""

import msgspec


class HeaderSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What index and threads need. Addresses are (name, addr-spec) pairs, decoded, not sanitised; `date` in
    epoch seconds, 0.0 when there is none that can be read; references oldest first, In-Reply-To included."""

    from_: tuple[tuple[str, str], ...]
    to: tuple[tuple[str, str], ...]
    cc: tuple[tuple[str, str], ...]
    subject: str
    date: float
    message_id: str
    references: tuple[str, ...]
    list_id: str
    content_type: str


def scan_headers(block: bytes) -> list[tuple[str, bytes]]:
    """(name, raw unfolded value) in order; tolerates bare LF, missing blank lines, 8-bit; capped."""
    raise NotImplementedError


def decode_words(value: bytes) -> str:
    """A header value as text: RFC 2047 words, raw UTF-8, else cp1252. Never raises."""
    raise NotImplementedError


def parse_addresses(value: bytes) -> tuple[tuple[str, str], ...]:
    """Tolerant RFC 5322 address list, groups flattened, capped. Never raises."""
    raise NotImplementedError


def summarize(block: bytes) -> HeaderSummary:
    """One pass over a header block (aim: 20,000 a second)."""
    raise NotImplementedError
