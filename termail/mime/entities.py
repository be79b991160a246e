"""The MIME entity of a draft: its text, an HTML twin when it is Markdown, its attachments."""

import hashlib
import re
from collections.abc import Sequence
from typing import Final

from termail.mime.body_encoding import encode_base64, encode_text, quoted_printable
from termail.mime.header_encoding import fold, parameter, unstructured
from termail.mime.markdown import markdown_to_html
from termail.mime.outgoing import Attachment, Draft

ENCODINGS: Final = ("7bit", "8bit", "quoted-printable", "base64")
_CONTENT_TYPE: Final = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,64}/[A-Za-z0-9!#$&^_.+-]{1,64}")
_LF: Final = re.compile(rb"\r\n|\r|\n")
_LONGEST_LINE: Final = 998


def body_entity(draft: Draft) -> bytes:
    """The Content-* fields, the empty line and the body. What is signed must survive every relay: seven bits."""
    only_seven = draft.protection.is_wanted
    text = _text_entity(draft.body, only_seven)
    if draft.is_markdown:
        text = multipart("alternative", [text, _html_entity(draft.body)])
    if not draft.attachments:
        return text
    attached = [_attachment_entity(attachment, only_seven) for attachment in draft.attachments]
    return multipart("mixed", [text, *attached])


def multipart(subtype: str, entities: Sequence[bytes], parameters: Sequence[str] = ()) -> bytes:
    """The entities in one; the boundary follows from what it separates. `parameters` as `name="value"`."""
    boundary = "=_" + hashlib.sha256(b"\x00".join(entities)).hexdigest()[:40]
    line = f"--{boundary}".encode("ascii")
    tokens = [f"multipart/{subtype}", ";", f' boundary="{boundary}"']
    for entry in parameters:
        tokens += [";", f" {entry}"]
    pieces = [fold("Content-Type", tokens), b"\r\nThis is a message in several parts (MIME).\r\n"]
    for entity in entities:
        pieces += [b"\r\n", line, b"\r\n", entity]
    pieces += [b"\r\n", line, b"--\r\n"]
    return b"".join(pieces)


def _text_entity(body: str, only_seven: bool) -> bytes:
    encoded = encode_text(body, keeps_spaces=only_seven)
    tokens = ["text/plain"]
    for name, value in encoded.parameters:
        tokens += [";", f" {name}={value}"]
    head = fold("Content-Type", tokens) + fold("Content-Transfer-Encoding", [encoded.encoding])
    return head + b"\r\n" + encoded.octets


def _html_entity(body: str) -> bytes:
    head = fold("Content-Type", ["text/html", ";", " charset=utf-8"])
    octets = quoted_printable(markdown_to_html(body).encode("utf-8", "replace"))
    return head + fold("Content-Transfer-Encoding", ["quoted-printable"]) + b"\r\n" + octets


def _attachment_entity(attachment: Attachment, only_seven: bool) -> bytes:
    kind = attachment.content_type.strip().lower()
    if not _CONTENT_TYPE.fullmatch(kind) or kind.startswith("multipart/"):
        kind = "application/octet-stream"
    if kind == "message/rfc822" and not _fits(_with_crlf(attachment.data), "7bit" if only_seven else "8bit"):
        kind = "application/octet-stream"  # RFC 2046 §5.2.1 allows no encoding that would hold this
    encoding, body = _encoded(attachment, kind, only_seven)
    name = attachment.filename
    type_tokens, disposition = [kind], ["inline" if attachment.inline else "attachment"]
    for key, value in (*attachment.parameters, *_charset(attachment, kind)):
        type_tokens += parameter(key, value)
    if name:
        type_tokens += parameter("name", name)
        disposition += parameter("filename", name)
    head = [fold("Content-Type", type_tokens), fold("Content-Transfer-Encoding", [encoding])]
    head.append(fold("Content-Disposition", disposition))
    if attachment.description:
        head.append(unstructured("Content-Description", attachment.description))
    return b"".join(head) + b"\r\n" + body


def _charset(attachment: Attachment, kind: str) -> list[tuple[str, str]]:
    """What a text file is written in, where its octets tell."""
    if not kind.startswith("text/") or any(name == "charset" for name, _ in attachment.parameters):
        return []
    try:
        attachment.data.decode("utf-8")
    except UnicodeDecodeError:
        return []
    return [("charset", "us-ascii" if attachment.data.isascii() else "utf-8")]


def _encoded(attachment: Attachment, kind: str, only_seven: bool) -> tuple[str, bytes]:
    """The encoding asked for, where the content bears it; base64 otherwise."""
    data = _with_crlf(attachment.data)
    if kind == "message/rfc822":
        return ("7bit" if data.isascii() else "8bit"), data
    is_text = kind.startswith("text/") and b"\r" not in attachment.data.replace(b"\r\n", b"")
    if not is_text and data != attachment.data:
        return "base64", encode_base64(attachment.data)  # anything else would change its line ends
    match attachment.encoding:
        case "7bit" | "8bit" as wanted if _fits(data, "7bit" if only_seven else wanted):
            return wanted, data
        case "quoted-printable" if is_text:
            return "quoted-printable", quoted_printable(data.replace(b"\r\n", b"\n"))
        case _:
            return "base64", encode_base64(attachment.data)


def _with_crlf(data: bytes) -> bytes:
    return _LF.sub(b"\r\n", data)


def _fits(data: bytes, encoding: str) -> bool:
    """Whether `data` may stand as it is (RFC 2045 §2.7, §2.8)."""
    if b"\x00" in data or (encoding == "7bit" and not data.isascii()):
        return False
    return max(map(len, data.split(b"\r\n"))) <= _LONGEST_LINE
