"""Settings of the filter chain, frozen: the [filters] table of a host's TOML file, every threshold named once."""

import msgspec


class Thresholds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Points from which mail is marked, goes into Junk, or is refused."""

    tag: float = 4.0
    junk: float = 6.0
    reject: float = 15.0


class BayesSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The classifier that users train. Tokens that are rare (in at most `rare_messages`) are forgotten after
    `keep_days` without training."""

    enabled: bool = True
    keep_days: float = 365.0
    rare_messages: int = 2


class FilterSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The chain of one host. What is None is not in the chain; what is there but not `enabled` can be switched on
    while the host runs. `deadline_seconds` is for all look-ups of one stage together."""

    thresholds: Thresholds = Thresholds()
    deadline_seconds: float = 5.0
    bayes: BayesSettings | None = None
