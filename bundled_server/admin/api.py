"""The HTTP admin API of one host: its routes, behind the door."""

from collections.abc import Mapping

from aiohttp import web

from bundled_server.admin.clerk_routes import ClerkRoutes
from bundled_server.admin.control import (
    Clerk,
    DomainControl,
    FilterControl,
    Gauges,
    Import,
    QueueControl,
    UserControl,
)
from bundled_server.admin.domain_routes import DomainRoutes
from bundled_server.admin.door import Door
from bundled_server.admin.filter_routes import FilterRoutes
from bundled_server.admin.import_routes import ImportRoutes
from bundled_server.admin.journal_routes import JournalRoutes
from bundled_server.admin.leave_routes import LeaveByClick, LeaveRoutes
from bundled_server.admin.metrics import exposition
from bundled_server.admin.queue_routes import QueueRoutes
from bundled_server.admin.user_routes import UserRoutes
from bundled_server.journal import Journal


class AdminApi:
    """Opens on loopback only. Every path but /health wants `Authorization: Bearer TOKEN`."""

    def __init__(
        self,
        *,
        journal: Journal,
        queue: QueueControl,
        users: UserControl,
        gauges: Gauges,
        body_octets: int,
        domains: DomainControl | None = None,
        take_in: Import | None = None,
        clerks: Mapping[str, Clerk] | None = None,
        leave: LeaveByClick | None = None,
        filters: FilterControl | None = None,
    ) -> None:
        self._journal = journal
        self._gauges = gauges
        self._door = Door(
            [
                web.get("/metrics", self._metrics),
                *QueueRoutes(queue).table(),
                *UserRoutes(users).table(),
                *JournalRoutes(journal).table(),
                *(DomainRoutes(domains).table() if domains is not None else ()),
                *(ImportRoutes(take_in).table() if take_in is not None else ()),
                *ClerkRoutes(clerks or {}).table(),
                *(LeaveRoutes(leave).table() if leave is not None else ()),
                *(FilterRoutes(filters).table() if filters is not None else ()),
            ],
            body_octets,
        )

    async def open(self, port: int) -> int:
        """See `Door.open`."""
        return await self._door.open(port)

    def expect(self, token: str) -> None:
        """See `Door.expect`."""
        self._door.expect(token)

    async def close(self) -> None:
        await self._door.close()

    async def _metrics(self, _: web.Request) -> web.Response:
        text = exposition(self._journal.counts, await self._gauges.read())
        return web.Response(text=text, content_type="text/plain", charset="utf-8")
