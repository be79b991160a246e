"""Answers for scripts."""

import json

import msgspec


def as_json(answer: object) -> str:
    """JSON in ASCII: a server's words are kept whole, and none of them acts on the terminal that shows them."""
    return json.dumps(msgspec.to_builtins(answer), indent=1)
