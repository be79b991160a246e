"""Who is logged in: sessions by their cookie, how many there may be, and when they end."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

TOKEN_OCTETS: Final = 32


@dataclass(slots=True, eq=False)
class Session:
    """One login of one browser. `pages` closes what is open of it; times in seconds of the sessions' clock."""

    token: str
    user: str
    began: float
    seen: float
    pages: set[Callable[[], Awaitable[object]]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Limits:
    """How many sessions in all and for one user, pages of one session, and how long a session may last."""

    sessions: int = 50
    sessions_of_user: int = 5
    pages: int = 4
    idle_seconds: float = 1_800.0
    longest_seconds: float = 43_200.0


class TooManySessions(Exception):
    """There is no room; the text says whose limit was met."""


class Sessions:
    """`ended` is told of every session that is over, however it ended."""

    def __init__(self, limits: Limits, now: Callable[[], float], ended: Callable[[Session], None]) -> None:
        self.limits = limits
        self._now = now
        self._ended = ended
        self._by_token: dict[str, Session] = {}

    def __len__(self) -> int:
        return len(self._by_token)

    def begin(self, user: str) -> Session:
        """Raises TooManySessions."""
        if len(self._by_token) >= self.limits.sessions:
            raise TooManySessions("Too many people are logged in now; try again later.")
        if sum(session.user == user for session in self._by_token.values()) >= self.limits.sessions_of_user:
            raise TooManySessions("You are logged in too often; log out elsewhere first.")
        now = self._now()
        session = Session(secrets.token_urlsafe(TOKEN_OCTETS), user, now, now)
        self._by_token[session.token] = session
        return session

    def find(self, token: str) -> Session | None:
        """The living session of a cookie."""
        session = self._by_token.get(token)
        return session if session is not None and not self._is_over(session) else None

    def touch(self, session: Session) -> None:
        """The user did something."""
        session.seen = self._now()

    async def end(self, session: Session) -> None:
        """Forget it and close its pages."""
        if self._by_token.pop(session.token, None) is not None:
            self._ended(session)
        for close in tuple(session.pages):
            await close()

    async def end_those_over(self) -> None:
        """Call it now and then."""
        for session in [entry for entry in self._by_token.values() if self._is_over(entry)]:
            await self.end(session)

    async def end_all(self) -> None:
        """The site closes."""
        for session in list(self._by_token.values()):
            await self.end(session)

    def _is_over(self, session: Session) -> bool:
        now = self._now()
        limits = self.limits
        return now - session.seen >= limits.idle_seconds or now - session.began >= limits.longest_seconds
