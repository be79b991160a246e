"""Whose an OAuth 2.0 access token is, as the authorisation server tells (RFC 7662)."""

import asyncio
import json
import logging
import ssl
from base64 import b64encode
from typing import Any
from urllib.parse import quote, urlsplit

from bundled_server.auth.directory import DirectoryUnavailable
from bundled_server.auth_config import OAuth2

LARGEST_ANSWER_OCTETS = 65_536
LOOPBACK = ("localhost", "127.0.0.1", "::1")

logger = logging.getLogger(__name__)


class CannotUseOAuth2(ValueError):
    """The settings of the authorisation server cannot be; the text says what to change."""


class TokenIntrospection:
    """Implements `auth.login.TokenVerifier`. Every token is asked about anew, so that one taken back is dead at
    once; a server that does not answer is weather."""

    def __init__(self, settings: OAuth2) -> None:
        """Raises CannotUseOAuth2 and OSError (a secret file that cannot be read)."""
        url = urlsplit(settings.introspection_url)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise CannotUseOAuth2(f"{settings.introspection_url!r} is no URL: write https://HOST/PATH")
        if url.scheme == "http" and url.hostname not in LOOPBACK:
            raise CannotUseOAuth2(f"tokens would travel to {url.hostname} in the clear: use https://")
        self._settings = settings
        secret = settings.client_secret_file.read_text("utf-8").rstrip("\r\n")
        pair = f"{quote(settings.client_id, safe='')}:{quote(secret, safe='')}"  # RFC 6749 §2.3.1
        self._authorization = "Basic " + b64encode(pair.encode("ascii")).decode("ascii")
        self._tls = ssl.create_default_context(cafile=str(settings.ca) if settings.ca else None)

    async def __call__(self, claimed: str, token: str) -> str | None:
        """The user's name or address; None when the token is not good. Raises DirectoryUnavailable."""
        answer = await self._ask(token)
        if answer.get("active") is not True:
            return None
        scopes = str(answer.get("scope", "")).split()
        if self._settings.scope and self._settings.scope not in scopes:
            logger.info("a token without the scope %s was shown", self._settings.scope)
            return None
        user = answer.get(self._settings.user_claim)
        return user if isinstance(user, str) and user else None

    async def _ask(self, token: str) -> dict[str, Any]:
        from aiohttp import ClientError, ClientSession, ClientTimeout  # takes its time to import

        settings = self._settings
        try:
            async with (
                ClientSession(timeout=ClientTimeout(settings.deadline_seconds)) as session,
                session.post(
                    settings.introspection_url,
                    data={"token": token, "token_type_hint": "access_token"},
                    headers={"Accept": "application/json", "Authorization": self._authorization},
                    ssl=self._tls,
                    allow_redirects=False,
                ) as response,
            ):
                if response.status != 200:
                    raise ValueError(f"HTTP {response.status}")
                answer = json.loads(await _whole(response.content))
        except (ClientError, TimeoutError, asyncio.IncompleteReadError, OSError, ValueError) as weather:
            logger.warning(
                "introspection at %s: %s", settings.introspection_url, weather or type(weather).__name__
            )
            raise DirectoryUnavailable("the authorisation server does not answer") from weather
        if not isinstance(answer, dict):
            raise DirectoryUnavailable("the authorisation server answers nonsense")
        return answer


async def _whole(stream: Any) -> bytes:
    """All of an answer, which is short. Raises ValueError for a long one."""
    octets = b""
    while piece := await stream.read(LARGEST_ANSWER_OCTETS):
        octets += piece
        if len(octets) > LARGEST_ANSWER_OCTETS:
            raise ValueError("the answer is too long")
    return octets
