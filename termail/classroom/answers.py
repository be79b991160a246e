"""Values of the classroom as JSON that a person can read and no terminal obeys."""

import json

import msgspec


def as_pretty_json(value: object) -> bytes:
    """Indented, in ASCII."""
    return json.dumps(msgspec.to_builtins(value), indent=1).encode() + b"\n"
