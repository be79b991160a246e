"""The identity by which the duplicate test knows a message again (RFC 7352 §3)."""

import hashlib
from collections.abc import Callable

from bundled_server.sieve.message import Message
from bundled_server.sieve.script import Call, Value


def identity(message: Message, texts: Callable[[Value], tuple[str, ...]], call: Call) -> str:
    """A key for the memory, "" when the message has nothing to be known by; handles keep memories apart."""
    if "uniqueid" in call.tags:
        kind, value = "uniqueid", texts(call.text("uniqueid"))[0]
    else:
        kind = texts(call.text("header", "message-id"))[0].lower()
        value = next(iter(message.values(kind)), "")
    if not value:
        return ""
    handle = texts(call.text("handle"))[0]
    return hashlib.sha256("\0".join((handle, kind, value)).encode("utf-8", "replace")).hexdigest()
