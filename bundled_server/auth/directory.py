"""The user directory Protocols: who exists, whose password is right, whose proof can be checked."""

from enum import Enum
from typing import Protocol, runtime_checkable

from bundled_server.mailbox.store import StoreUnavailable
from bundled_server.protocols.sasl import ScramKeys


class DirectoryUnavailable(StoreUnavailable):
    """Weather: the external server that knows the users does not answer. Nobody's password is wrong for that."""


class Answer(Enum):
    """What one back end says of a name with a password."""

    RIGHT = "right"
    WRONG = "wrong"
    UNKNOWN = "unknown"


class Directory(Protocol):
    """Answers for one host's users. Names are local parts, lower case."""

    async def exists(self, name: str) -> bool: ...

    async def verify(self, name: str, password: str) -> bool:
        """True when the password is right. Takes as long for an unknown user as for a wrong password, and hashes
        off the event loop."""
        ...


@runtime_checkable
class KeyDirectory(Protocol):
    """A directory that keeps SCRAM keys. Only where it `has_every_key` may SCRAM be offered: it would refuse right
    passwords otherwise."""

    @property
    def has_every_key(self) -> bool: ...

    async def scram_keys(self, name: str) -> ScramKeys:
        """The user's keys; for nobody, and for a user without any, keys that look real, are the same each time,
        and fit no password."""
        ...


class BackEnd(Protocol):
    """One place where users are known. `name` is for people. Raises DirectoryUnavailable; an answer takes as long
    for a name that it does not know, as far as that is in its hands, and blocks nobody."""

    name: str

    async def answer(self, user: str, password: str) -> Answer: ...

    async def knows(self, user: str) -> bool: ...

    def close(self) -> None: ...
