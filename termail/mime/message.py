"""A received message as a tree of parts (iterative, tolerant, capped)."""

from collections.abc import Iterator

import msgspec


class Part(msgspec.Struct, kw_only=True):
    """One MIME part. `content_type` is lower case "type/subtype"; `body` still transfer-encoded; `number` is
    IMAP's part number such as "1.2"."""

    number: str
    headers: list[tuple[str, bytes]]
    content_type: str
    charset: str
    filename: str
    disposition: str
    content_id: str
    encoding: str
    parameters: dict[str, str]
    body: bytes
    children: list["Part"]
    problem: str = ""

    def decoded(self) -> bytes:
        """The body with its transfer encoding undone, as far as it goes. Never raises."""
        raise NotImplementedError

    def text(self) -> str:
        """The decoded body as text: declared charset, else UTF-8, cp1252, a guess. Never raises; not sanitised."""
        raise NotImplementedError

    def walk(self) -> Iterator["Part"]:
        """This part and all below, in order, without recursion."""
        raise NotImplementedError


def parse_message(raw: bytes) -> Part:
    """The root part. Never raises; what is broken is told in `problem`."""
    raise NotImplementedError


def main_text(root: Part, *, prefer_html: bool = False) -> Part | None:
    """The part a reader wants first (multipart/alternative and related understood)."""
    raise NotImplementedError


def attachments(root: Part) -> list[Part]:
    """Every part that is not the shown text, in order."""
    raise NotImplementedError
