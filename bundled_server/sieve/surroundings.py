"""What a run knows besides message and script: the owner's mailboxes, the time, what was seen, the limits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from bundled_server.config import SieveLimits
from bundled_server.sieve.script import Script

EPOCH: Final = datetime.fromtimestamp(0, UTC)
DEFAULT_LIMITS: Final = SieveLimits()
Location = tuple[str, str]
"""("personal" or "global", name) of a script."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`mailboxes` are names with their special use ("" without); `seen` identities of the duplicate test that have
    not expired; `spam_percent` is None when nobody tested; `virus_level` as in RFC 5235 §3.3, 0 untested;
    `library` holds the scripts that may be included; `environment` the items of RFC 5183."""

    mailboxes: Mapping[str, str] = field(default_factory=dict)
    now: datetime = EPOCH
    seen: frozenset[str] = frozenset()
    spam_percent: float | None = None
    virus_level: int = 0
    library: Mapping[Location, Script] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    limits: SieveLimits = DEFAULT_LIMITS
