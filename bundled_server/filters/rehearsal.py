"""A rehearsal: what the chain would say of a message, stage by stage, and nothing is remembered of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bundled_server.filters.inspection import Action, Inspection
from bundled_server.filters.question import Question, Visit
from bundled_server.filters.verdict import Said, Stage, Verdict, Word

Table = dict[str, object]


@dataclass(frozen=True, slots=True)
class Arrival:
    """How the message would come: by which client, from and for whom."""

    address: str
    helo: str
    sender: str
    recipients: tuple[str, ...]
    content: bytes


async def rehearse(inspection: Inspection, arrival: Arrival) -> Table:
    """Every verdict up to the one that ends it, the points, the action, and the fields for the top, as plain
    values. A recipient who is refused does not come any farther, the message does for the others."""
    visit = Visit("rehearsal", arrival.address, arrival.helo)
    steps = [
        (Stage.CONNECT, ""),
        (Stage.HELO, ""),
        (Stage.MAIL, ""),
        *((Stage.RCPT, to) for to in arrival.recipients),
    ]
    accepted: list[str] = []
    ended_by: Said | None = None
    for stage, recipient in steps:
        sender = arrival.sender if stage in (Stage.MAIL, Stage.RCPT) else ""
        ended_by = await inspection.ask(stage, Question(visit, sender, recipient, is_rehearsal=True))
        if ended_by is not None and stage is not Stage.RCPT:
            return _table([*visit.untold], ended_by)
        if stage is Stage.RCPT and ended_by is None:
            accepted.append(recipient)
    if arrival.recipients and not accepted:
        return _table([*visit.untold], ended_by)
    conclusion = await inspection.conclude(
        Question(visit, arrival.sender, recipients=tuple(accepted), content=arrival.content, is_rehearsal=True)
    )
    return _table(conclusion.said, conclusion.ended_by) | {
        "action": conclusion.action.value,
        "header": conclusion.header.decode("ascii", "replace"),
    }


def _table(said: Sequence[Said], ended_by: Said | None) -> Table:
    action = Action.NONE
    if ended_by is not None:
        action = Action.REJECT if ended_by.verdict.word is Word.REJECT else Action.DEFER
    return {
        "action": action.value,
        "score": round(sum(one.verdict.score for one in said), 2),
        "ended_by": ended_by.name if ended_by is not None else "",
        "reason": ended_by.verdict.reason if ended_by is not None else "",
        "verdicts": [_row(one) for one in said],
        "header": "",
    }


def _row(said: Said) -> Mapping[str, object]:
    verdict: Verdict = said.verdict
    return {
        "stage": said.stage.value,
        "filter": said.name,
        "word": verdict.word.name.lower(),
        "score": verdict.score,
        "reason": verdict.reason,
        "explanation": list(verdict.explanation),
    }
