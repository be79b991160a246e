"""The content of a message, scanned off the event loop when it is large."""

import asyncio

from bundled_server.mailbox.content import Content, prepare

OFF_THE_LOOP_OCTETS = 262_144


async def prepared(data: bytes, *, has_crlf: bool = False) -> Content:
    """See `mailbox.content.prepare`."""
    if len(data) > OFF_THE_LOOP_OCTETS:
        return await asyncio.to_thread(prepare, data, has_crlf=has_crlf)
    return prepare(data, has_crlf=has_crlf)
