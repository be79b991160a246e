"""Training in the database: the counts of tokens, and what their changes do."""

from typing import Final

from bundled_server.mailbox.sqlite.workspace import Workspace
from bundled_server.mailbox.training import ExpireTokens, ForgetTraining, Kind, TrainTokens, steps

_COUNT: Final = (
    "INSERT INTO trained_tokens (owner, token, spam, ham, trained) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (owner, token) DO UPDATE SET spam = MAX(0, spam + excluded.spam),"
    " ham = MAX(0, ham + excluded.ham), trained = excluded.trained"
)
_UNCOUNT: Final = (
    "UPDATE trained_tokens SET spam = MAX(0, spam - ?), ham = MAX(0, ham - ?) WHERE owner = ? AND token = ?"
)
_TOTAL: Final = (
    "INSERT INTO trainings (owner, spam, ham) VALUES (?, MAX(0, ?), MAX(0, ?))"
    " ON CONFLICT (owner) DO UPDATE SET spam = MAX(0, spam + ?), ham = MAX(0, ham + ?)"
)
_TABLES: Final = ("trained_tokens", "trained_messages", "trainings")


def train_tokens(work: Workspace, change: TrainTokens) -> Kind:
    work.flush()
    owner, now = change.owner, work.now()
    row = work.connection.execute(
        "SELECT kind FROM trained_messages WHERE owner = ? AND digest = ?", (owner, change.digest)
    ).fetchone()
    before = Kind(row[0]) if row else Kind.NOTHING
    for kind, step in steps(before, change.kind):
        spam, ham = int(kind is Kind.SPAM), int(kind is Kind.HAM)
        if step > 0:
            rows = [(owner, token, spam, ham, now) for token in change.tokens]
            work.connection.executemany(_COUNT, rows)
        else:
            work.connection.executemany(_UNCOUNT, [(spam, ham, owner, token) for token in change.tokens])
        work.execute(_TOTAL, (owner, *(step * spam, step * ham) * 2))
    if change.kind is Kind.NOTHING:
        work.execute("DELETE FROM trained_messages WHERE owner = ? AND digest = ?", (owner, change.digest))
    else:
        work.execute(
            "INSERT INTO trained_messages (owner, digest, kind, trained) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (owner, digest) DO UPDATE SET kind = excluded.kind, trained = excluded.trained",
            (owner, change.digest, change.kind.value, now),
        )
    return before


def expire_tokens(work: Workspace, change: ExpireTokens) -> int:
    key = (change.owner, change.before)
    work.execute("DELETE FROM trained_messages WHERE owner = ? AND trained < ?", key)
    return work.execute(
        "DELETE FROM trained_tokens WHERE owner = ? AND trained < ? AND spam + ham <= ?", (*key, change.rare)
    ).rowcount


def forget_training(work: Workspace, change: ForgetTraining) -> None:
    for table in _TABLES:
        work.execute(f"DELETE FROM {table} WHERE owner = ?", (change.owner,))  # noqa: S608 - our own tables
