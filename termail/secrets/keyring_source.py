"""The desktop's keyring: only backends that cannot block a terminal, each call in a thread with a deadline."""

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Any, Final

SERVICE: Final = "termail"
DEADLINE_SECONDS: Final = 20.0
_BACKENDS: Final = (
    "keyring.backends.SecretService",
    "keyring.backends.kwallet",
    "keyring.backends.macOS",
    "keyring.backends.Windows",
    "keyring.backends.libsecret",
)


async def from_keyring(account: str, user: str, deadline_seconds: float = DEADLINE_SECONDS) -> str | None:
    """The password the keyring keeps for this account, None when there is no keyring or no entry."""
    found = await _in_thread(lambda backend: backend.get_password(f"{SERVICE}:{account}", user), deadline_seconds)
    return found if isinstance(found, str) and found else None


async def put_into_keyring(
    account: str, user: str, secret: str, deadline_seconds: float = DEADLINE_SECONDS
) -> bool:
    """True when a keyring took it."""

    def put(backend: Any) -> bool:
        backend.set_password(f"{SERVICE}:{account}", user, secret)
        return True

    return bool(await _in_thread(put, deadline_seconds))


def _backend() -> Any:
    """The one backend we accept, None for all others: some ask for a passphrase on the terminal."""
    import keyring.backend

    candidates = [
        entry
        for entry in keyring.backend.get_all_keyring()
        if type(entry).__module__.startswith(_BACKENDS) and entry.priority > 0
    ]
    return max(candidates, key=lambda entry: entry.priority, default=None)


async def _in_thread(call: Callable[[Any], Any], deadline_seconds: float) -> Any:
    """A daemon thread, so that a keyring that never answers cannot keep the program from ending."""
    loop = asyncio.get_running_loop()
    answer: queue.SimpleQueue[Any] = queue.SimpleQueue()
    arrived = asyncio.Event()

    def work() -> None:
        try:
            backend = _backend()
            answer.put(None if backend is None else call(backend))
        except Exception:  # noqa: BLE001 - backends raise what D-Bus, Cocoa or Windows raise: all mean "no answer"
            answer.put(None)
        if not loop.is_closed():
            loop.call_soon_threadsafe(arrived.set)

    threading.Thread(target=work, name="keyring", daemon=True).start()
    try:
        async with asyncio.timeout(deadline_seconds):
            await arrived.wait()
    except TimeoutError:
        return None
    return answer.get_nowait()
