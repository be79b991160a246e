"""The session: it answers each event of one dialogue by asking the Policy."""

from collections.abc import Callable, Mapping

from bundled_server.envelope import Envelope, Recipient
from bundled_server.mailbox.store import StoreUnavailable
from bundled_server.protocols.smtp import words
from bundled_server.protocols.smtp.commands import (
    Auth,
    Data,
    Etrn,
    Expn,
    Hello,
    Help,
    Mail,
    Noop,
    Quit,
    Rcpt,
    Rset,
    StartTls,
    Vrfy,
)
from bundled_server.protocols.smtp.events import AuthResponse, ChunkReceived, Event, MessageReceived, Refused
from bundled_server.protocols.smtp.machine import SmtpLimits, SmtpMachine, State
from bundled_server.protocols.smtp.replies import Reply
from bundled_server.smtp_journal import DialogueJournal
from bundled_server.smtp_policy import Client, Transaction
from bundled_server.smtp_session.authentication import Authentication
from bundled_server.smtp_session.intake import Intake
from bundled_server.smtp_session.services import SessionLink, SmtpServices


def smtp_sessions(services: SmtpServices) -> Callable[[SessionLink], tuple[SmtpMachine, "SmtpSession"]]:
    """The factory a Listener takes."""

    def make(link: SessionLink) -> tuple[SmtpMachine, SmtpSession]:
        limits = services.limits
        policy = services.policy
        client = Client(link.session_id, link.peer, lmtp=services.is_lmtp)
        journal = DialogueJournal(services.journal, policy.agent, policy.step, client, lambda: link.tls_version)
        sizes = SmtpLimits(limits.smtp_command_octets, limits.smtp_text_line_octets, limits.message_size_octets)
        machine = SmtpMachine(sizes, journal.wire if services.journal_wire else None, lmtp=services.is_lmtp)
        return machine, SmtpSession(link, machine, services, client, journal)

    return make


