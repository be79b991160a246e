"""A message made ready to read: its display, wrapped to a width, made in a thread."""

import asyncio

from termail.mime.lines import Display, Line, LineKind
from termail.screens.services import Services


async def read_message(services: Services, message_id: int, width: int, *, full_headers: bool = False) -> Display:
    """The message as lines; fetches the body when it is not here. Raises LookupError."""
    raw = await services.body(message_id)
    return await asyncio.to_thread(_display, raw, width, full_headers)


def _display(raw: bytes, width: int, full_headers: bool) -> Display:
    from termail.mime.display import display

    return display(raw, width=width, full_headers=full_headers)


def plain_display(text: str) -> Display:
    """Sanitised text that is not a message, for the pager."""
    return Display(lines=[Line(LineKind.TEXT, line) for line in text.split("\n")], links=[], attachments=[])
