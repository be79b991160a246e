"""An attempt's outcome for each group of recipients: who has the message, who may still get it, who never will."""

from collections.abc import Sequence

from termail.lmta.outcome import Deferred, Outcome, PossiblySent, Refused, Rejection, Sent
from termail.model.outbox import OutboxPart, OutboxState

_GIVEN_UP = "given up after four days: "


def parts_of(
    recipients: Sequence[str], outcome: Outcome, due: float, *, is_given_up: bool = False
) -> list[OutboxPart]:
    """What the user has to mend comes first, what is done last; each recipient is in one part."""
    match outcome:
        case Refused(reason=reason):
            return [_part(OutboxState.FAILED, recipients, reason)]
        case Sent(reply=reason, rejected=rejected):
            state = OutboxState.SENT
        case PossiblySent(reason=reason, rejected=rejected):
            state = OutboxState.POSSIBLY_SENT
        case Deferred(reason=reason, rejected=rejected):
            state = OutboxState.DEFERRED
    final = [entry for entry in rejected if entry.is_final]
    later = [entry for entry in rejected if not entry.is_final]
    left_out = {entry.recipient for entry in rejected}
    rest = [entry for entry in recipients if entry not in left_out]
    said = _about_the_rest(state, len(dict.fromkeys(rest)))
    main = _part(state, rest, reason, due) if state is OutboxState.DEFERRED else _part(state, rest, reason)
    parts = [
        _part(OutboxState.FAILED, _names(final), _words(final) + said),
        _part(OutboxState.DEFERRED, _names(later), _words(later) + said, due),
        main,
    ]
    return [_settled(part, is_given_up) for part in parts if part.recipients]


def _settled(part: OutboxPart, is_given_up: bool) -> OutboxPart:
    """Nothing is tried for ever (RFC 5321 §4.5.4.1)."""
    if part.state is not OutboxState.DEFERRED or not is_given_up:
        return part
    return _part(OutboxState.FAILED, part.recipients, _GIVEN_UP + part.reason)


def _about_the_rest(state: OutboxState, count: int) -> str:
    others = "the other recipient" if count == 1 else f"the {count} other recipients"
    match state:
        case OutboxState.SENT:
            return f" (sent to {others})"
        case OutboxState.POSSIBLY_SENT:
            return f" (possibly sent to {others})"
        case _:
            return f" (will be tried again for {others})"


def _words(rejected: Sequence[Rejection]) -> str:
    return "; ".join(map(str, rejected))


def _names(rejected: Sequence[Rejection]) -> list[str]:
    return [entry.recipient for entry in rejected]


def _part(state: OutboxState, recipients: Sequence[str], reason: str, due: float = 0.0) -> OutboxPart:
    return OutboxPart(state=state, recipients=tuple(dict.fromkeys(recipients)), reason=reason, next_try=due)
