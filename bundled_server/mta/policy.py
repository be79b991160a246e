"""The rules of port 25: mail for our own users from anybody, and nothing else."""

from collections.abc import Awaitable, Callable, Sequence

from bundled_server.auth.login import SaslLogin
from bundled_server.bang_path import own_names, unbanged
from bundled_server.journal import Agent, Step
from bundled_server.protocols.smtp.commands import Mail, Rcpt
from bundled_server.protocols.smtp.header import Field, HeaderTooBig, read_header
from bundled_server.protocols.smtp.replies import Reply
from bundled_server.smtp_policy import Client, Gate, NewHead, Transaction, trace_line
from bundled_server.smtp_questions import CANNOT_VERIFY, NO_EXPN, AddressBook, Members, RecipientExists

AUTH_ON_SUBMISSION = Reply(502, "5.5.1", "AUTH is for the submission port")
ROUTING_MARKS = frozenset("%!@")
"""Whoever writes them into a local part wants the mail to go on from here."""
LOOP = Reply(554, "5.4.6", "Too many hops: the message is going in circles")
HEADER_TOO_BIG = Reply(552, "5.3.4", "The header is too big")


IsForged = Callable[[Field], bool]
"""Whether a field claims to be ours; such fields are removed on entry."""


class TransferPolicy:
    """The MTA's policy; implements `smtp_policy.Policy`.

    `domains` are the domains whose mail is ours, lower case, perhaps a live view; `is_full` is asked whether an
    address has no room for mail now (4.2.2), so that its sender keeps it; `recipient_exists` is asked with the
    local part (lower case, as given and then without its +detail). VRFY and EXPN tell who is here only when
    `answers_questions`.
    """

    agent = Agent.MTA
    step = Step.RELAY
    origin = "transfer"

    def __init__(
        self,
        *,
        hostname: str,
        domains: Sequence[str],
        recipient_exists: RecipientExists,
        now: Callable[[], float],
        received_hops: int = 50,
        gate: Gate | None = None,
        is_forged: IsForged = lambda field: False,
        members: Members | None = None,
        answers_questions: bool = False,
        is_full: Callable[[str], Awaitable[Reply | None]] | None = None,
    ) -> None:
        self._hostname = hostname
        self._domains = domains
        self._book = AddressBook(self._domains, recipient_exists, members)
        self._answers_questions = answers_questions
        self._is_full = is_full
        self._now = now
        self._received_hops = received_hops
        self.gate = gate
        self._is_forged = is_forged

    def offered_mechanisms(self, client: Client) -> tuple[str, ...]:
        return ()

    def refuses_authentication(self, client: Client) -> Reply | None:
        return AUTH_ON_SUBMISSION

    def begin_login(self, client: Client) -> SaslLogin | None:
        return None

    async def check_mail(self, client: Client, command: Mail) -> str | Reply:
        path = command.path
        if path.is_null or path.domain:
            refusal = await self.gate.sender(client, path.address) if self.gate else None
            return refusal or path.address
        return Reply(553, "5.5.4", f"<{path.address}>... Domain name required for sender address")

    async def check_recipient(self, client: Client, sender: str, command: Rcpt) -> str | Reply:
        path = command.path
        if "!" in path.local_part:
            path = unbanged(path, own_names(self._hostname, self._domains), self._domains[0])
        local, domain = path.local_part, path.domain
        if not domain and local.lower() == "postmaster":
            domain = self._domains[0]
        if not domain and "!" not in local:
            return Reply(553, "5.1.3", f"<{path.address}>... Domain name required for recipient address")
        if path.route or domain not in self._domains or not ROUTING_MARKS.isdisjoint(local):
            return Reply(550, "5.7.1", f"<{path.address}>... Relaying denied")
        if not await self._book.is_known(local.lower(), domain):
            return Reply(550, "5.1.1", f"<{path.address}>... User unknown")
        address = path.address if path.domain else f"{path.address}@{domain}"
        refusal = await self._is_full(address) if self._is_full else None
        if refusal is None and self.gate is not None:
            refusal = await self.gate.recipient(client, sender, address)
        return refusal or address

    async def check_message(self, transaction: Transaction, content: bytes) -> NewHead | Reply:
        try:
            header = read_header(content)
        except HeaderTooBig:
            return HEADER_TOO_BIG
        if header.count("received") > self._received_hops:
            return LOOP
        added = b""
        if self.gate is not None:
            admission = await self.gate.message(transaction, content)
            if admission.refusal is not None:
                return admission.refusal
            added = admission.header
        head = trace_line(transaction, self._hostname, self._now()) + added
        kept = content[: header.octets] + header.separator
        honest = [field.raw for field in header.fields if not self._is_forged(field)]
        if len(honest) < len(header.fields):
            kept = b"".join(honest) + header.separator
        return NewHead(head + kept, header.octets, header.first("message-id"))

    async def verify(self, client: Client, name: str) -> Reply:
        return await self._book.verify(name) if self._answers_questions else CANNOT_VERIFY

    async def expand(self, client: Client, name: str) -> Reply:
        return await self._book.expand(name) if self._answers_questions else NO_EXPN


class HandOverPolicy(TransferPolicy):
    """The rules of the LMTP port: another MTA hands over mail for our own users, and has filtered it already."""

    agent = Agent.MDA
    step = Step.HAND_TO_LDA
    origin = "lmtp"
