"""The rules of submission: who may send, as whom, and what the message has to look like (RFC 6409)."""

import secrets
from collections.abc import Awaitable, Callable, Sequence

from bundled_server.auth.login import SaslBackEnd, SaslLogin
from bundled_server.bang_path import own_names, unbanged
from bundled_server.envelope import split_address
from bundled_server.journal import Agent, Step
from bundled_server.msa.fix_ups import Author, BadHeader, authors_of, fixed_header
from bundled_server.msa.rate import UserRate
from bundled_server.protocols.smtp.commands import Mail, Rcpt
from bundled_server.protocols.smtp.header import HeaderTooBig, read_header
from bundled_server.protocols.smtp.path import Path
from bundled_server.protocols.smtp.replies import Reply
from bundled_server.smtp_policy import Client, Gate, NewHead, Transaction, trace_line
from bundled_server.smtp_questions import (
    CANNOT_VERIFY,
    DETAIL_SEPARATOR,
    NO_EXPN,
    AddressBook,
    Members,
    RecipientExists,
)

ENCRYPTION_REQUIRED = Reply(538, "5.7.11", "Encryption required for authentication: STARTTLS first")
STARTTLS_FIRST = Reply(530, "5.7.0", "Must issue a STARTTLS command first")
AUTH_FIRST = Reply(530, "5.7.0", "Authentication required")
LOOP = Reply(554, "5.4.6", "Too many hops: the message is going in circles")
HEADER_TOO_BIG = Reply(552, "5.3.4", "The header is too big")

TOO_MUCH = Reply(450, "4.7.1", "You have sent to too many recipients within an hour, try again later")

Signer = Callable[[bytes, memoryview], Awaitable[bytes]]
"""Given the header and the rest of a message, the fields to put on top that sign it; b"" when it goes unsigned."""

OwnsAddress = Callable[[str, str], Awaitable[bool]]
"""Whether (user, address) belong together although the address is not user@domain: aliases, role addresses."""


class SubmissionPolicy:
    """The MSA's policy; implements `smtp_policy.Policy`.

    `domains` are this host's own, lower case, perhaps a live view; the first completes what is unqualified.
    Passwords go through TLS, unless the peer is this machine or `insecure_auth` is set.
    """

    agent = Agent.MSA
    step = Step.SUBMIT
    origin = "submission"

    def __init__(
        self,
        *,
        hostname: str,
        domains: Sequence[str],
        logins: SaslBackEnd,
        now: Callable[[], float],
        recipient_exists: RecipientExists | None = None,
        owns_address: OwnsAddress | None = None,
        members: Members | None = None,
        rate: UserRate | None = None,
        sign: Signer | None = None,
        insecure_auth: bool = False,
        received_hops: int = 50,
        gate: Gate | None = None,
        token: Callable[[], str] = lambda: secrets.token_hex(12),
    ) -> None:
        self._hostname = hostname
        self._domains = domains
        self._logins = logins
        self._now = now
        self._book = AddressBook(self._domains, recipient_exists, members)
        self._owns_address = owns_address
        self._rate = rate
        self._sign = sign
        self._insecure_auth = insecure_auth
        self._received_hops = received_hops
        self.gate = gate
        self._token = token

    # AUTH

    def offered_mechanisms(self, client: Client) -> tuple[str, ...]:
        return self._logins.mechanisms if self._may_tell_password(client) else ()

    def refuses_authentication(self, client: Client) -> Reply | None:
        return None if self._may_tell_password(client) else ENCRYPTION_REQUIRED

    def _may_tell_password(self, client: Client) -> bool:
        return bool(client.tls) or self._insecure_auth or client.is_loopback

    def begin_login(self, client: Client) -> SaslLogin | None:
        return self._logins.begin(client.address)

    # envelope

    async def check_mail(self, client: Client, command: Mail) -> str | Reply:
        if not client.user:
            return AUTH_FIRST if self._may_tell_password(client) else STARTTLS_FIRST
        if command.path.is_null:
            return ""
        address = self._qualified(command.path)
        if await self._is_own(client.user, address):
            return address
        return Reply(553, "5.7.1", f"<{address}>... Sender address is not yours, {client.user}")

    async def check_recipient(self, client: Client, sender: str, command: Rcpt) -> str | Reply:
        own = own_names(self._hostname, self._domains)
        address = self._qualified(unbanged(command.path, own, self._domains[0], outward=True))
        if await self._is_unknown_here(address):
            return Reply(550, "5.1.1", f"<{address}>... User unknown")
        if self._rate is not None and not self._rate.admits(client.user):
            return TOO_MUCH
        return address

    def _qualified(self, path: Path) -> str:
        if not path.domain:
            return f"{path.address}@{self._domains[0]}"
        return path.address.removesuffix(".")

    async def _is_unknown_here(self, address: str) -> bool:
        local, domain = split_address(address.lower())
        return domain in self._domains and not await self._book.is_known(local, domain)

    async def _is_own(self, user: str, address: str) -> bool:
        local, domain = split_address(address.lower())
        if domain in self._domains and user in (local, local.partition(DETAIL_SEPARATOR)[0]):
            return True
        return self._owns_address is not None and await self._owns_address(user, address.lower())

    # message

    async def check_message(self, transaction: Transaction, content: bytes) -> NewHead | Reply:
        user = transaction.client.user
        try:
            header = read_header(content)
            authors = authors_of(header)
        except HeaderTooBig:
            return HEADER_TOO_BIG
        except BadHeader as fault:
            return Reply(554, "5.6.0", f"Message refused: {fault}")
        if header.count("received") > self._received_hops:
            return LOOP
        for address in authors:
            qualified = address if "@" in address else f"{address}@{self._domains[0]}"
            if not await self._is_own(user, qualified):
                return Reply(553, "5.7.1", f"<{address[:256]}>... From address is not yours, {user}")
        if self.gate is not None:
            admission = await self.gate.message(transaction, content)
            if admission.refusal is not None:
                return admission.refusal
        now = self._now()
        author = Author(
            address=transaction.envelope.sender or f"{user}@{self._domains[0]}",
            domain=self._domains[0],
            message_id=f"<{self._token()}@{self._hostname}>",
            time=now,
        )
        fixed = fixed_header(header, author) + header.separator
        signature = b"" if self._sign is None else await self._sign(fixed, memoryview(content)[header.octets :])
        head = trace_line(transaction, self._hostname, now) + signature + fixed
        return NewHead(head, header.octets, header.first("message-id") or author.message_id)

    # questions

    async def verify(self, client: Client, name: str) -> Reply:
        return await self._book.verify(name) if client.user else CANNOT_VERIFY

    async def expand(self, client: Client, name: str) -> Reply:
        return await self._book.expand(name) if client.user else NO_EXPN
