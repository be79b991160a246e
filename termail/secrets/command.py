"""The password command of an account: run as a child process, its first line is the password."""

import asyncio
import contextlib
import os
import shlex
import signal
from typing import Final

from termail.secrets.errors import NoPassword

DEADLINE_SECONDS: Final = 60.0
"""Long enough for a person to unlock a key."""
END_SECONDS: Final = 2.0
OUTPUT_LIMIT: Final = 65_536
_NEEDS_SHELL: Final = frozenset("|&;<>()$`*?[]{}~#=%!\n")


async def from_command(
    command: str, deadline_seconds: float = DEADLINE_SECONDS, *, key: str = "password_command"
) -> str:
    """The first line `command` prints; `key` is the setting it stands in. Raises NoPassword; its text never holds
    what the command printed."""
    try:
        process = await asyncio.create_subprocess_exec(
            *_arguments(command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it cannot be run"
        raise NoPassword(f"{key}: {reason.lower()}") from None
    try:
        async with asyncio.timeout(deadline_seconds):
            assert process.stdout is not None
            output = await _read(process.stdout, key)
            status = await process.wait()
    except TimeoutError:
        raise NoPassword(f"{key} gave no answer in {deadline_seconds:.0f} s") from None
    finally:
        await _end(process)
    if status != 0:
        raise NoPassword(f"{key} ended with status {status}")
    secret = output.partition(b"\n")[0].rstrip(b"\r")
    try:
        text = secret.decode("utf-8")
    except UnicodeDecodeError:
        raise NoPassword(f"{key} printed something that is not UTF-8") from None
    if not text or "\0" in text:
        raise NoPassword(f"{key} printed nothing that can be used")
    return text


def _arguments(command: str) -> list[str]:
    """The words of the command; a shell only where the command is written for one."""
    if _NEEDS_SHELL.isdisjoint(command):
        words = shlex.split(command)
        if not words:
            raise ValueError("an empty command")
        return words
    return ["/bin/sh", "-c", command]


async def _read(stream: asyncio.StreamReader, key: str) -> bytes:
    output = b""
    while len(output) <= OUTPUT_LIMIT:
        piece = await stream.read(4096)
        if not piece:
            return output
        output += piece
    raise NoPassword(f"{key} printed far more than a secret")


async def _end(process: asyncio.subprocess.Process) -> None:
    """Nothing of it stays behind: its whole process group ends with it."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(END_SECONDS):
            while process.stdout is not None and await process.stdout.read(65_536):
                pass  # asyncio calls a process ended only when its pipe was read to the end
            await process.wait()
