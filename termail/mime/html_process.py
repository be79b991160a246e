"""A rendering process that can be killed: started when first needed, started anew after a deadline passed."""

import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Final

import msgspec

from termail.mime import limits
from termail.mime.html_worker import FRAME, Rendered, Request

_COMMAND: Final = (sys.executable, "-P", "-m", "termail.mime.html_worker")
_LARGEST_ANSWER: Final = 64_000_000


class HtmlProcess:
    """Lays out HTML in a process of its own. Safe to call from any thread."""

    def __init__(
        self,
        *,
        command: tuple[str, ...] = _COMMAND,
        deadline_seconds: float = limits.HTML_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._command, self._deadline_seconds, self._monotonic = command, deadline_seconds, monotonic
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def render(self, request: Request) -> Rendered | None:
        """The text, None when the process did not answer in time (or at all)."""
        document = request.document.encode("utf-8", "replace").decode("utf-8")  # no lone surrogates
        octets = msgspec.msgpack.encode(msgspec.structs.replace(request, document=document))
        with self._lock:
            try:
                answer = self._exchange(octets)
                return None if answer is None else msgspec.msgpack.decode(answer, type=Rendered)
            except (OSError, msgspec.MsgspecError):
                self._stop()
                return None

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._stop()

    def _exchange(self, request: bytes) -> bytes | None:
        process = self._running()
        answer = None
        if process is not None:
            answer = self._answer(process, FRAME.pack(len(request)) + request, self._deadline_seconds)
        if answer is None:
            self._stop()
        return answer

    def _answer(self, process: subprocess.Popen[bytes], octets: bytes, allowed_seconds: float) -> bytes | None:
        """Write `octets`, read one frame; None when time is up or the process is gone."""
        assert process.stdin is not None and process.stdout is not None
        to_send = memoryview(octets)
        received = bytearray()
        ends_at = self._monotonic() + allowed_seconds
        with selectors.DefaultSelector() as selector:
            if to_send:
                selector.register(process.stdin, selectors.EVENT_WRITE)
            selector.register(process.stdout, selectors.EVENT_READ)
            while (left := ends_at - self._monotonic()) > 0:
                for key, _ in selector.select(left):
                    if key.fileobj is process.stdin:
                        to_send = to_send[os.write(key.fd, to_send[:65536]) :]
                        if not to_send:
                            selector.unregister(process.stdin)
                        continue
                    octets = os.read(key.fd, 1 << 20)
                    if not octets:
                        return None
                    received += octets
                if len(received) >= FRAME.size:
                    size = FRAME.unpack_from(received)[0]
                    if size > _LARGEST_ANSWER:
                        return None
                    if len(received) >= FRAME.size + size:
                        return bytes(received[FRAME.size :])
        return None

    def _running(self) -> subprocess.Popen[bytes] | None:
        """The process, started and ready; None when it does not get ready."""
        if self._process is None or self._process.poll() is not None:
            self._stop()
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                start_new_session=True,  # Ctrl-C in the terminal is not for it
            )
            assert self._process.stdin is not None
            os.set_blocking(self._process.stdin.fileno(), False)
            if self._answer(self._process, b"", limits.HTML_START_SECONDS) is None:
                return None
        return self._process

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        process.wait()


@cache
def shared_process() -> HtmlProcess:
    """The one process a client keeps; it ends by itself when the client's end of its pipe closes."""
    import atexit

    process = HtmlProcess()
    atexit.register(process.close)
    return process
