"""The intake: a whole message is checked, gets its new head, and is handed on."""

import asyncio
from collections.abc import Sequence

from bundled_server.courier import DeliveryRefused, Outcome, Verdict
from bundled_server.mailbox.store import StoreUnavailable
from bundled_server.message_pieces import JOIN_OFF_THE_LOOP_OCTETS, joined, octets_of
from bundled_server.protocols.smtp import words
from bundled_server.protocols.smtp.events import MessageReceived
from bundled_server.protocols.smtp.replies import Reply
from bundled_server.smtp_journal import DialogueJournal
from bundled_server.smtp_policy import NewHead, Transaction
from bundled_server.smtp_session.services import SmtpServices
from bundled_server.transfer_encoding import CannotEncode, without_binary


class Intake:
    """Takes the messages of one dialogue."""

    def __init__(self, services: SmtpServices, journal: DialogueJournal) -> None:
        self._services = services
        self._journal = journal

    async def take(self, transaction: Transaction, message: MessageReceived) -> Sequence[Reply]:
        """The reply to the end of the data: 250 once the message is durable. By LMTP there is one for each
        recipient of the envelope, in order."""
        answer = await self._take(transaction, message)
        if isinstance(answer, Reply):
            return [answer] * (len(transaction.envelope.recipients) if self._services.is_lmtp else 1)
        return answer

    async def _take(self, transaction: Transaction, message: MessageReceived) -> Reply | Sequence[Reply]:
        services = self._services
        if services.journal_wire:
            self._journal.message(message.chunks, message.size_octets, transaction.identifier)
        content = await joined(message.chunks)
        if message.is_binary:
            try:
                content = await _as_lines(content)
            except CannotEncode as fault:
                return Reply(554, "5.6.1", f"Message refused: {fault}")
            message.chunks[:] = [content]
        answer = await services.policy.check_message(transaction, content)
        if isinstance(answer, Reply):
            return answer
        pieces = _behind_new_head(answer, message.chunks)
        content = b""  # a large message is in memory twice at most: in pieces, and joined for whoever needs it so
        message.chunks.clear()
        if self._services.deliver is not None:
            outcomes = await self._services.deliver(transaction.identifier, transaction.envelope, pieces)
            return [_outcome_reply(outcome, transaction.identifier) for outcome in outcomes]
        return await self._hand_on(transaction, answer, pieces)

    async def _hand_on(self, transaction: Transaction, head: NewHead, pieces: list[bytes]) -> Reply:
        envelope, queue_id, size_octets = transaction.envelope, transaction.identifier, octets_of(pieces)
        try:
            await self._services.accept(envelope, pieces, self._services.policy.origin, queue_id)
        except StoreUnavailable as weather:
            self._journal.note("refused", f"cannot take the message now: {weather}", message_id=head.message_id)
            return words.TRY_LATER
        except DeliveryRefused as refused:
            outcome = refused.outcome
            self._journal.note("refused", f"by its recipient: {outcome.text}", message_id=head.message_id)
            return Reply(550, outcome.status, outcome.text)
        recipients = ", ".join(f"<{recipient.address}>" for recipient in envelope.recipients[:10])
        self._journal.note(
            "accepted",
            f"from <{envelope.sender}> to {recipients}, {size_octets} octets",
            queue_id=queue_id,
            message_id=head.message_id,
        )
        return Reply(250, "2.0.0", f"{queue_id} Message accepted for delivery")


def _outcome_reply(outcome: Outcome, queue_id: str) -> Reply:
    """What became of one recipient, as LMTP says it."""
    code = {Verdict.DELIVERED: 250, Verdict.DEFERRED: 450, Verdict.REFUSED: 550}[outcome.verdict]
    return Reply(code, outcome.status, f"<{outcome.recipient.address}>... {outcome.text} ({queue_id})")


async def _as_lines(content: bytes) -> bytes:
    """Mailboxes and relays carry lines only."""
    if len(content) > JOIN_OFF_THE_LOOP_OCTETS:
        return await asyncio.to_thread(without_binary, content)
    return without_binary(content)


def _behind_new_head(head: NewHead, chunks: Sequence[bytes]) -> list[bytes]:
    """The pieces of the message with its head replaced; only the piece where the old head ends is copied. The head
    is whole in the first piece."""
    position = head.replaced_octets
    for number, chunk in enumerate(chunks):
        if position <= len(chunk):
            return [head.head, chunk[position:], *chunks[number + 1 :]]
        position -= len(chunk)
    return [head.head]
