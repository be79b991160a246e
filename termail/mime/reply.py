"""How replies start: recipients, subject, references, attribution, quoted text."""

import re
from email.utils import formatdate, parsedate_tz
from typing import Final
from urllib.parse import unquote

from termail.mime.addresses import parse_addresses
from termail.mime.dates import parse_date
from termail.mime.headers import first_value, message_ids
from termail.mime.html_process import HtmlProcess
from termail.mime.message import parse_message
from termail.mime.outgoing import Draft
from termail.mime.quoting import quote, readable_text
from termail.mime.sanitize import clean_line
from termail.mime.typed_addresses import typed_text
from termail.mime.words import decode_words

_REPLIED: Final = re.compile(
    r"^(?:\s*(?:re|aw|sv|antw|odp|rv|ref|vs|vá|ynt|回复|答复|回覆|返信)\s*(?:\[\d{1,4}\]|\(\d{1,4}\)|\^\d{1,4})?\s*[:：])+\s*",
    re.IGNORECASE,
)
_MAILTO: Final = re.compile(rb"(?i)<\s*mailto:([^<>?\s]+)[^<>]*>")
_REFERENCES: Final = 100

Addresses = tuple[tuple[str, str], ...]
Fields = list[tuple[str, bytes]]


def reply(
    raw: bytes,
    *,
    account: str,
    from_: str,
    mine: frozenset[str],
    to_all: bool,
    to_list: bool = False,
    html_process: HtmlProcess | None = None,
) -> Draft:
    """Recipients by Reply-To, Mail-Followup-To, List-Post; attribution; quotes; References (RFC 5322 §3.6.4).

    `mine` are the user's own addresses in lower case."""
    root = parse_message(raw)
    fields = root.headers
    to, cc = reply_recipients(fields, mine=mine, to_all=to_all, to_list=to_list)
    quoted = quote(readable_text(root, html_process))
    body = f"{attribution(fields)}\n{quoted}\n\n" if quoted.strip("> \n") else ""
    message_id = message_ids(first_value(fields, "message-id"))[:1]
    return Draft(
        account=account,
        from_=from_,
        to=_joined(to),
        cc=_joined(cc),
        subject=reply_subject(decode_words(first_value(fields, "subject"))),
        body=body,
        in_reply_to=message_id[0] if message_id else "",
        references=_references(fields, message_id),
    )


def reply_recipients(
    fields: Fields, *, mine: frozenset[str], to_all: bool, to_list: bool
) -> tuple[Addresses, Addresses]:
    """→ (To, Cc), each address once, the user's own left out unless nobody else remains."""
    sender = _addresses(fields, "from")
    answer_to = _addresses(fields, "reply-to") or sender
    written_by_me = bool(sender) and all(address.lower() in mine for _, address in sender)
    if to_list:
        posting = _MAILTO.search(first_value(fields, "list-post"))
        if posting is not None:
            return (("", unquote(posting[1].decode("ascii", "replace"))),), ()
    followup = _addresses(fields, "mail-followup-to") if to_all or to_list else ()
    if followup:
        return _without(followup, mine) or followup, ()
    if written_by_me and not _addresses(fields, "reply-to"):
        answer_to = _addresses(fields, "to") or sender
    if not (to_all or to_list):
        return _once(answer_to), ()
    to = _without(answer_to, mine) or _once(answer_to)
    others = _addresses(fields, "to") + _addresses(fields, "cc")
    taken = mine | {address.lower() for _, address in to}
    return to, _without(others, taken)


def reply_subject(subject: str) -> str:
    """ "Re: " once, whatever the languages before stacked up."""
    return f"Re: {_REPLIED.sub('', clean_line(subject).strip())}".rstrip()


def attribution(fields: Fields) -> str:
    """ "On DATE, NAME wrote:" with the date in the sender's own time zone."""
    name, address = (_addresses(fields, "from") or (("", ""),))[0]
    who = clean_line(name or address) or "somebody"
    when = _readable_date(first_value(fields, "date"))
    return f"On {when}, {who} wrote:" if when else f"{who} wrote:"


def _readable_date(value: bytes) -> str:
    seconds = parse_date(value)
    if not seconds:
        return ""
    try:
        parsed = parsedate_tz(value.decode("ascii", "replace"))
        offset = (parsed[9] or 0) if parsed else 0
    except (ValueError, IndexError, TypeError):
        offset = 0
    if abs(offset) > 86_400:
        offset = 0
    return formatdate(seconds + offset)[:-9] + f" {'-' if offset < 0 else '+'}{_hours(abs(offset))}"


def _hours(offset: int) -> str:
    return f"{offset // 3600:02}{offset % 3600 // 60:02}"


def _references(fields: Fields, message_id: tuple[str, ...]) -> tuple[str, ...]:
    """The parent's References (or its one In-Reply-To) and the parent; the first and the newest when too many."""
    before = message_ids(first_value(fields, "references"))
    if not before:
        before = message_ids(first_value(fields, "in-reply-to"))
        before = before if len(before) == 1 else ()
    chain = tuple(dict.fromkeys((*before, *message_id)))
    return chain if len(chain) <= _REFERENCES else chain[:1] + chain[1 - _REFERENCES :]


def _addresses(fields: Fields, wanted: str) -> Addresses:
    found: Addresses = ()
    for name, value in fields:
        if name.lower() == wanted:
            found += tuple(pair for pair in parse_addresses(value) if "@" in pair[1])
    return found


def _once(addresses: Addresses) -> Addresses:
    return tuple({address.lower(): (name, address) for name, address in reversed(addresses)}.values())[::-1]


def _without(addresses: Addresses, excluded: frozenset[str]) -> Addresses:
    return _once(tuple(pair for pair in addresses if pair[1].lower() not in excluded))


def _joined(addresses: Addresses) -> str:
    return ", ".join(clean_line(typed_text(name, address)) for name, address in addresses)
