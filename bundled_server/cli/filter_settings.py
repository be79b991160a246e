"""From the [filters] table of a TOML file to the settings of the chain."""

from pathlib import Path
from typing import Any

import msgspec

from bundled_server.cli.complaints import below_zero, complaint
from bundled_server.cli.errors import UsageError
from bundled_server.filter_config import FilterSettings

STANDARD = ("lists", "rate", "names", "spf", "dkim", "dmarc", "bayes", "scanner")
"""What `standard = true` switches on: all that works without a choice of lists and services."""


def filter_settings(path: Path, table: object) -> FilterSettings:
    """Paths in it are relative to the file at `path`. Raises UsageError."""
    if not isinstance(table, dict):
        raise UsageError(f"{path}: filters is a table: write [filters]")
    table = dict(table)
    standard = table.pop("standard", False)
    if not isinstance(standard, bool):
        raise UsageError(f"{path}: filters: standard has to be true or false")
    wanted: dict[str, Any] = {name: {} for name in STANDARD} | table if standard else table

    def as_path(kind: type, value: object) -> object:
        if kind is not Path or not isinstance(value, str):
            raise TypeError(f"expected {kind.__name__}")
        return path.parent / Path(value).expanduser()

    try:
        settings = msgspec.convert(wanted, FilterSettings, dec_hook=as_path)
    except msgspec.ValidationError as fault:
        raise UsageError(f"{path}: filters: {complaint(fault, FilterSettings)}") from None
    for place in below_zero(settings, "filters"):
        raise UsageError(f"{path}: {place} has to be 0 or more")
    return settings
