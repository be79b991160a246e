"""The user directory Protocol: who exists and whose password is right."""

from typing import Protocol


class Directory(Protocol):
    """Answers for one host's users. Names are local parts, lower case."""

    async def exists(self, name: str) -> bool: ...

    async def verify(self, name: str, password: str) -> bool:
        """True when the password is right. Takes as long for an unknown user as for a wrong password, and hashes
        off the event loop."""
        ...
