"""One HTTP API on this machine, called with its token; what goes wrong becomes a line for the person who typed."""

import json
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from bundled_server.admin.token import AdminAddress
from bundled_server.cli.errors import CannotRun, UsageError

REQUEST_SECONDS = 30.0


class Caller:
    """Calls one API; `name` is what messages call it."""

    def __init__(self, address: AdminAddress, name: str = "the host") -> None:
        self._address = address
        self._name = name
        self._opener = build_opener(ProxyHandler({}))  # the token goes to this machine, whatever http_proxy says

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        seconds: float | None = REQUEST_SECONDS,
        missing_is_none: bool = True,
    ) -> Any:
        """The decoded answer, None for 404 when that says enough. Raises UsageError for 400, CannotRun for
        everything else."""
        data = None if body is None else json.dumps(body).encode()
        try:
            with self.open(method, path, data, seconds) as response:
                return json.loads(response.read())
        except HTTPError as answer:
            if answer.code == 404 and missing_is_none:
                return None
            text = _error_text(answer)
            raise UsageError(text) if answer.code == 400 else CannotRun(text) from None
        except (URLError, OSError, ValueError) as weather:
            raise CannotRun(f"{self._name} at {self._address.url} does not answer: {weather}") from weather

    def open(self, method: str, path: str, data: bytes | None, seconds: float | None) -> Any:
        """The open response. Raises what urllib raises."""
        request = Request(self._address.url + path, data=data, method=method)
        request.add_header("Authorization", f"Bearer {self._address.token}")
        return self._opener.open(request, timeout=seconds)

    @property
    def url(self) -> str:
        return self._address.url


def _error_text(answer: HTTPError) -> str:
    try:
        return str(json.loads(answer.read())["error"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.code} {answer.reason}"