class SmtpSession:
    """The policy side of one dialogue; `net.driver` calls it."""

    def __init__(
        self,
        link: SessionLink,
        machine: SmtpMachine,
        services: SmtpServices,
        client: Client,
        journal: DialogueJournal,
    ) -> None:
        self._link = link
        self._machine = machine
        self._services = services
        self._policy = services.policy
        self._gate = services.policy.gate
        self._client = client
        self._journal = journal
        self._sender: str | None = None
        self._mail: Mail | None = None
        self._recipients: dict[str, Recipient] = {}
        self._order: list[str] = []
        self._authentication = Authentication(services.policy, client, journal)
        self._intake = Intake(services, journal)
        self._errors = 0

    # the driver's side

    async def open(self) -> None:
        self._client.tls = self._link.tls_version
        self._journal.note("connected", f"connection from [{self._client.address}]")
        refusal = await self._gate.connected(self._client) if self._gate else None
        if refusal is not None:
            await self._refuse(refusal)
            return
        protocol = "LMTP" if self._client.lmtp else "ESMTP"
        self._machine.send(Reply(220, "", f"{self._services.hostname} {protocol} termail ready"))

    async def handle(self, event: Event) -> None:
        try:
            await getattr(self, _HANDLERS[type(event)])(event)
        except StoreUnavailable as weather:  # whoever knows the users is away: nobody is unknown for that
            await self._refuse(words.TRY_LATER, note=str(weather))

    async def woken(self) -> None:
        """Nothing wakes an SMTP session but the end of the host, and that is `timed_out`."""

    async def timed_out(self) -> None:
        hostname = self._services.hostname
        if self._link.is_stopping:
            self._machine.send(Reply(421, "4.3.2", f"{hostname} shutting down, closing connection"))
        else:
            self._machine.send(Reply(421, "4.4.2", f"{hostname} timeout exceeded, closing connection"))

    async def close(self) -> None:
        self._forget_transaction()
        if self._gate is not None:
            self._gate.left(self._client)

    # one method for each event

    async def _hello(self, command: Hello) -> None:
        client = self._client
        self._forget_transaction()
        client.name, client.extended = command.name, command.extended
        client.tls = self._link.tls_version
        refusal = await self._gate.greeted(client) if self._gate else None
        if refusal is not None:
            client.name = ""
            await self._refuse(refusal)
            return
        welcome = f"{self._services.hostname} Hello {command.name} [{client.address}], pleased to meet you"
        if command.extended:
            welcome = "\n".join([welcome, *self._keywords()])
        self._machine.send(Reply(250, "", welcome))

    def _keywords(self) -> list[str]:
        mechanisms = self._policy.offered_mechanisms(self._client)
        return [
            "ENHANCEDSTATUSCODES",
            "PIPELINING",
            "8BITMIME",
            "CHUNKING",
            "BINARYMIME",
            f"SIZE {self._services.limits.message_size_octets}",
            *([] if self._services.is_lmtp else ["DSN"]),
            "SMTPUTF8",
            *(["STARTTLS"] if self._link.offers_tls else []),
            *([f"AUTH {' '.join(mechanisms)}"] if mechanisms else []),
            *(["ETRN"] if self._services.turn else []),
            "VRFY",
            "EXPN",
            "HELP",
        ]

    async def _mail_from(self, command: Mail) -> None:
        shown = f"<{command.path.address}>..."
        if command.parameters.size_octets > self._services.limits.message_size_octets:
            await self._refuse(Reply(552, "5.3.4", f"{shown} Message exceeds the size limit"))
            return
        answer = await self._policy.check_mail(self._client, command)
        if isinstance(answer, Reply):
            await self._refuse(answer)
            return
        self._forget_transaction()
        self._sender, self._mail = answer, command
        self._machine.send(Reply(250, "2.1.0", f"{shown} Sender ok"))

    async def _rcpt_to(self, command: Rcpt) -> None:
        assert self._sender is not None and self._mail is not None
        if not command.path.address.isascii() and not self._mail.parameters.smtputf8:
            await self._refuse(words.NEEDS_SMTPUTF8)
            return
        if len(self._order) >= self._services.limits.smtp_recipients:
            await self._refuse(words.TOO_MANY_RECIPIENTS)
            return
        answer = await self._policy.check_recipient(self._client, self._sender, command)
        if isinstance(answer, Reply):
            await self._refuse(answer)
            return
        parameters = command.parameters
        self._order.append(answer)
        self._recipients.setdefault(answer, Recipient(answer, parameters.notify, parameters.original))
        self._machine.send(Reply(250, "2.1.5", f"<{command.path.address}>... Recipient ok"))

    async def _data(self, command: Data) -> None:
        assert self._mail is not None
        if self._mail.parameters.body == "BINARYMIME":
            await self._refuse(words.BINARY_NEEDS_BDAT)
        else:
            self._machine.send(words.DATA_PLEASE)

    async def _chunk(self, event: ChunkReceived) -> None:
        self._machine.send(Reply(250, "2.0.0", f"{event.octets} octets received"))

    async def _message(self, event: MessageReceived) -> None:
        transaction, order = self._transaction(), self._order
        self._forget_transaction()
        replies = await self._intake.take(transaction, event)
        if self._services.is_lmtp:
            addresses = [recipient.address for recipient in transaction.envelope.recipients]
            by_address = dict(zip(addresses, replies, strict=True))
            self._machine.send_each([by_address[address] for address in order])
            return
        (reply,) = replies
        if reply.code >= 500:
            await self._refuse(reply, note=f"message from <{transaction.envelope.sender}> refused")
            return
        self._errors = 0 if reply.is_positive else self._errors
        self._machine.send(reply)

    async def _rset(self, command: Rset) -> None:
        self._forget_transaction()
        self._machine.send(words.RESET)

    async def _noop(self, command: Noop) -> None:
        self._machine.send(words.NOTHING_DONE)

    async def _quit(self, command: Quit) -> None:
        self._machine.send(Reply(221, "2.0.0", f"{self._services.hostname} closing connection"))

    async def _help(self, command: Help) -> None:
        text = words.HELP_TEXT.get(command.topic)
        if text is None:
            await self._refuse(Reply(504, "5.5.4", f"HELP topic unknown: {command.topic[:40]}"))
        else:
            self._machine.send(Reply(214, "2.0.0", text))

    async def _vrfy(self, command: Vrfy) -> None:
        await self._answer(await self._policy.verify(self._client, command.name))

    async def _expn(self, command: Expn) -> None:
        await self._answer(await self._policy.expand(self._client, command.name))

    async def _etrn(self, command: Etrn) -> None:
        turn = self._services.turn
        await self._answer(words.ETRN_MISSING if turn is None else await turn(command.node))

    async def _starttls(self, command: StartTls) -> None:
        if self._link.is_tls:
            await self._refuse(words.TLS_ACTIVE)
        elif not self._link.offers_tls:
            await self._refuse(words.TLS_MISSING)
        else:
            self._client.name = ""
            self._client.user = ""
            self._machine.send(words.TLS_PLEASE)

    async def _auth(self, command: Auth) -> None:
        await self._answer(await self._authentication.start(command))

    async def _auth_response(self, event: AuthResponse) -> None:
        await self._answer(await self._authentication.next(event.response))

    async def _refused(self, event: Refused) -> None:
        if self._machine.state is State.READY:
            self._forget_transaction()
        await self._refuse(event.reply)

    # helpers

    async def _answer(self, reply: Reply) -> None:
        if reply.is_positive:
            self._machine.send(reply)
        else:
            await self._refuse(reply)

    async def _refuse(self, reply: Reply, note: str = "") -> None:
        """Send a refusal; a peer that collects too many of them is sent away."""
        self._errors += reply.code >= 500
        self._journal.note("refused", f"{note + ': ' if note else ''}{reply.code} {reply.status} {reply.text}")
        self._machine.send(reply)
        if self._errors >= self._services.limits.smtp_transaction_errors and not self._machine.closing:
            hostname = self._services.hostname
            self._machine.send(Reply(421, "4.7.0", f"{hostname} too many errors, closing connection"))

    def _transaction(self) -> Transaction:
        assert self._sender is not None and self._mail is not None
        wishes = self._mail.parameters
        envelope = Envelope(
            sender=self._sender,
            recipients=tuple(self._recipients.values()),
            envelope_id=wishes.envelope_id,
            dsn_return=wishes.dsn_return,
            smtputf8=wishes.smtputf8,
            eight_bit=wishes.body != "7BIT",
        )
        return Transaction(self._client, envelope, self._services.new_queue_id())

    def _forget_transaction(self) -> None:
        self._sender = self._mail = None
        if self._recipients:
            self._recipients = {}
            self._order = []


_HANDLERS: Mapping[type, str] = {
    Hello: "_hello",
    Mail: "_mail_from",
    Rcpt: "_rcpt_to",
    Data: "_data",
    ChunkReceived: "_chunk",
    MessageReceived: "_message",
    Rset: "_rset",
    Noop: "_noop",
    Quit: "_quit",
    Help: "_help",
    Vrfy: "_vrfy",
    Expn: "_expn",
    Etrn: "_etrn",
    StartTls: "_starttls",
    Auth: "_auth",
    AuthResponse: "_auth_response",
    Refused: "_refused",
}
