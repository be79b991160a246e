"""One client process behind one page: textual-serve's, without our environment, ended when the page closes."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from termail.config import GUEST

_KEPT: Final = (
    "PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "PYTHONPATH",
    "VIRTUAL_ENV",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)


class BrowserClient(AppService):
    """`home` becomes HOME: no setting, editor or mailcap of the site's owner reaches the guest."""

    def __init__(
        self,
        command: str,
        home: Path,
        *,
        write_bytes: Callable[[bytes], Awaitable[None]],
        write_str: Callable[[str], Awaitable[None]],
        close: Callable[[], Awaitable[None]],
        download_manager: DownloadManager,
    ) -> None:
        super().__init__(
            command, write_bytes=write_bytes, write_str=write_str, close=close, download_manager=download_manager
        )
        self._home = home

    def _build_environment(self, width: int = 80, height: int = 24) -> dict[str, str]:
        textual = super()._build_environment(width, height)
        kept = {name: value for name, value in textual.items() if name in _KEPT or name.startswith("TEXTUAL_")}
        size = {name: textual[name] for name in ("COLUMNS", "ROWS", "TERM_PROGRAM", "TERM_PROGRAM_VERSION")}
        return {**kept, **size, "HOME": str(self._home), "COLORTERM": "truecolor", GUEST: "1"}

    async def finish(self) -> None:
        """Stop, and wait for the process: nothing of it outlives its page."""
        await self.stop()
        if self._process is not None:
            await self._process.wait()
