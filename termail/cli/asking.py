"""Questions to the person at the terminal, when there is one."""

import asyncio
import getpass
import sys

from termail.mime.sanitize import clean_line


async def ask_at_the_terminal(account: str, prompt: str) -> str:
    """A secret, typed without echo; "" when nobody sits there."""
    if not sys.stdin.isatty() or not sys.stderr.isatty():
        return ""
    return await asyncio.to_thread(getpass.getpass, f"{clean_line(prompt)} ({account}): ")
