"""How an attempt to submit a message ended: values, not exceptions."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sent:
    """The server took it; `reply` is what it said."""

    reply: str


@dataclass(frozen=True, slots=True)
class Deferred:
    """Bad weather or a 4xx: try again later. Nothing was taken."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A 5xx, or a setting that cannot work: trying again changes nothing. Nothing was taken. With `is_login` it
    was the user and the password, not the message."""

    reason: str
    is_login: bool = False


@dataclass(frozen=True, slots=True)
class PossiblySent:
    """The connection ended after the message went out and before the reply: only the user may send it again."""

    reason: str


Outcome = Sent | Deferred | Refused | PossiblySent
