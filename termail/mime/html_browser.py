"""HTML mail for a web browser: structure stays; scripts, forms, styles, images and all that loads something go."""

import html
from typing import TYPE_CHECKING, Final

from termail.mime import limits
from termail.mime.link_numbers import is_followable

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_KEPT: Final = frozenset(
    ("a", "abbr", "b", "blockquote", "br", "caption", "center", "cite", "code", "col", "colgroup", "dd", "del",
     "div", "dl", "dt", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "ins", "li", "ol", "p", "pre",
     "q", "s",
     "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt",
     "u", "ul")
)  # fmt: skip
_DROPPED: Final = frozenset(
    ("script", "style", "head", "title", "template", "object", "embed", "applet", "iframe", "frame", "frameset",
     "svg", "math", "canvas", "audio", "video", "noembed", "noframes", "map", "base", "link", "meta", "param",
     "source", "track", "textarea", "select", "input", "button", "-comment")
)  # fmt: skip
_EMPTY: Final = frozenset(("br", "hr", "col"))
_ATTRIBUTES: Final = frozenset(
    ("align", "valign", "colspan", "rowspan", "width", "border", "cellpadding", "cellspacing", "bgcolor", "color",
     "dir", "lang", "start")
)  # fmt: skip
_HEAD: Final = (
    '<!DOCTYPE html>\n<html><head><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'"><title>Message</title>'
    "</head><body>\n"
)


def browser_document(document: str) -> str:
    """A document that fetches nothing and runs nothing; links say where they lead. Run it in the HTML process."""
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(document[: limits.HTML_OCTETS].replace("\x00", ""))
    body = "" if tree.body is None else _written(tree.body)
    return f"{_HEAD}{body}\n</body></html>\n"


def _written(body: "LexborNode") -> str:
    """Depth first with a stack of nodes to enter and end tags to write."""
    out: list[str] = []
    waiting: list[LexborNode | str] = [body]
    nodes = 0
    while waiting and nodes <= limits.HTML_NODES:
        item = waiting.pop()
        if isinstance(item, str):
            out.append(item)
            continue
        nodes += 1
        if item.is_text_node:
            out.append(html.escape(item.text_content or "", quote=False))
            continue
        tag = item.tag or ""
        if tag in _DROPPED or not item.is_element_node:
            continue
        if tag == "img":
            alternative = (item.attributes.get("alt") or "").strip()
            out.append(f"[{html.escape(alternative[:200])}]" if alternative else "")
            continue
        if tag in _KEPT:
            out.append(f"<{tag}{_attributes(tag, item.attributes)}>")
            if tag in _EMPTY:
                continue
            waiting.append(f"</{tag}>")
        children: list[LexborNode | str] = []
        child = item.first_child
        while child is not None:
            children.append(child)
            child = child.next
        waiting.extend(reversed(children))
    out.extend(item for item in reversed(waiting) if isinstance(item, str))
    return "".join(out)


def _attributes(tag: str, found: dict[str, str | None]) -> str:
    kept = [(name, value or "") for name, value in found.items() if name in _ATTRIBUTES]
    target = (found.get("href") or "").strip()
    if tag == "a" and is_followable(target):
        kept += [("href", target), ("title", target), ("rel", "noopener noreferrer")]
    return "".join(f' {name}="{html.escape(value[:2000])}"' for name, value in kept)
