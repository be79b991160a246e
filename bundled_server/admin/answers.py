"""How the admin API answers: JSON, and refusals that say what was wrong."""

import msgspec
from aiohttp import web


def answer(value: object, status: int = 200) -> web.Response:
    """A JSON body of anything msgspec can encode."""
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")


def refusal(status: int, text: str) -> web.Response:
    """A JSON body that says what was wrong."""
    return answer({"error": text}, status)
