"""The user directory Protocols: who exists, whose password is right, whose proof can be checked."""

from typing import Protocol, runtime_checkable

from bundled_server.protocols.sasl import ScramKeys


class Directory(Protocol):
    """Answers for one host's users. Names are local parts, lower case."""

    async def exists(self, name: str) -> bool: ...

    async def verify(self, name: str, password: str) -> bool:
        """True when the password is right. Takes as long for an unknown user as for a wrong password, and hashes
        off the event loop."""
        ...


@runtime_checkable
class KeyDirectory(Protocol):
    """A directory that keeps SCRAM keys."""

    async def scram_keys(self, name: str) -> ScramKeys:
        """The user's keys; for nobody, and for a user without any, keys that look real, are the same each time,
        and fit no password."""
        ...
