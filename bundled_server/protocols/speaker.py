"""What the machines of IMAP and POP3 have in common: input to be framed, output to be fetched, TLS, a trace."""

from collections.abc import Callable
from typing import Protocol

Trace = Callable[[str, bytes], None]


class Heard(Protocol):
    """Where a machine keeps what arrived until it makes sense."""

    def feed(self, data: bytes) -> None: ...

    def clear(self) -> None: ...


class Speaker:
    """The half of a machine (`protocols.machine.Machine`) that knows nothing of its protocol. `trace` is called
    with "C" or "S" and each line of the dialogue."""

    def __init__(self, heard: Heard, trace: Trace | None) -> None:
        self._heard = heard
        self._trace = trace
        self._output: list[bytes] = []
        self.wants_tls = False

    # the driver's face

    def receive(self, data: bytes) -> None:
        self._heard.feed(data)

    def receive_eof(self) -> None:
        self._heard.clear()

    def take_output(self) -> bytes:
        output = b"".join(self._output)
        self._output.clear()
        return output

    def tls_started(self) -> None:
        """The handshake is done: everything heard in the clear is forgotten (RFC 3501 §6.2.1, RFC 2595 §4)."""
        self._heard.clear()
        self.wants_tls = False

    # the session's face

    def send(self, data: bytes) -> None:
        """Queue octets, line ends included."""
        if self._trace is not None:
            self._trace("S", data)
        self._output.append(data)

    def start_tls(self) -> None:
        """Read nothing more until the driver has upgraded the connection."""
        self.wants_tls = True

    def forget_input(self) -> None:
        """Throw away what was received and not yet read: it belongs to another layer."""
        self._heard.clear()

    def _trace_client(self, line: bytes) -> None:
        if self._trace is not None:
            self._trace("C", line)
