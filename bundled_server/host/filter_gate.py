"""The gate: the chain of filters as an SMTP dialogue meets it, in the words of SMTP replies."""

from typing import cast

from bundled_server.filters.inspection import Inspection, is_for_roles
from bundled_server.filters.question import Question, Visit
from bundled_server.filters.verdict import Said, Stage, Verdict, Word
from bundled_server.protocols.smtp.replies import Reply
from bundled_server.smtp_policy import Admission, Client, Transaction

CODES = {
    Stage.CONNECT: {Word.DEFER: 421, Word.REJECT: 521},
    Stage.HELO: {Word.DEFER: 421, Word.REJECT: 550},
}
"""Where the reply says more than "not this one": at the connection it ends the dialogue (RFC 7504 for 521)."""

LATER, NEVER = 451, 550
MOST_WORDS = 400
"""Characters; a reply line has 512 octets (RFC 5321 §4.5.3.1.5)."""

WORDS = {
    Word.DEFER: ("4.7.1", "Not accepted now, try again later"),
    Word.REJECT: ("5.7.1", "Refused by the rules of this host"),
}
"""Enhanced code and text for a filter that gives none of its own."""


class FilterGate:
    """Implements `smtp_policy.Gate`; what it knows of a client hangs on the client."""

    def __init__(self, inspection: Inspection) -> None:
        self._inspection = inspection

    async def connected(self, client: Client) -> Reply | None:
        client.visit = visit = Visit(client.session_id, client.address)
        return await self._ask(Stage.CONNECT, Question(visit))

    async def greeted(self, client: Client) -> Reply | None:
        visit = _visit_of(client)
        visit.helo, visit.tls = client.name, client.tls
        return await self._ask(Stage.HELO, Question(visit))

    async def sender(self, client: Client, sender: str) -> Reply | None:
        return await self._ask(Stage.MAIL, Question(_visit_of(client), sender))

    async def recipient(self, client: Client, sender: str, recipient: str) -> Reply | None:
        if is_for_roles((recipient,)):
            return None
        return await self._ask(Stage.RCPT, Question(_visit_of(client), sender, recipient))

    async def message(self, transaction: Transaction, content: bytes) -> Admission:
        envelope = transaction.envelope
        conclusion = await self._inspection.conclude(
            Question(
                _visit_of(transaction.client),
                envelope.sender,
                recipients=tuple(recipient.address for recipient in envelope.recipients),
                content=content,
                queue_id=transaction.identifier,
            )
        )
        if conclusion.ended_by is not None:
            return Admission(refusal=reply_of(conclusion.ended_by))
        return Admission(header=conclusion.header)

    def left(self, client: Client) -> None:
        if client.visit is not None:
            self._inspection.left(_visit_of(client))

    async def _ask(self, stage: Stage, question: Question) -> Reply | None:
        ended_by = await self._inspection.ask(stage, question)
        return None if ended_by is None else reply_of(ended_by)


class ScanGate:
    """Implements `smtp_policy.Gate` for our own users: only the virus scanners look at what they send. What they
    would only keep apart goes on: its recipient's host has rules of its own."""

    def __init__(self, inspection: Inspection) -> None:
        self._inspection = inspection

    async def connected(self, client: Client) -> Reply | None:
        return None

    async def greeted(self, client: Client) -> Reply | None:
        return None

    async def sender(self, client: Client, sender: str) -> Reply | None:
        return None

    async def recipient(self, client: Client, sender: str, recipient: str) -> Reply | None:
        return None

    async def message(self, transaction: Transaction, content: bytes) -> Admission:
        client = transaction.client
        visit = Visit(client.session_id, client.address, client.name)
        sender, queue_id = transaction.envelope.sender, transaction.identifier
        ended_by = await self._inspection.scan(Question(visit, sender, content=content, queue_id=queue_id))
        return Admission(refusal=None if ended_by is None else reply_of(ended_by))

    def left(self, client: Client) -> None:
        """Nothing was counted."""


def reply_of(said: Said) -> Reply:
    """A code that fits the word, whatever the filter said: DEFER is never a 5xx, REJECT never a 4xx."""
    verdict: Verdict = said.verdict
    usual = LATER if verdict.word is Word.DEFER else NEVER
    status, text = WORDS[verdict.word]
    own = verdict.status if verdict.status[:2] == status[:2] else status
    code = CODES.get(said.stage, {}).get(verdict.word, usual)
    words = " ".join((verdict.text or verdict.reason or text).split())  # of what a peer or a message made up too
    return Reply(code, own, words[:MOST_WORDS])


def _visit_of(client: Client) -> Visit:
    return cast(Visit, client.visit)
