"""A whole thread as one text to read: its messages one below the other, the first of them at once."""

import asyncio
import time
from collections.abc import Sequence

from rich.cells import cell_len

from termail.mime.lines import BLANK_LINE, Display, Line, LineKind
from termail.mime.link_numbers import LinkNumbers
from termail.mime.part import Part
from termail.mime.sanitize import clean_line
from termail.model.row import Row
from termail.screens.services import Services

FIRST_MESSAGES = 12
"""Enough for the first screen; the rest comes behind."""


def thread_order(services: Services, ids: Sequence[int]) -> list[Row]:
    """Oldest first, as one reads."""
    return sorted(services.store.rows(ids), key=lambda row: (row.date, row.message_id))


async def read_thread(services: Services, rows: Sequence[Row], width: int) -> Display:
    """The messages that are here as one display; those that are not say so. In a thread of its own."""
    opened = {}
    for row in rows:
        raw = services.store.raw(row.message_id)
        if raw is not None and b"PGP" in raw:
            opening = await services.protected.open(row.message_id, raw)
            if opening is not None:
                opened[row.message_id] = opening.raw
    return await asyncio.to_thread(_together, services, rows, opened, width)


def _together(services: Services, rows: Sequence[Row], opened: dict[int, bytes], width: int) -> Display:
    from termail.mime.display import display

    links = LinkNumbers()
    lines: list[Line] = []
    attachments: list[Part] = []
    for number, row in enumerate(rows, 1):
        lines += [BLANK_LINE, BLANK_LINE] if lines else []
        lines.append(Line(LineKind.MESSAGE, _heading(number, len(rows), row, width)))
        raw = opened.get(row.message_id) or services.store.raw(row.message_id)
        raw = raw or services.store.skeleton(row.message_id)
        if raw is None:
            lines.append(Line(LineKind.PROBLEM, "[not fetched yet: open it alone to fetch it]"))
            continue
        shown = display(raw, width=width, shown_headers=(), links=links)
        lines += shown.lines[1:] if shown.lines and shown.lines[0] is BLANK_LINE else shown.lines
        attachments += shown.attachments
    return Display(lines=lines, links=links.links, attachments=attachments)


def _heading(number: int, count: int, row: Row, width: int) -> str:
    when = time.strftime("%a %d %b %Y %H:%M", time.localtime(row.date))
    text = f"── {number}/{count} · {clean_line(row.sender_name or row.sender_address)} · {when} "
    return text + "─" * max(0, width - cell_len(text) - 1)  # a scrollbar may come
