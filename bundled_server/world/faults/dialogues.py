"""Faults in a dialogue: a session and a machine that stand before the real ones and spoil what is written up."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bundled_server.net.driver import Link, Session
from bundled_server.net.listener import SessionFactory
from bundled_server.protocols.imap import machine as imap
from bundled_server.protocols.imap.responses import status_line
from bundled_server.protocols.machine import Machine
from bundled_server.protocols.pop3 import machine as pop3
from bundled_server.protocols.pop3.replies import err
from bundled_server.protocols.smtp.commands import Auth, Data, Hello, Mail, Rcpt
from bundled_server.protocols.smtp.events import MessageReceived
from bundled_server.protocols.smtp.machine import SmtpMachine
from bundled_server.protocols.smtp.replies import Reply
from bundled_server.world.faults.board import FaultBoard
from bundled_server.world.faults.fault import SMTP_SERVICES, Fault

STAGE_OF: Mapping[type, str] = {
    Hello: "helo",
    Mail: "mail",
    Rcpt: "rcpt",
    Data: "data",
    MessageReceived: "end-of-data",
}
LOGIN_REFUSED = "every login fails today"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What can be wrong on one port of one host."""

    board: FaultBoard
    hostname: str
    service: str

    def reply(self, stage: str) -> Reply | None:
        """What is said instead of the real answer at this stage of SMTP."""
        for fault in self.board.on("smtp-reply", self.hostname, self.service):
            if fault.text("stage") == stage:
                self.board.strike(fault, f"{stage} on {self.service}")
                return Reply(int(fault.number("code")), "", fault.text("text"))
        return None

    def recipient(self, command: Rcpt) -> Reply | None:
        """Why this recipient is not taken now."""
        if self.service != "smtp":
            return None
        for fault in self.board.of("mailbox-full", command.path.address.lower()):
            self.board.strike(fault, "RCPT")
            return Reply(452, "4.2.2", f"<{command.path.address}>... Mailbox full")
        return None

    def login(self) -> Fault | None:
        """The fault by which logins fail."""
        return next(self.board.on("login-refused", self.hostname, self.service), None)

    def slowness(self, *, is_login: bool) -> float:
        """How many seconds the host thinks before it answers."""
        slow = [*self.board.on("host-slow", self.hostname, self.service)]
        slow += self.board.on("login-slow", self.hostname, self.service) if is_login else ()
        return sum(fault.number("seconds") for fault in slow)

    def disconnect(self) -> Fault | None:
        """The fault that breaks the connection in the middle of DATA."""
        return next(self.board.on("smtp-disconnect", self.hostname, self.service), None)


def spoiled(
    trouble: Trouble, sessions: SessionFactory, ended: Callable[[Link], None] = lambda link: None
) -> SessionFactory:
    """The dialogues of one port, with what is wrong there; `ended` is told when one is over."""

    def make(link: Link) -> tuple[Machine[Any], Session]:
        machine, session = sessions(link)
        before = SpoiledMachine(machine, link)
        return before, SpoiledSession(session, machine, before, link, trouble, ended)

    return make


class SpoiledMachine:
    """Implements `protocols.machine.Machine` by the real one, until it is told to cut the connection."""

    def __init__(self, machine: Machine[Any], link: Link) -> None:
        self._machine = machine
        self._link = link
        self._octets_left: int | None = None

    def cut_after(self, octets: int) -> None:
        """Break the connection when so much more has come."""
        self._octets_left = octets

    @property
    def wants_tls(self) -> bool:
        return self._machine.wants_tls

    @property
    def closing(self) -> bool:
        return self._machine.closing

    def receive(self, data: bytes) -> None:
        if self._octets_left is not None:
            self._octets_left -= len(data)
            if self._octets_left <= 0:
                self._link.connection.abort()
                return
        self._machine.receive(data)

    def receive_eof(self) -> None:
        self._machine.receive_eof()

    def next_event(self) -> Any:
        return self._machine.next_event()

    def take_output(self) -> bytes:
        return self._machine.take_output()

    def tls_started(self) -> None:
        self._machine.tls_started()


class SpoiledSession:
    """Implements `net.driver.Session` by the real one, where no fault speaks for it."""

    def __init__(
        self,
        session: Session,
        machine: Machine[Any],
        before: SpoiledMachine,
        link: Link,
        trouble: Trouble,
        ended: Callable[[Link], None],
    ) -> None:
        self._session = session
        self._machine = machine
        self._before = before
        self._link = link
        self._trouble = trouble
        self._ended = ended

    async def open(self) -> None:
        await self._think(is_login=False)
        reply = self._trouble.reply("connect") if isinstance(self._machine, SmtpMachine) else None
        if reply is not None and isinstance(self._machine, SmtpMachine):
            self._machine.send(reply, close=True)
            return
        await self._session.open()

    async def handle(self, event: Any) -> None:
        await self._think(is_login=_is_login(event))
        if _is_login(event) and (fault := self._trouble.login()) is not None:
            self._trouble.board.strike(fault, f"login on {self._trouble.service}")
            self._refuse_login(event)
            return
        if isinstance(self._machine, SmtpMachine) and (reply := self._spoiled_reply(event)) is not None:
            if isinstance(event, MessageReceived):
                event.chunks.clear()
            self._machine.send(reply)
            return
        await self._session.handle(event)
        if isinstance(event, Data) and (fault := self._trouble.disconnect()) is not None:
            self._trouble.board.strike(fault, "DATA")
            self._before.cut_after(int(fault.number("octets")))

    async def woken(self) -> None:
        await self._session.woken()

    async def timed_out(self) -> None:
        await self._session.timed_out()

    async def close(self) -> None:
        self._ended(self._link)
        await self._session.close()

    async def _think(self, *, is_login: bool) -> None:
        seconds = self._trouble.slowness(is_login=is_login)
        if seconds:
            await asyncio.sleep(seconds)

    def _spoiled_reply(self, event: Any) -> Reply | None:
        if self._trouble.service not in SMTP_SERVICES or type(event) not in STAGE_OF:
            return None
        reply = self._trouble.reply(STAGE_OF[type(event)])
        if reply is None and isinstance(event, Rcpt):
            reply = self._trouble.recipient(event)
        return reply

    def _refuse_login(self, event: Any) -> None:
        match self._machine, event:
            case imap.ImapMachine() as machine, imap.CommandReceived(tag=tag):
                machine.send(status_line(tag, b"NO", b"AUTHENTICATIONFAILED", LOGIN_REFUSED))
            case pop3.Pop3Machine() as machine, _:
                machine.send(err(LOGIN_REFUSED, "AUTH"))
            case SmtpMachine() as machine, _:
                machine.send(Reply(535, "5.7.8", LOGIN_REFUSED))


def _is_login(event: Any) -> bool:
    match event:
        case imap.CommandReceived(name="LOGIN" | "AUTHENTICATE"):
            return True
        case pop3.CommandReceived(name="PASS" | "AUTH"):
            return True
        case Auth():
            return True
    return False
