"""The relay: the courier that carries mail to other hosts, with one outcome for each recipient."""

import asyncio
import re
import ssl
from collections.abc import Iterator, Sequence

from bundled_server.courier import Outcome, Verdict
from bundled_server.envelope import Envelope, Recipient, split_address
from bundled_server.journal import Agent, Journal, Step, printable
from bundled_server.mta.relay_connection import (
    Identity,
    PossiblySent,
    RelayConnection,
    Response,
    Spoken,
    Tap,
    Timeouts,
    Unreachable,
)
from bundled_server.mta.relay_pool import RelayPool
from bundled_server.mta.routing import Hop, Router, Security, Subject, Unroutable
from bundled_server.protocols.smtp.header import HeaderTooBig, read_header
from bundled_server.protocols.smtp.parameters import encode_original, encode_xtext
from bundled_server.transfer_encoding import CannotEncode, to_seven_bit

ENCODE_OFF_THE_LOOP_OCTETS = 262_144
RECIPIENTS_PER_TRANSACTION = 100  # what every server has to take (RFC 5321 §4.5.3.1.8)
_STATUS = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s|$)")


class Relay:
    """Implements `courier.Courier`: asks the router, tries the hops in order, reports what each recipient met.
    A hop that wants verified TLS gets `verified_tls`, and then we log in there as `identity`."""

    def __init__(
        self,
        *,
        hostname: str,
        router: Router,
        journal: Journal,
        journal_wire: bool = False,
        timeouts: Timeouts | None = None,
        connections_per_destination: int = 5,
        verified_tls: ssl.SSLContext | None = None,
        identity: Identity | None = None,
    ) -> None:
        self._router = router
        self._journal = journal
        self._journal_wire = journal_wire
        self._pool = RelayPool(
            local_hostname=hostname,
            timeouts=timeouts or Timeouts(),
            tls=_opportunistic_context(),
            verified_tls=verified_tls,
            identity=identity,
            per_destination=connections_per_destination,
        )

    async def close(self) -> None:
        """Say QUIT on idle connections."""
        await self._pool.close()

    async def deliver(self, queue_id: str, envelope: Envelope, content: bytes) -> list[Outcome]:
        """See `courier.Courier`."""
        subject = Subject(queue_id, _message_id(content))
        outcomes: dict[Recipient, Outcome] = {}
        for domain, recipients in _batches(envelope.recipients):
            for outcome in await self._to_domain(domain, recipients, envelope, content, subject):
                outcomes[outcome.recipient] = outcome
        return [outcomes[recipient] for recipient in envelope.recipients]

    async def _to_domain(
        self, domain: str, recipients: list[Recipient], envelope: Envelope, content: bytes, subject: Subject
    ) -> list[Outcome]:
        route = await self._router.route(domain, subject)
        if isinstance(route, Unroutable):
            return [Outcome(each, route.verdict, route.status, route.text) for each in recipients]
        trouble = f"{domain}: no host to try"
        remote = ""
        for hop in route:
            try:
                async with self._pool.lend(hop, self._tap(hop, subject)) as connection:
                    return await self._transaction(connection, recipients, envelope, content, subject)
            except PossiblySent as weather:
                # another host could get a second copy: leave it to a later try (RFC 1047)
                text = one_line(f"{hop.hostname}: no reply to the message, it was possibly delivered: {weather}")
                self._note("unreachable", text, subject, hop)
                return [Outcome(each, Verdict.DEFERRED, "4.4.2", text, hop.hostname) for each in recipients]
            except Unreachable as weather:
                trouble, remote = one_line(f"{hop.hostname} [{hop.address}]:{hop.port}: {weather}"), hop.hostname
                self._note("unreachable", trouble, subject, hop)
        return [Outcome(each, Verdict.DEFERRED, "4.4.1", trouble, remote) for each in recipients]

    async def _transaction(
        self,
        connection: RelayConnection,
        recipients: Sequence[Recipient],
        envelope: Envelope,
        content: bytes,
        subject: Subject,
    ) -> list[Outcome]:
        """MAIL, RCPT for each, DATA: an answer to one command decides for those it concerns."""
        remote = connection.hop.hostname
        needs_utf8 = _needs_utf8(envelope, recipients, content)
        if needs_utf8 and not connection.supports("smtputf8"):
            text = f"{remote} does not take internationalized mail (SMTPUTF8)"
            return [Outcome(each, Verdict.REFUSED, "5.6.7", text, remote) for each in recipients]
        if not connection.supports("8bitmime") and not content.isascii():
            try:
                content = await _seven_bit(content)
            except CannotEncode as fault:
                text = f"{remote} takes no 8-bit mail (8BITMIME), and this cannot be re-encoded: {fault}"
                return [Outcome(each, Verdict.REFUSED, "5.6.3", text, remote) for each in recipients]
        sender = "" if _goes_without_sender(connection, recipients) else envelope.sender
        answer = await connection.command(
            "MAIL", f"FROM:<{sender}>", *mail_parameters(connection, envelope, content, utf8=needs_utf8)
        )
        if not answer.is_positive:
            return [_outcome(each, answer, remote) for each in recipients]
        answers = {}
        for each in recipients:
            parameters = rcpt_parameters(connection, each)
            answers[each] = await connection.command("RCPT", f"TO:<{each.address}>", *parameters)
        if any(answer.is_positive for answer in answers.values()):
            final = await connection.command("DATA")
            if final.code == 354:
                final = await connection.send_message(content)
            elif final.is_positive:
                raise Unreachable(f"a strange answer to DATA: {final.code} {final.text}")
            answers = {each: final if answer.is_positive else answer for each, answer in answers.items()}
            if final.is_positive:
                self._note("relayed", f"to {remote}: {final.code} {final.text}", subject, connection.hop)
        takes_dsn = connection.supports("dsn")
        return [_outcome(each, answers[each], remote, dsn_passed_on=takes_dsn) for each in recipients]

    def _tap(self, hop: Hop, subject: Subject) -> Tap | None:
        if not self._journal_wire:
            return None

        def tap(spoken: Spoken) -> None:
            self._note("wire", spoken.text, subject, hop, spoken)

        return tap

    def _note(self, kind: str, text: str, subject: Subject, hop: Hop, spoken: Spoken | None = None) -> None:
        self._journal.record(
            Agent.MTA,
            kind,
            text,
            step=Step.RELAY,
            direction=spoken.direction if spoken else "",
            session=spoken.session if spoken else f"to {hop.hostname}",
            queue_id=subject.queue_id,
            message_id=subject.message_id,
            peer=hop.address,
            octets=spoken.octets if spoken else 0,
            tls=spoken.tls if spoken else "",
        )


