"""How forwards start: the message inline under a banner, or attached whole."""

import re
from collections.abc import Iterator
from typing import Final

from termail.mime.header_lines import readable_value
from termail.mime.headers import first_value
from termail.mime.html_process import HtmlProcess
from termail.mime.message import attachments, parse_message
from termail.mime.outgoing import Attachment, Draft
from termail.mime.part import Part
from termail.mime.quoting import readable_text
from termail.mime.sanitize import clean_line
from termail.mime.words import decode_words

_FORWARDED: Final = re.compile(r"^\s*(?:fwd?|wg|tr|rv|i|enc|doorst)\s*:", re.IGNORECASE)
_SHOWN: Final = (("From", "from"), ("Date", "date"), ("Subject", "subject"), ("To", "to"), ("Cc", "cc"))


def forward(
    raw: bytes, *, account: str, from_: str, as_attachment: bool = False, html_process: HtmlProcess | None = None
) -> Draft:
    """Inline with the usual banner, or message/rfc822; attachments go along."""
    root = parse_message(raw)
    subject = clean_line(decode_words(first_value(root.headers, "subject"))).strip()
    draft = Draft(account=account, from_=from_, subject=forward_subject(subject))
    if as_attachment:
        attached = Attachment(filename=f"{subject[:60] or 'message'}.eml", content_type="message/rfc822", data=raw)
        return _with(draft, "", (attached,))
    body = "\n".join(("", "", *_banner(root), "", readable_text(root, html_process), ""))
    return _with(draft, body, tuple(attachment_of(part) for part in attachments(root)))


def forward_subject(subject: str) -> str:
    """ "Fwd: " once."""
    return subject if _FORWARDED.match(subject) else f"Fwd: {subject}".rstrip()


def attachment_of(part: Part) -> Attachment:
    """A received part as an attachment of ours."""
    kind = part.content_type
    return Attachment(
        filename=clean_line(part.filename)[:255],
        content_type=clean_line(kind),
        data=part.body if kind == "message/rfc822" else part.decoded(),
        inline=part.disposition == "inline",
    )


def _banner(root: Part) -> Iterator[str]:
    yield "---------- Forwarded message ----------"
    for title, name in _SHOWN:
        value = first_value(root.headers, name)
        if value:
            yield f"{title}: {readable_value(name, value)}"


def _with(draft: Draft, body: str, attached: tuple[Attachment, ...]) -> Draft:
    return Draft(account=draft.account, from_=draft.from_, subject=draft.subject, body=body, attachments=attached)
