"""Links of one message, numbered in the order they appear, each with the host it truly leads to."""

import re
from typing import Final
from urllib.parse import urlsplit

from termail.mime import limits
from termail.mime.sanitize import clean_line

_URL: Final = re.compile(r"(?i)\b(?:https?|ftp)://[^\s<>\"\x00-\x1f\x7f]{1,2048}|\bmailto:[^\s<>\"]{3,512}")
_MARK: Final = re.compile(r"\[(\d{1,5})\]")
_TRAILING: Final = ".,;:!?'*_~|"
_PAIRS: Final = {")": "(", "]": "[", "}": "{"}
_SCHEMES: Final = frozenset(("http", "https", "ftp", "mailto", "tel", "news", "nntp", "gopher", "sip", "xmpp"))


class LinkNumbers:
    """Gives each address a number once; stops numbering at the limit."""

    def __init__(self, before: int = 0) -> None:
        self._before = before  # links numbered elsewhere
        self._numbers: dict[str, int] = {}
        self.links: list[tuple[str, str]] = []

    def number(self, url: str) -> int:
        """The number of `url`, 0 when it is no link to follow or there are too many."""
        url = clean_line(url.strip()).replace(" ", "%20")
        known = self._numbers.get(url)
        if known is not None:
            return known
        if self._before + len(self.links) >= limits.HTML_LINKS or not is_followable(url):
            return 0
        self.links.append((url, true_host(url)))
        number = self._before + len(self.links)
        self._numbers[url] = number
        return number

    def extend(self, links: list[tuple[str, str]]) -> None:
        """Take over links that were numbered after ours, elsewhere."""
        self.links += links

    def find_marks(self, line: str) -> tuple[str, int]:
        """→ (`line`, the number of the first "[n]" in it that is a link of ours, or 0)."""
        if "[" in line:
            for found in _MARK.finditer(line):
                if 0 < int(found[1]) <= len(self.links):
                    return line, int(found[1])
        return line, 0

    def mark(self, line: str) -> tuple[str, int]:
        """→ (`line` with "[n]" after each URL, the number of the first one or 0)."""
        if ("://" not in line and "mailto:" not in line) or len(line) > limits.UNFOLDED_LINE:
            return line, 0
        pieces: list[str] = []
        position = first = 0
        for found in _URL.finditer(line):
            end = found.start() + len(_without_punctuation(found[0]))
            number = self.number(line[found.start() : end])
            if not number:
                continue
            first = first or number
            if line[end : end + 1] == ">":
                end += 1
            pieces += (line[position:end], f" [{number}]")
            position = end
        if not first:
            return line, 0
        pieces.append(line[position:])
        return "".join(pieces), first


def is_followable(url: str) -> bool:
    """Only schemes that open something; never javascript:, data:, file:, cid:."""
    scheme, colon, rest = url.partition(":")
    return bool(colon) and scheme.lower() in _SCHEMES and bool(rest) and len(url) <= 4096


def true_host(url: str) -> str:
    """The host `url` leads to, in ASCII (IDNA), so that look-alike letters show; the domain of a mailto:."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if not host and parts.scheme.lower() == "mailto":
            host = parts.path.rpartition("@")[2]
    except ValueError:
        return ""
    if host.isascii():
        return clean_line(host)
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return clean_line(host.encode("punycode").decode("ascii"))[:253]


def _without_punctuation(url: str) -> str:
    while url:
        last = url[-1]
        if last in _TRAILING or (last in _PAIRS and url.count(last) > url.count(_PAIRS[last])):
            url = url[:-1]
        else:
            break
    return url
