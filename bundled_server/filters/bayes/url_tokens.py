"""Tokens of URLs: the host from its end, the words of the path, and the tricks that hide where a link leads."""

import re
from collections.abc import Iterator

URL = re.compile(r"(?:https?://|www\.)[^\s<>\"'\)\]]{1,2000}", re.IGNORECASE)
MOST_PATH_WORDS = 10

_HOST = re.compile(r"(?:https?://)?([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_PATH_WORD = re.compile(r"[A-Za-z][A-Za-z]{2,19}")
_NUMERIC = re.compile(r"[\d.]+|0x[0-9a-f]+", re.IGNORECASE)


def url_tokens(url: str) -> Iterator[str]:
    """`url:` facts of one link."""
    match = _HOST.match(url)
    place, rest = (match[1], match[2]) if match else (url, "")
    user, at, host = place.rpartition("@")
    if at or user:
        yield "url:with-user"
    host, colon, port = host.lower().partition(":")
    if colon and port not in ("80", "443", ""):
        yield "url:with-port"
    if _NUMERIC.fullmatch(host):
        yield "url:numeric-host"
        yield f"url:{'.'.join(host.split('.')[:3])}"
    else:
        if "%" in host:
            yield "url:escaped-host"
        yield from _host_tokens(host)
    if "%" in rest:
        yield "url:escaped-path"
    for word in _PATH_WORD.findall(rest[:500])[:MOST_PATH_WORDS]:
        yield f"url:/{word.lower()}"


def _host_tokens(host: str) -> Iterator[str]:
    """www.shop.example.com: its domain, itself, and its last label."""
    labels = [label for label in host.strip(".").split(".") if label]
    for count in {1, 2, 3, len(labels)}:
        if 0 < count <= len(labels):
            yield "url:" + ".".join(labels[-count:])
