"""Drafts kept as messages: postponing one, and turning any message back into a draft."""

from email.utils import formatdate

import msgspec

from termail.mime.addresses import parse_addresses
from termail.mime.compose import refuse_injection
from termail.mime.entities import body_entity
from termail.mime.forward import attachment_of
from termail.mime.header_encoding import fold, unstructured
from termail.mime.headers import first_value, message_ids
from termail.mime.html_process import HtmlProcess
from termail.mime.message import attachments, parse_message
from termail.mime.outgoing import Draft, Protection
from termail.mime.quoting import readable_text
from termail.mime.sanitize import clean_line
from termail.mime.typed_addresses import typed_text
from termail.mime.words import decode_words

_OURS = "x-termail-draft"
_KEPT_PREFIX = "x-termail-extra-"


def postpone(draft: Draft, *, date: float, message_id: str = "") -> bytes:
    """A draft as a message for the Drafts folder: addresses as typed (they may be unfinished), Bcc and Fcc kept.

    Raises DraftError for a header with a line end in it."""
    refuse_injection(draft)
    header = [unstructured("Date", formatdate(date, localtime=True))]
    for name, value in (
        ("From", draft.from_),
        ("To", draft.to),
        ("Cc", draft.cc),
        ("Bcc", draft.bcc),
        ("Reply-To", draft.reply_to),
        ("Subject", draft.subject),
        ("X-Termail-Fcc", draft.fcc),
    ):
        if value:
            header.append(unstructured(name, value))
    if message_id:
        header.append(fold("Message-ID", [message_id]))
    if draft.in_reply_to:
        header.append(unstructured("In-Reply-To", draft.in_reply_to))
    if draft.references:
        header.append(fold("References", [f" {entry}" for entry in draft.references if entry.isascii()]))
    header += [unstructured(f"X-Termail-Extra-{name}", value) for name, value in draft.extra_headers]
    header.append(unstructured("X-Termail-Draft", " ".join(_options(draft)) or "1"))
    as_written = msgspec.structs.replace(draft, is_markdown=False, protection=Protection())
    return b"".join(header) + b"MIME-Version: 1.0\r\n" + body_entity(as_written)


def _options(draft: Draft) -> list[str]:
    """What shall be done at sending, as words."""
    kept = draft.protection
    wished = (
        ("markdown", draft.is_markdown),
        ("report", draft.wants_report),
        (f"{kept.method}-sign", kept.signs),
        (f"{kept.method}-encrypt", kept.encrypts),
    )
    return [word for word, is_wished in wished if is_wished]


def parse_draft(raw: bytes, account: str, html_process: HtmlProcess | None = None) -> Draft:
    """A postponed message (or any message: edit as new, resend) back into a draft."""
    root = parse_message(raw)
    fields = root.headers
    options = first_value(fields, _OURS).decode("ascii", "replace").split()
    is_ours = bool(options)

    def text(name: str) -> str:
        return clean_line(decode_words(first_value(fields, name)))

    def addresses(name: str) -> str:
        if is_ours:
            return text(name)
        pairs = parse_addresses(first_value(fields, name))
        return clean_line(", ".join(typed_text(*pair) for pair in pairs))

    extra = tuple(
        (name[len(_KEPT_PREFIX) :], clean_line(decode_words(value)))
        for name, value in fields
        if is_ours and name.lower().startswith(_KEPT_PREFIX)
    )
    body = readable_text(root, html_process, is_wrapped=False)
    return Draft(
        account=account,
        from_=addresses("from"),
        to=addresses("to"),
        cc=addresses("cc"),
        bcc=addresses("bcc"),
        reply_to=addresses("reply-to"),
        subject=text("subject"),
        body=body + "\n" if body and not body.endswith("\n") else body,
        fcc=text("x-termail-fcc") if is_ours else "",
        in_reply_to="".join(message_ids(first_value(fields, "in-reply-to"))[:1]),
        references=message_ids(first_value(fields, "references")),
        attachments=tuple(attachment_of(part) for part in attachments(root)),
        extra_headers=extra,
        protection=_protection(options),
        is_markdown="markdown" in options,
        wants_report="report" in options,
    )


def _protection(options: list[str]) -> Protection:
    """The opposite of `_options`."""
    for method in ("pgp", "smime"):
        found = Protection(f"{method}-sign" in options, f"{method}-encrypt" in options, method)
        if found.is_wanted:
            return found
    return Protection()
