"""List-Unsubscribe (RFC 2369, RFC 8058): the ways off a list, the safest first."""

import re
from typing import Final
from urllib.parse import urlsplit

import msgspec

from termail.mime.headers import first_value, header_end, scan_headers
from termail.mime.sanitize import clean_line

ONE_CLICK_BODY: Final = b"List-Unsubscribe=One-Click"
_URL: Final = re.compile(r"<\s*([^<>\s]{1,2000})\s*>")


class Unsubscribe(msgspec.Struct, frozen=True, kw_only=True):
    """`one_click` takes a POST and nothing else; `page` is for a browser; `mailto` for a message."""

    one_click: str = ""
    page: str = ""
    mailto: str = ""


def unsubscribe_ways(raw: bytes) -> Unsubscribe:
    """Only https may be posted to, and only when the list says so; http is never opened. Whether a signature
    vouches for the fields (RFC 8058 §4) the caller has to ask."""
    fields = scan_headers(raw[: header_end(raw)[0]])
    urls = _URL.findall(clean_line(first_value(fields, "list-unsubscribe").decode("utf-8", "replace")))
    page = next((url for url in urls if _is_web(url)), "")
    mailto = next((url for url in urls if url.lower().startswith("mailto:")), "")
    said = first_value(fields, "list-unsubscribe-post").strip().lower()
    one_click = page if said == ONE_CLICK_BODY.lower() else ""
    return Unsubscribe(one_click=one_click, page=page, mailto=mailto)


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme.lower() == "https" and bool(parts.hostname) and not parts.username
    except ValueError:
        return False
