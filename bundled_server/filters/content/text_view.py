"""A message as content rules see it: decoded header fields, decoded text, types and names of its parts."""

import re
from collections.abc import Iterator
from functools import cached_property
from itertools import islice

from bundled_server.filters.mime_parts import attachment_name, parts_of
from bundled_server.filters.question import Question
from bundled_server.mailbox.decoded import as_text, decode_words, transfer_decoded
from bundled_server.mailbox.structure import Part

FIELD_LENGTH = 4000
MOST_TEXTS = 200

_TAG = re.compile(r"<(?:/?[A-Za-z!][^<>]{0,2000})>")
_SPACES = re.compile(r"\s+")


class TextView:
    """Each kind of text is made once, when the first rule asks for it, and up to `octets` of it."""

    def __init__(self, question: Question, octets: int) -> None:
        self._question = question
        self._octets = octets

    def texts(self, where: str) -> tuple[str, ...]:
        """What a rule's `where` stands for."""
        match where:
            case "body":
                return self._bodies
            case "type":
                return self._types
            case "attachment":
                return self._names
            case "any header":
                return self._all_fields
            case _:
                return self._fields(where.removeprefix("header ").strip())

    def _fields(self, name: str) -> tuple[str, ...]:
        fields = self._question.header.fields
        return tuple(decode_words(one.value[:FIELD_LENGTH]) for one in fields if one.name == name)[:MOST_TEXTS]

    @cached_property
    def _all_fields(self) -> tuple[str, ...]:
        fields = self._question.header.fields[:MOST_TEXTS]
        return tuple(f"{one.name}: {decode_words(one.value[:FIELD_LENGTH])}" for one in fields)

    @cached_property
    def _types(self) -> tuple[str, ...]:
        parts = islice(parts_of(self._question.structure), MOST_TEXTS)
        return tuple((part.main_type + b"/" + part.subtype).decode("latin-1").lower() for part in parts)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        names = (attachment_name(part) for part in parts_of(self._question.structure))
        return tuple(name for name in names if name)[:MOST_TEXTS]

    @cached_property
    def _bodies(self) -> tuple[str, ...]:
        return tuple(self._read_bodies())

    def _read_bodies(self) -> Iterator[str]:
        """The text parts; of HTML, the text between the tags comes behind the HTML itself."""
        left = self._octets
        for part in parts_of(self._question.structure):
            if part.main_type != b"TEXT" or left <= 0:
                continue
            text = self._text(part, left)
            left -= len(text)
            if part.subtype == b"HTML":
                yield text
                text = _TAG.sub(" ", text)
            yield _SPACES.sub(" ", text)

    def _text(self, part: Part, most: int) -> str:
        octets = self._question.scanned[part.body_start : min(part.body_end, part.body_start + most * 4)]
        charset = next((value for name, value in part.parameters if name == b"CHARSET"), b"utf-8")
        return as_text(transfer_decoded(octets, part.encoding), charset.decode("latin-1"))[:most]