async def _seven_bit(content: bytes) -> bytes:
    if len(content) > ENCODE_OFF_THE_LOOP_OCTETS:
        return await asyncio.to_thread(to_seven_bit, content)
    return to_seven_bit(content)


def mail_parameters(
    connection: RelayConnection, envelope: Envelope, content: bytes, *, utf8: bool = False
) -> list[str]:
    """What goes behind MAIL FROM, as far as the other host knows the extension."""
    words = []
    if connection.supports("size"):
        words.append(f"SIZE={len(content)}")
    if connection.supports("8bitmime") and (envelope.eight_bit or not content.isascii()):
        words.append("BODY=8BITMIME")
    if utf8:
        words.append("SMTPUTF8")
    if connection.supports("dsn"):
        words += [f"RET={envelope.dsn_return}"] if envelope.dsn_return else []
        words += [f"ENVID={encode_xtext(envelope.envelope_id)}"] if envelope.envelope_id else []
    return words


def _needs_utf8(envelope: Envelope, recipients: Sequence[Recipient], content: bytes) -> bool:
    """Whether SMTPUTF8 is more than a wish: mail that is ASCII goes everywhere (RFC 6531 §3.1)."""
    if not all(address.isascii() for address in (envelope.sender, *(each.address for each in recipients))):
        return True
    return envelope.smtputf8 and not content[: content.find(b"\r\n\r\n")].isascii()


def rcpt_parameters(connection: RelayConnection, recipient: Recipient) -> list[str]:
    """What goes behind RCPT TO (RFC 3461 §4.1-4.2)."""
    if not connection.supports("dsn"):
        return []
    words = []
    if recipient.notify:
        words.append(f"NOTIFY={','.join(sorted(recipient.notify))}")
    if recipient.original:
        words.append(f"ORCPT={encode_original(recipient.original)}")
    return words


def _goes_without_sender(connection: RelayConnection, recipients: Sequence[Recipient]) -> bool:
    """Whether nobody wants to hear of these and the other host cannot be told so: without a reverse-path it has
    nobody to tell (RFC 3461 §5.2.2 d). A host where we log in wants to see whose mail it is."""
    if connection.supports("dsn") or connection.hop.security is not Security.OPPORTUNISTIC:
        return False
    return all("NEVER" in each.notify for each in recipients)


def _batches(recipients: Sequence[Recipient]) -> Iterator[tuple[str, list[Recipient]]]:
    """Recipients of one domain, as many as fit one transaction: its outcome is theirs and nobody else's. Those of
    whom nobody wants to hear have a transaction of their own."""
    groups: dict[tuple[str, bool], list[Recipient]] = {}
    for each in recipients:
        groups.setdefault((split_address(each.address)[1], "NEVER" in each.notify), []).append(each)
    for (domain, _), group in groups.items():
        for start in range(0, len(group), RECIPIENTS_PER_TRANSACTION):
            yield domain, group[start : start + RECIPIENTS_PER_TRANSACTION]


def _outcome(recipient: Recipient, answer: Response, remote: str, *, dsn_passed_on: bool = False) -> Outcome:
    """The verdict that a reply means: 2xx delivered, 5xx refused, everything else later (RFC 5321 §4.2.1)."""
    kind = answer.code // 100
    verdict = {2: Verdict.DELIVERED, 5: Verdict.REFUSED}.get(kind, Verdict.DEFERRED)
    text = one_line(answer.text)
    found = _STATUS.match(text)
    fallback = {Verdict.DELIVERED: "2.0.0", Verdict.REFUSED: "5.0.0", Verdict.DEFERRED: "4.0.0"}[verdict]
    status = found[1] if found and found[1][0] == fallback[0] else fallback
    return Outcome(recipient, verdict, status, f"{answer.code} {text}", remote, dsn_passed_on)


def one_line(text: str) -> str:
    """A stranger's words, fit for a bounce and a screen."""
    return printable(" ".join(text.split()))


def _message_id(content: bytes) -> str:
    try:
        return read_header(content).first("message-id")
    except HeaderTooBig:
        return ""


def _opportunistic_context() -> ssl.SSLContext:
    """Encryption without identity: better than none, and no worse than what MX routing promises (RFC 7435)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
