"""Training in memory: what its changes do."""

from bundled_server.mailbox.memory.tables import Tables
from bundled_server.mailbox.training import (
    ExpireTokens,
    ForgetTraining,
    Kind,
    TokenCount,
    Training,
    TrainTokens,
    counted,
    steps,
)


def train_tokens(tables: Tables, change: TrainTokens) -> Kind:
    owner, now = change.owner, tables.now()
    before, _ = tables.trained_messages.get((owner, change.digest), (Kind.NOTHING, 0.0))
    for kind, step in steps(before, change.kind):
        for token in change.tokens:
            count = tables.trained_tokens.get((owner, token))
            if count is None and step < 0:
                continue
            count = count or TokenCount()
            when = now if step > 0 else count.trained
            tables.put(tables.trained_tokens, (owner, token), counted(count, kind, step, when))
        total = tables.trainings.get(owner, Training())
        spam, ham = total.spam + step * (kind is Kind.SPAM), total.ham + step * (kind is Kind.HAM)
        tables.put(tables.trainings, owner, Training(max(0, spam), max(0, ham)))
    if change.kind is Kind.NOTHING:
        tables.drop(tables.trained_messages, (owner, change.digest))
    else:
        tables.put(tables.trained_messages, (owner, change.digest), (change.kind, now))
    return before


def expire_tokens(tables: Tables, change: ExpireTokens) -> int:
    for known in [known for known, (_, trained) in tables.trained_messages.items() if trained < change.before]:
        if known[0] == change.owner:
            tables.drop(tables.trained_messages, known)
    old = [
        key
        for key, count in tables.trained_tokens.items()
        if key[0] == change.owner and count.trained < change.before and count.spam + count.ham <= change.rare
    ]
    for key in old:
        tables.drop(tables.trained_tokens, key)
    return len(old)


def forget_training(tables: Tables, change: ForgetTraining) -> None:
    for key in [key for key in tables.trained_tokens if key[0] == change.owner]:
        tables.drop(tables.trained_tokens, key)
    for known in [known for known in tables.trained_messages if known[0] == change.owner]:
        tables.drop(tables.trained_messages, known)
    tables.drop(tables.trainings, change.owner)
