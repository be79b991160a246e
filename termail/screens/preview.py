"""The preview beside the list: the selected message, once the cursor rests on it."""

import asyncio
from typing import Final

from termail.screens.reading import read_message
from termail.screens.services import Services
from termail.widgets.mail_text import MailText

DELAY_SECONDS: Final = 0.06  # a held j moves on before a message is rendered
MIN_WIDTH: Final = 20


async def show_preview(services: Services, preview: MailText, message_id: int | None) -> None:
    """Only of what is here already: a preview fetches nothing."""
    if message_id is None:
        preview.put_notice("")
        return
    await asyncio.sleep(DELAY_SECONDS)
    if services.store.raw(message_id) is None:
        preview.put_notice("Not fetched yet; Enter fetches it.")
        return
    width = max(MIN_WIDTH, preview.text_width)
    preview.put_display(await read_message(services, message_id, width))
