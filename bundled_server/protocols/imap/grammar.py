"""The shape of every command: its arguments, the states it is legal in, how large its literals may be."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from bundled_server.protocols.imap.cursor import Cursor


class State(Enum):
    """RFC 3501 §3."""

    NOT_AUTHENTICATED = "not authenticated"
    AUTHENTICATED = "authenticated"
    SELECTED = "selected"
    LOGOUT = "logout"


ANY = frozenset((State.NOT_AUTHENTICATED, State.AUTHENTICATED, State.SELECTED))
BEFORE_LOGIN = frozenset((State.NOT_AUTHENTICATED,))
AFTER_LOGIN = frozenset((State.AUTHENTICATED, State.SELECTED))
SELECTED = frozenset((State.SELECTED,))


@dataclass(frozen=True, slots=True)
class Syntax:
    """One command. `name` is upper case, "UID FETCH" with one space; `parse` reads everything after the name,
    its space included, up to the end. `secret` keeps arguments out of traces; `holds_message` lets literals be
    as large as a message."""

    name: str
    states: frozenset[State]
    parse: Callable[[Cursor], Any]
    secret: bool = False
    holds_message: bool = False


def table(syntaxes: Iterable[Syntax]) -> Mapping[str, Syntax]:
    """The commands by name; a name registered twice is a mistake of ours."""
    found: dict[str, Syntax] = {}
    for syntax in syntaxes:
        if syntax.name in found:
            raise ValueError(f"{syntax.name} is registered twice")
        found[syntax.name] = syntax
    return found
