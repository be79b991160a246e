"""One MIME part of a received message: a window of its octets and what its headers say of it."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from termail.mime.charsets import decode_text
from termail.mime.transfer import IDENTITY, decode_transfer

_META_CHARSET: Final = re.compile(rb"(?i)charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})")


class Part(msgspec.Struct, kw_only=True):
    """One MIME part. `content_type` is lower case "type/subtype"; `body` still transfer-encoded; `number` is
    IMAP's part number such as "1.2" (of the multipart itself for the multipart directly inside a message).

    The part is a window [start, end) of `source`, so that deep trees cost no copies. A text part whose body holds
    uuencoded files has them as children."""

    number: str
    headers: list[tuple[str, bytes]]
    content_type: str
    charset: str
    filename: str
    disposition: str
    content_id: str
    encoding: str
    parameters: dict[str, str]
    source: bytes
    start: int
    end: int
    children: list["Part"]
    problem: str = ""

    @property
    def body(self) -> bytes:
        """The octets of the body as they are in the message."""
        return self.source[self.start : self.end]

    @property
    def is_multipart(self) -> bool:
        """Whether this part only holds others."""
        return self.content_type.startswith("multipart/")

    def decoded(self) -> bytes:
        """The body with its transfer encoding undone, as far as it goes. Never raises."""
        return decode_transfer(self.body, self.encoding)

    def text(self) -> str:
        """The decoded body as text: declared charset, else UTF-8, cp1252, a guess. Never raises; not sanitised."""
        if self.children and self.encoding in IDENTITY and not self.is_multipart:
            octets = self._body_without_children()
        else:
            octets = self.decoded()
        charset = self.charset
        if not charset and self.content_type == "text/html":
            declared = _META_CHARSET.search(octets, 0, 2048)
            charset = declared[1].decode("ascii") if declared else ""
        return decode_text(octets, charset)

    def _body_without_children(self) -> bytes:
        position, pieces = self.start, []
        for child in self.children:
            pieces.append(self.source[position : child.start])
            position = child.end
        pieces.append(self.source[position : self.end])
        return b"".join(pieces)

    def walk(self) -> Iterator["Part"]:
        """This part and all below, in order, without recursion."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting.extend(reversed(part.children))


def as_message(part: Part) -> bytes:
    """The part as a message of its own, to be read and not to be saved; a message/rfc822 part is one already."""
    if part.content_type in ("message/rfc822", "message/global"):
        return part.decoded()
    kept = (entry for entry in part.headers if entry[0].lower() in ("content-type", "content-transfer-encoding"))
    header = b"".join(name.encode("ascii", "replace") + b": " + value.strip() + b"\r\n" for name, value in kept)
    return header + b"\r\n" + part.body
