"""The inspection of one dialogue: the chain is asked, its words are journaled, their sum is held to thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bundled_server.envelope import split_address
from bundled_server.filter_config import Thresholds
from bundled_server.filters.chain import Chain
from bundled_server.filters.question import Question, Visit
from bundled_server.filters.result_fields import result_fields
from bundled_server.filters.verdict import Said, Stage, Verdict, Word
from bundled_server.journal import Agent, Journal

TOO_MUCH_SPAM = "5.7.1"
ROLES = ("postmaster", "abuse")


class Action(StrEnum):
    """What becomes of a message: nothing, a mark, the Junk mailbox (for its score, or because one filter wants it
    apart), no acceptance now, or none at all."""

    NONE = "none"
    TAG = "tag"
    JUNK = "junk"
    QUARANTINE = "quarantine"
    DEFER = "defer"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The end of an inspection: what every filter said, the points, the action, who ended it (for DEFER and
    REJECT), and the fields for the top of an accepted message."""

    said: tuple[Said, ...]
    total: float
    action: Action
    ended_by: Said | None = None
    header: bytes = b""


class Inspection:
    """Asks a Chain for one host (`hostname` is its authserv-id)."""

    def __init__(self, chain: Chain, thresholds: Thresholds, journal: Journal, hostname: str) -> None:
        self.chain = chain
        self._thresholds = thresholds
        self._journal = journal
        self._hostname = hostname

    def switch(self, name: str, *, on: bool) -> bool:
        """As `Chain.switch`, and the journal tells of it."""
        done = self.chain.switch(name, on=on)
        if done:
            self._journal.record(Agent.FILTER, "switched", f"{name} {'on' if on else 'off'}")
        return done

    def describe(self) -> list[dict[str, object]]:
        """As `Chain.describe`."""
        return self.chain.describe()

    async def ask(self, stage: Stage, question: Question) -> Said | None:
        """Ask at a stage before DATA → who ends it, None when the dialogue goes on."""
        visit = question.visit
        if stage is Stage.MAIL:
            if visit.said_of_mail and not question.is_rehearsal:
                self._tell_rest(visit)  # of a transaction that never came to its end
            visit.begin_mail()
        if not self.chain.has(stage):
            return None
        said = await self.chain.ask(stage, question)
        if stage is Stage.HELO:
            visit.forget(Stage.HELO)
        visit.untold += said
        ended_by = _who_ends_it(said)
        if ended_by is None:
            (visit.said if stage in (Stage.CONNECT, Stage.HELO) else visit.said_of_mail).extend(said)
        elif not question.is_rehearsal:
            self._tell_rest(visit)  # and that is all: a recipient who was refused says nothing of the message
        return ended_by

    async def conclude(self, question: Question) -> Conclusion:
        """Ask at DATA, and add up what was said since the connection."""
        visit = question.visit
        at_data = await self.chain.ask(Stage.DATA, question)
        vouched_by = visit.findings.vouched_by
        everything = dict.fromkeys((*visit.said, *visit.said_of_mail, *at_data))  # of many recipients each once
        said = tuple(self.chain.overruled(one, vouched_by) for one in everything)
        conclusion = self._conclusion(said, bool(vouched_by) or is_for_roles(question.recipients))
        visit.begin_mail()
        visit.untold = []
        if not question.is_rehearsal:
            message_id = question.header.first("message-id")
            for one in said:
                self._tell(visit, one, question.queue_id, message_id)
            self._note(visit, "concluded", _summary(conclusion), question.queue_id, message_id)
        return conclusion

    async def scan(self, question: Question) -> Said | None:
        """Let the virus scanners alone look at a message → who ends it."""
        said = await self.chain.scan(question)
        message_id = question.header.first("message-id")
        for one in said:
            self._tell(question.visit, one, question.queue_id, message_id)
        return _who_ends_it(said)

    def left(self, visit: Visit) -> None:
        """The connection is over: what was said and never belonged to a message is told now."""
        self._tell_rest(visit)
        self.chain.left(visit)

    def _conclusion(self, said: tuple[Said, ...], is_welcome: bool) -> Conclusion:
        limits = self._thresholds
        total = round(sum(one.verdict.score for one in said), 2)
        ended_by = _who_ends_it(said)
        if ended_by is not None:
            word = ended_by.verdict.word
            return Conclusion(said, total, Action.REJECT if word is Word.REJECT else Action.DEFER, ended_by)
        if total >= limits.reject and not is_welcome:
            by_score = sorted((one for one in said if one.verdict.score > 0), key=lambda one: -one.verdict.score)
            text = f"Message refused as spam: {total:.1f} points ({', '.join(one.name for one in by_score[:5])})"
            verdict = Verdict(Word.REJECT, reason=text, status=TOO_MUCH_SPAM)
            return Conclusion(said, total, Action.REJECT, Said("score", Stage.DATA, verdict))
        action = Action.TAG if total >= limits.tag else Action.NONE
        action = Action.JUNK if total >= limits.junk else action
        action = Action.QUARANTINE if any(one.verdict.word is Word.QUARANTINE for one in said) else action
        header = b"".join(one.verdict.header for one in said)
        header += result_fields(self._hostname, said, total, limits.tag, action.value)
        return Conclusion(said, total, action, header=header)

    def _tell_rest(self, visit: Visit) -> None:
        """Journal what was said without a message to say it of."""
        for one in visit.untold:
            self._tell(visit, one)
        visit.untold = []

    def _tell(self, visit: Visit, said: Said, queue_id: str = "", message_id: str = "") -> None:
        if said.is_worth_telling:
            self._note(visit, "judged", said.line, queue_id, message_id)

    def _note(self, visit: Visit, kind: str, text: str, queue_id: str, message_id: str) -> None:
        self._journal.record(
            Agent.FILTER,
            kind,
            text,
            session=visit.session_id,
            queue_id=queue_id,
            message_id=message_id,
            peer=visit.address,
        )


def is_for_roles(recipients: Sequence[str]) -> bool:
    """Whether the message is for nobody but the postmaster and the abuse desk, who hear of it when mail is refused
    by mistake (RFC 5321 §4.5.1)."""
    return bool(recipients) and all(split_address(one.lower())[0] in ROLES for one in recipients)


def _who_ends_it(said: Sequence[Said]) -> Said | None:
    """The hardest of those who end it."""
    enders = [one for one in said if one.verdict.word.ends_it]
    return max(enders, key=lambda one: one.verdict.word) if enders else None


def _summary(conclusion: Conclusion) -> str:
    """ "ACTION TOTAL: NAME SCORE, …", the journal's last word on a message."""
    parts = ", ".join(f"{one.name} {one.verdict.score:+.1f}" for one in conclusion.said if one.verdict.score)
    if conclusion.ended_by is not None:
        parts = f"{conclusion.ended_by.name}: {conclusion.ended_by.verdict.reason}"
    return f"{conclusion.action} {conclusion.total:+.1f}: {parts or 'nothing speaks against it'}"
