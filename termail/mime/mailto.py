"""mailto: addresses as drafts (RFC 6068); only headers that can do no harm are taken."""

from typing import Final
from urllib.parse import unquote

from termail.mime.outgoing import Draft
from termail.mime.sanitize import clean_line, clean_text

_ADDRESS_FIELDS: Final = ("to", "cc", "bcc")
_LONGEST: Final = 65_536
_FIELDS: Final = 50


def draft_from_mailto(url: str, *, account: str, from_: str) -> Draft:
    """Raises ValueError when `url` is no mailto:. Unknown and unsafe headers (attach, From, …) are ignored."""
    scheme, colon, rest = url.strip()[:_LONGEST].partition(":")
    if not colon or scheme.lower() != "mailto":
        raise ValueError("not a mailto: address")
    addresses, _, query = rest.partition("#")[0].partition("?")
    found: dict[str, list[str]] = {"to": [_one_line(addresses)]} if addresses else {}
    for field in query.split("&")[:_FIELDS]:
        name, _, value = field.partition("=")
        found.setdefault(unquote(name).lower(), []).append(value)
    joined = {
        name: ", ".join(filter(None, (_one_line(value).strip() for value in found.get(name, ()))))
        for name in _ADDRESS_FIELDS
    }
    in_reply_to = _one_line(found.get("in-reply-to", [""])[0]).strip()
    return Draft(
        account=account,
        from_=from_,
        to=joined["to"],
        cc=joined["cc"],
        bcc=joined["bcc"],
        subject=_one_line(found.get("subject", [""])[0]),
        body="\n".join(clean_text(unquote(value)) for value in found.get("body", ())),
        in_reply_to=in_reply_to,
        references=(in_reply_to,) if in_reply_to else (),
    )


def _one_line(value: str) -> str:
    return clean_line(unquote(value))
