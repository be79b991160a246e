"""The door: user and password as the mail host's IMAP judges them, with a brake on guessing."""

import asyncio
import ssl
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from termail.mra.errors import RetrievalError
from termail.mra.imap.errors import ImapGone, LoginRefused
from termail.mra.imap.login import Credentials
from termail.mra.imap.opening import authenticate, connect
from termail.net.endpoint import Endpoint

WINDOW_SECONDS: Final = 60.0
FAILURES_HEARD: Final = 10
FIRST_DELAY_SECONDS: Final = 0.2
LONGEST_DELAY_SECONDS: Final = 5.0
REMEMBERED: Final = 10_000
NAME_LIMIT: Final = 256
PASSWORD_LIMIT: Final = 1_024

WRONG: Final = "User or password is wrong."
LATER: Final = "The mail server cannot be reached now; try again later."
SLOWLY: Final = "Too many attempts; wait a minute."


class NotLetIn(Exception):
    """The text is for the login page, `status` for HTTP."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


class Door:
    """Guesses are slowed down by the address they come from and by the name they are about, known or not."""

    def __init__(
        self,
        imap: Endpoint,
        contexts: Callable[[], ssl.SSLContext],
        now: Callable[[], float],
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._imap = imap
        self._contexts = contexts
        self._now = now
        self._sleep = sleep
        self._failures: OrderedDict[tuple[str, str], list[float]] = OrderedDict()

    async def enter(self, address: str, user: str, password: str) -> None:
        """Return when the host lets them in. Raises NotLetIn."""
        if not (0 < len(user) <= NAME_LIMIT and user.isprintable() and 0 < len(password) <= PASSWORD_LIMIT):
            raise NotLetIn(WRONG, 403)
        keys = (("address", address), ("user", user))
        counts = [self._recent(key) for key in keys]
        if counts[0] >= FAILURES_HEARD:
            raise NotLetIn(SLOWLY, 429)
        moment = self._now()
        for key in keys:
            self._note(key, moment)  # before the answer is known: guesses sent all at once are counted, too
        if max(counts):
            await self._sleep(min(FIRST_DELAY_SECONDS * 2 ** (max(counts) - 1), LONGEST_DELAY_SECONDS))
        try:
            await self._try(user, password)
        except LoginRefused as error:
            raise NotLetIn(WRONG, 403) from error
        except (RetrievalError, OSError) as error:
            self._take_back(keys, moment)
            raise NotLetIn(LATER, 503) from error
        self._take_back(keys, moment)

    async def _try(self, user: str, password: str) -> None:
        protocol = await connect(replace(self._imap, user=user), self._contexts)
        try:
            connection = await authenticate(protocol, Credentials(user, password))
            with suppress(RetrievalError, TimeoutError):
                await connection.log_out()
        finally:
            protocol.drop(ImapGone("closed"))

    def _recent(self, key: tuple[str, str]) -> int:
        since = self._now() - WINDOW_SECONDS
        return sum(moment > since for moment in self._failures.get(key, ()))

    def _take_back(self, keys: tuple[tuple[str, str], ...], moment: float) -> None:
        """It was no wrong guess."""
        for key in keys:
            moments = self._failures.get(key, [])
            if moment in moments:
                moments.remove(moment)

    def _note(self, key: tuple[str, str], moment: float) -> None:
        moments = self._failures.setdefault(key, [])
        moments.append(moment)
        del moments[:-FAILURES_HEARD]
        self._failures.move_to_end(key)
        while len(self._failures) > REMEMBERED:
            self._failures.popitem(last=False)
