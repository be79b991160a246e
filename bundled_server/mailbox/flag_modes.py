"""What STORE's three forms make of a message's flags (RFC 3501 §6.4.6)."""

from collections.abc import Callable
from typing import Final

from bundled_server.mailbox.changes import FlagMode

Flags = frozenset[str]

FLAG_MODES: Final[dict[FlagMode, Callable[[Flags, Flags], Flags]]] = {
    FlagMode.REPLACE: lambda before, given: given,
    FlagMode.ADD: lambda before, given: before | given,
    FlagMode.REMOVE: lambda before, given: before - given,
}
