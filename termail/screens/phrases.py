"""One line for the user: how the mail just sent fares, and what went wrong."""

from termail.model.outbox import OutboxState

OUTBOX_WORDS = {
    OutboxState.SENT: ("Mail sent to {to}.", "ok"),
    OutboxState.FAILED: ("Mail to {to} failed: {reason}", "error"),
    OutboxState.DEFERRED: ("Mail to {to} waits: {reason}", "warning"),
    OutboxState.POSSIBLY_SENT: ("Mail to {to} was possibly sent: {reason}", "warning"),
}


def words_of(error: BaseException) -> str:
    """An exception as one line; KeyError and LookupError carry their text as first argument."""
    text = str(error.args[0]) if isinstance(error, LookupError) and error.args else str(error)
    if isinstance(error, OSError) and error.strerror:
        text = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return text or type(error).__name__
