"""Users from an LDAP server: found by a search, proved by a bind (RFC 4511, RFC 4513)."""

import asyncio
import logging
import math
import secrets
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from urllib.parse import urlsplit

from bundled_server.auth.directory import Answer, DirectoryUnavailable
from bundled_server.auth_config import Ldap

THREADS = 8
LOOPBACK = ("localhost", "127.0.0.1", "::1")
MOST_ENTRIES = 2
SUCCESS, SIZE_LIMIT_EXCEEDED, NO_SUCH_OBJECT = 0, 4, 32
REFUSALS = frozenset((19, NO_SUCH_OBJECT, 34, 48, 49, 53))
"""Result codes of a bind that say no to these credentials: constraintViolation (a locked account), noSuchObject,
invalidDNSyntax, inappropriateAuthentication, invalidCredentials, unwillingToPerform (RFC 4511 §4.1.9)."""

ResultT = TypeVar("ResultT")

logger = logging.getLogger(__name__)


class CannotUseLdap(ValueError):
    """The settings of an LDAP server cannot be; the text says what to change."""


class LdapBackEnd:
    """Implements `auth.directory.BackEnd`. Each question has a connection of its own, in a thread, under one
    deadline; a server that is slow, away or answers nonsense is weather."""

    name = "ldap"

    def __init__(self, settings: Ldap) -> None:
        """Raises CannotUseLdap and OSError (a password file that cannot be read)."""
        try:
            import ldap3
        except ImportError:
            raise CannotUseLdap("LDAP needs the ldap extra: pip install 'termail[ldap]'") from None
        self._ldap: Any = ldap3
        self._settings = settings
        secret_file = settings.bind_password_file
        self._secret = secret_file.read_text("utf-8").rstrip("\r\n") if secret_file else ""
        self._server, self._start_tls = self._make_server()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="ldap")

    def _make_server(self) -> tuple[Any, bool]:
        settings = self._settings
        url = urlsplit(settings.url)
        if url.scheme not in ("ldap", "ldaps") or not url.hostname:
            raise CannotUseLdap(f"{settings.url!r} is no LDAP server: write ldap://HOST or ldaps://HOST")
        if "{user}" not in settings.filter:
            raise CannotUseLdap(
                f"the LDAP filter {settings.filter!r} has no {{user}} in it, such as (uid={{user}})"
            )
        if bool(settings.bind_dn) != bool(self._secret):
            raise CannotUseLdap("bind_dn and bind_password_file belong together")
        is_encrypted = url.scheme == "ldaps"
        if not is_encrypted and not settings.start_tls and url.hostname not in LOOPBACK:
            raise CannotUseLdap(
                f"passwords would travel to {url.hostname} in the clear: use ldaps:// or start_tls"
            )
        ca = str(settings.ca) if settings.ca else None
        tls = self._ldap.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=ca)
        server = self._ldap.Server(
            settings.url,
            use_ssl=is_encrypted,
            tls=tls,
            connect_timeout=settings.deadline_seconds,
            get_info=self._ldap.NONE,
        )
        wants_tls = settings.start_tls and (url.hostname not in LOOPBACK or settings.ca is not None)
        return server, wants_tls and not is_encrypted

    # BackEnd

    async def answer(self, user: str, password: str) -> Answer:
        if not password or "\0" in password:  # a bind without a password proves nothing (RFC 4513 §5.1.2)
            return Answer.WRONG if await self.knows(user) else Answer.UNKNOWN
        return await self._in_time(lambda: self._answer(user, password))

    async def knows(self, user: str) -> bool:
        return await self._in_time(lambda: self._find(user) is not None)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _in_time(self, work: Callable[[], ResultT]) -> ResultT:
        """Run in a thread. A thread that hangs comes back by its sockets' own timeouts; nobody waits for it."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._settings.deadline_seconds):
                return await loop.run_in_executor(self._pool, work)
        except TimeoutError:
            trouble = "no answer in time"
        except (self._ldap.core.exceptions.LDAPException, OSError, ValueError) as weather:
            trouble = f"{type(weather).__name__}: {weather}"
        logger.warning("LDAP server %s: %s", self._settings.url, trouble)
        raise DirectoryUnavailable("the directory server does not answer")

    # in a thread

    def _answer(self, user: str, password: str) -> Answer:
        entry = self._find(user)
        # nobody's bind takes as long as somebody's
        name = entry or f"cn={secrets.token_hex(8)},{self._settings.base}"
        code = self._bind(name, password)
        if entry is None:
            return Answer.UNKNOWN
        return Answer.RIGHT if code == SUCCESS else Answer.WRONG

    def _find(self, user: str) -> str | None:
        """The DN of the user's entry; None without one, or with more than one."""
        from ldap3.utils.conv import escape_filter_chars

        settings = self._settings
        connection = self._connected(settings.bind_dn, self._secret)
        try:
            if not connection.bind():
                raise self._ldap.core.exceptions.LDAPException(f"our own bind: {connection.result['description']}")
            connection.search(
                settings.base,
                settings.filter.replace("{user}", escape_filter_chars(user)),
                search_scope=self._ldap.SUBTREE,
                attributes=None,
                size_limit=MOST_ENTRIES,
                time_limit=max(1, int(settings.deadline_seconds)),
            )
            if connection.result["result"] not in (SUCCESS, SIZE_LIMIT_EXCEEDED, NO_SUCH_OBJECT):
                raise self._ldap.core.exceptions.LDAPException(f"search: {connection.result['description']}")
            found = [entry["dn"] for entry in connection.response or () if entry.get("type") == "searchResEntry"]
        finally:
            connection.unbind()
        if len(found) > 1:
            logger.warning("LDAP: more than one entry for user %r; none of them counts", user)
        return str(found[0]) if len(found) == 1 else None

    def _bind(self, name: str, password: str) -> int:
        """The result code of a bind as this entry. Raises LDAPException for what says nothing about a password."""
        connection = self._connected(name, password)
        try:
            connection.bind()
            code = int(connection.result["result"])
        finally:
            connection.unbind()
        if code != SUCCESS and code not in REFUSALS:
            raise self._ldap.core.exceptions.LDAPException(f"bind: {connection.result['description']}")
        return code

    def _connected(self, name: str, password: str) -> Any:
        connection = self._ldap.Connection(
            self._server,
            user=name or None,
            password=password or None,
            receive_timeout=math.ceil(self._settings.deadline_seconds),  # ldap3 packs it as a whole number
            auto_referrals=False,
            read_only=True,
        )
        connection.open()
        if self._start_tls and not connection.start_tls():
            raise self._ldap.core.exceptions.LDAPException("STARTTLS was refused")
        return connection
