"""What every protocol machine offers the driver: bytes in, events out, bytes out; nothing else."""

from typing import Protocol, TypeVar

EventT_co = TypeVar("EventT_co", covariant=True)


class Machine(Protocol[EventT_co]):
    """A protocol without IO. The driver feeds `receive`, asks `next_event` until it answers None (more data is
    needed), hands each event to the session, and writes `take_output`.

    `wants_tls` becomes true when the session agreed to STARTTLS: the driver writes the output, throws away
    every byte that arrived before the handshake, upgrades, and calls `tls_started`. `closing` becomes true when
    the connection is to be closed after the output is written.
    """

    @property
    def wants_tls(self) -> bool: ...

    @property
    def closing(self) -> bool: ...

    def receive(self, data: bytes) -> None: ...

    def receive_eof(self) -> None: ...

    def next_event(self) -> EventT_co | None: ...

    def take_output(self) -> bytes: ...

    def tls_started(self) -> None: ...
