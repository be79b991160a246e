"""Tokens of HTML: the words a reader sees, where its links lead, and the tricks that readers do not see."""

import html
import re
from collections.abc import Iterator

from bundled_server.filters.bayes.body_tokens import text_tokens
from bundled_server.filters.bayes.url_tokens import url_tokens

MOST_TAGS = 4_000
MOST_LINKS = 200

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_COMMENT_IN_WORD = re.compile(r"(?<=\w)<!--[^>]{0,200}-->(?=\w)")
_HIDDEN_TEXT = re.compile(r"<(style|script)\b[^<>]{0,500}+>.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<([/!]?[^\s<>/]{1,40}+)([^<>]{0,2000}+)>")
_LINK = re.compile(r"(href|src|action|background)\s*=\s*[\"']?\s*([^\s\"'>]{1,2000})", re.IGNORECASE)
_LOOK = re.compile(r"\b(color|bgcolor|size|width|height|face)\s*=\s*[\"']?([^\s\"'>]{1,20})", re.IGNORECASE)
_INLINE = re.compile(r"/?(?:b|i|u|a|em|strong|font|span|small|big|tt|su[bp]|s)", re.IGNORECASE)
_NAME = re.compile(r"[a-z]{1,10}[1-6]?|!doctype")
_SINGLE_PIXEL = ("0", "1")


def html_tokens(source: str) -> Iterator[str]:
    """`html:` facts, `url:` facts, and the words of the text."""
    yield "html:"
    if _COMMENT_IN_WORD.search(source):
        yield "html:comment-in-word"
    source = _HIDDEN_TEXT.sub(" ", _COMMENT.sub("", source))
    tags = _TAG.findall(source)[:MOST_TAGS]
    links = 0
    for name, attributes in tags:
        yield from _tag_facts(name.lower(), attributes)
        if attributes and links < MOST_LINKS:
            for what, target in _LINK.findall(attributes):
                links += 1
                yield from _link_facts(what.lower(), target)
    text = html.unescape(_TAG.sub(_gap, source))
    if len(text.split()) < 20:
        yield "html:hardly-any-text"
    yield from text_tokens(text)


def _gap(tag: re.Match[str]) -> str:
    """What stands between the words on both sides: nothing for a tag that breaks no word."""
    return "" if _INLINE.fullmatch(tag[1]) else " "


def _tag_facts(name: str, attributes: str) -> Iterator[str]:
    if name.startswith("/"):
        return
    if not _NAME.fullmatch(name):
        yield "html:odd-tag"
        return
    yield f"html:<{name}"
    looks = {what.lower(): value.lower() for what, value in _LOOK.findall(attributes)}
    if name == "img" and looks.get("width") in _SINGLE_PIXEL:
        yield "html:single-pixel"
    for what in ("color", "size", "face", "bgcolor"):
        if what in looks:
            yield f"html:{what}={looks[what]}"
    if "on" in attributes and re.search(r"\bon(?:load|click|mouseover)\s*=", attributes, re.IGNORECASE):
        yield "html:event-handler"


def _link_facts(what: str, target: str) -> Iterator[str]:
    scheme, colon, rest = target.partition(":")
    if colon and scheme.lower() == "mailto":
        yield f"html:mailto:{rest.partition('@')[2].partition('?')[0].lower()}"
        if "remove" in rest.lower() or "unsub" in rest.lower():
            yield "html:mailto-remove"
    elif colon and scheme.lower() in ("http", "https"):
        yield f"html:{what}-elsewhere"
        yield from url_tokens(html.unescape(target))
    elif colon:
        yield f"html:{what}-{scheme.lower()[:12]}"
