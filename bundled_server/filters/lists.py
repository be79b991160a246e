"""Allow and deny lists: the host's and each user's own, by network, domain and address."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from bundled_server.filter_config import Lists
from bundled_server.filters.filter import Judge, Wave
from bundled_server.filters.list_book import (
    ALLOW,
    DENY,
    EVERYBODY,
    ListBook,
    entries_of,
    word_on_client,
    word_on_sender,
)
from bundled_server.filters.question import Question
from bundled_server.filters.verdict import Stage, Verdict, Word

OwnersOf = Callable[[str], Awaitable[Sequence[str]]]
"""The users who would get the mail for an address of this host."""


class ListsFilter:
    """Refuses whom a list denies, and vouches for whom one allows. An allowed sender is believed to be the sender
    when SPF says so, or when nobody asks SPF. What is denied by one user alone is refused for that recipient."""

    name = "lists"
    wave = Wave.LISTS
    must_answer = False
    patience_seconds = None

    def __init__(self, settings: Lists, book: ListBook, owners_of: OwnersOf) -> None:
        self.about = "allow and deny lists of the host and of its users"
        self.stages: Mapping[Stage, Judge] = {
            Stage.CONNECT: self._at_connect,
            Stage.MAIL: self._at_mail,
            Stage.RCPT: self._at_rcpt,
            Stage.DATA: self._at_data,
        }
        self._fixed = entries_of(settings.allow, settings.deny)
        self._book = book
        self._owners_of = owners_of

    async def _hosts_list(self) -> Mapping[str, str]:
        return self._fixed | await self._book.entries(EVERYBODY)

    async def _at_connect(self, question: Question) -> Verdict | None:
        word, pattern = word_on_client(await self._hosts_list(), question.visit.address)
        if word == DENY:
            return _denied(f"the network {pattern} is on the deny list")
        return _vouched(f"the network {pattern} is on the allow list") if word == ALLOW else None

    async def _at_mail(self, question: Question) -> Verdict | None:
        word, pattern = word_on_sender(await self._hosts_list(), question.sender)
        return _denied(f"{pattern} is on the deny list") if word == DENY else None

    async def _at_rcpt(self, question: Question) -> Verdict | None:
        owners = await self._owners_of(question.recipient)
        words = [await self._word_of(owner, question) for owner in owners]
        if words and all(word == DENY for word, _ in words):
            return _denied(f"{words[0][1]} is on the deny list of {', '.join(owners)}")
        host_word, host_pattern = word_on_sender(await self._hosts_list(), question.sender)
        allows = host_word == ALLOW or (bool(words) and all(word == ALLOW for word, _ in words))
        if not allows:
            return None
        pattern = host_pattern or words[0][1]
        whose = "the allow list" if host_word == ALLOW else f"the allow list of {', '.join(owners)}"
        if question.findings.spf not in ("", "pass"):
            return Verdict(reason=f"{pattern} is on {whose}, but SPF does not say it is from there")
        question.findings.allowed.add(question.recipient)
        return _vouched(f"{pattern} is on {whose}")

    async def _at_data(self, question: Question) -> Verdict | None:
        if question.recipients and question.findings.allowed.issuperset(question.recipients):
            return _vouched("the sender is on the allow list of every recipient")
        return None

    async def _word_of(self, owner: str, question: Question) -> tuple[str, str]:
        """What a user's own list says of this mail; the sender counts before the client."""
        entries = await self._book.entries(owner)
        if not entries:
            return "", ""
        by_sender = word_on_sender(entries, question.sender)
        return by_sender if by_sender[0] else word_on_client(entries, question.visit.address)


def _denied(reason: str) -> Verdict:
    return Verdict(Word.REJECT, reason=reason, status="5.7.1", text=f"Refused: {reason}")


def _vouched(reason: str) -> Verdict:
    return Verdict(reason=reason, vouches=True)
