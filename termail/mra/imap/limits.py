"""How much a server may send before it is no longer believed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """`responses` and `octets` bound what one command may bring (a FETCH is given more by its caller);
    `unasked` bounds what may come while no command runs; `silence_seconds` is how long a server may think."""

    line_octets: int = 16_000_000
    literal_octets: int = 150_000_000
    response_octets: int = 160_000_000
    literals_in_response: int = 1_000
    depth: int = 400
    tokens: int = 3_000_000
    responses: int = 200_000
    octets: int = 200_000_000
    unasked: int = 20_000
    unreadable: int = 100
    connect_seconds: float = 30.0
    silence_seconds: float = 90.0
    abandoned_seconds: float = 15.0
    idle_seconds: float = 27 * 60.0


DEFAULT = Limits()
