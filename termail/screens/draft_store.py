"""Drafts as the local store keeps them: whole, whatever is missing in them yet."""

import msgspec

from termail.mime.draft import Draft, parse_draft


def encode_draft(draft: Draft) -> bytes:
    """Lossless; a draft without recipients or with a half-typed address is no message yet."""
    return msgspec.msgpack.encode(draft)


def decode_draft(raw: bytes, account: str) -> Draft:
    """The draft again; octets that are a message (kept by another program) are read as one."""
    try:
        return msgspec.msgpack.decode(raw, type=Draft)
    except msgspec.MsgspecError:
        return parse_draft(raw, account)
