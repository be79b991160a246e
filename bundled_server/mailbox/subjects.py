"""The base subject: what of a subject all messages of a conversation share (RFC 5256 §2.1)."""

import re
from functools import lru_cache
from typing import NamedTuple

from bundled_server.mailbox.decoded import as_text, decode_words
from bundled_server.mailbox.folding import folded

_LONGEST_SUBJECT = 1000
_SPACES = re.compile(r"\s+")
_BLOB = r"\[[^\[\]]*\] *"
_TRAILER = re.compile(r"(?:\(fwd\)| )\Z", re.IGNORECASE)
_LEADER = re.compile(rf"(?:{_BLOB})*(?:re|fwd?) *(?:{_BLOB})?:", re.IGNORECASE)
_LEADING_BLOB = re.compile(_BLOB)
_FORWARD = re.compile(r"\[fwd:(.*)\]\Z", re.IGNORECASE | re.DOTALL)


class BaseSubject(NamedTuple):
    """`text` is folded for comparing; `is_reply` when it was a reply or forward."""

    text: str
    is_reply: bool


@lru_cache(maxsize=8192)
def base_subject(raw: bytes) -> BaseSubject:
    """From the octets of a Subject field."""
    subject = _SPACES.sub(" ", decode_words(as_text(raw[: 4 * _LONGEST_SUBJECT])))[:_LONGEST_SUBJECT]
    is_reply = False
    while True:
        subject, has_trailer = _without_trailers(subject)
        subject, has_leader = _without_leaders(subject)
        is_reply = is_reply or has_trailer or has_leader
        forward = _FORWARD.match(subject)
        if forward is None:
            return BaseSubject(folded(subject), is_reply)
        subject, is_reply = forward[1], True


def _without_trailers(subject: str) -> tuple[str, bool]:
    """Step 2."""
    is_reply = False
    while (found := _TRAILER.search(subject)) is not None:
        is_reply = is_reply or found[0] != " "
        subject = subject[: found.start()]
    return subject, is_reply


def _without_leaders(subject: str) -> tuple[str, bool]:
    """Steps 3 to 5: "re:" and "fwd:" with their blobs; then a blob, if something is left without it."""
    is_reply = False
    while True:
        subject = subject.lstrip(" ")
        leader = _LEADER.match(subject)
        if leader is not None:
            subject, is_reply = subject[leader.end() :], True
            continue
        blob = _LEADING_BLOB.match(subject)
        if blob is None or blob.end() == len(subject):
            return subject, is_reply
        subject = subject[blob.end() :]
