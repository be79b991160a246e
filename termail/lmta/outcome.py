"""How an attempt to submit a message ended: values, not exceptions."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rejection:
    """One recipient the server did not take, in its own words (RFC 5321 §3.3: the others are not concerned)."""

    recipient: str
    code: int
    text: str

    @property
    def is_final(self) -> bool:
        """5xx; a 4xx may be tried again."""
        return self.code >= 500

    def __str__(self) -> str:
        return f"{self.recipient}: {self.code} {self.text}"


@dataclass(frozen=True, slots=True)
class Sent:
    """The server took it for everybody but the `rejected`; `reply` is what it said."""

    reply: str
    rejected: tuple[Rejection, ...] = ()


@dataclass(frozen=True, slots=True)
class Deferred:
    """Bad weather or a 4xx: try again later. Nothing was taken; `rejected` are no use trying again."""

    reason: str
    rejected: tuple[Rejection, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """A 5xx, or a setting that cannot work: trying again changes nothing. Nothing was taken. With `is_login` it
    was the user and the password, not the message."""

    reason: str
    is_login: bool = False


@dataclass(frozen=True, slots=True)
class PossiblySent:
    """The connection ended after the message went out and before the reply: only the user may send it again.
    It did not go to the `rejected`."""

    reason: str
    rejected: tuple[Rejection, ...] = ()


Outcome = Sent | Deferred | Refused | PossiblySent
