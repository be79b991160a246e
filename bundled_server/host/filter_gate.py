"""The gate: the chain of filters as the MTA's policy asks it, in the words of SMTP replies."""

from collections.abc import Awaitable, Callable

from bundled_server.filters.chain import Candidate, Chain, Opinion, Word
from bundled_server.mta.policy import FilterAnswer
from bundled_server.protocols.smtp.replies import Reply
from bundled_server.smtp_policy import Transaction

WORDS = {
    Word.TRY_LATER: (451, "4.7.1", "Message not accepted now, try again later"),
    Word.REFUSE: (550, "5.7.1", "Message refused by the rules of this host"),
}
"""Reply code, enhanced code and text for a filter that gives none of its own."""


def gate_of(chain: Chain) -> Callable[[Transaction, bytes], Awaitable[FilterAnswer]]:
    """What `mta.policy.TransferPolicy` takes as a filter."""

    async def ask(transaction: Transaction, content: bytes) -> FilterAnswer:
        client = transaction.client
        opinion = await chain.judge(
            Candidate(client.address, client.name, transaction.envelope, content, transaction.identifier)
        )
        if opinion.word is Word.ACCEPT:
            return FilterAnswer(header=opinion.header)
        return FilterAnswer(refusal=_reply(opinion))

    return ask


def _reply(opinion: Opinion) -> Reply:
    """A code that fits the word, whatever the filter said: TRY_LATER is never a 5xx, REFUSE never a 4xx."""
    code, status, text = WORDS[opinion.word]
    own = opinion.status if opinion.status[:2] == status[:2] else status
    return Reply(code, own, opinion.text or text)
