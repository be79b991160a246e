"""Commands put together at random, well formed and not: each is answered under its tag, and nothing breaks."""

import logging
import random
from contextlib import AsyncExitStack

SETS = ["1", "2:3", "1:*", "*", "9999", "1,3,5", "4294967295", "*:2", "0", "x"]
NAMES = ["INBOX", "Kept", '"a b"', "a/b", "Nowhere", "&AOk-", "..", '""', "inbox/x", "{4+}\r\nKept"]
FLAGS = ["(\\Seen)", "()", "(\\Deleted $x)", "\\Flagged", "(\\Recent)", "(\\Bogus)", "$y $z"]
ITEMS = ["FLAGS", "ALL", "FULL", "(UID BODY[])", "BODY[TEXT]<1.5>", "BODY[1.2.HEADER]", "(ENVELOPE BODYSTRUCTURE)"]
ITEMS += [
    "MODSEQ",
    "(PREVIEW (LAZY) SAVEDATE EMAILID)",
    "BINARY.PEEK[1]",
    "BINARY.SIZE[1]",
    "FLAGS (CHANGEDSINCE 3)",
]
ITEMS += ["BODY.PEEK[HEADER.FIELDS (To)]", "RFC822", "BODY[1.MIME]", "(RFC822.SIZE INTERNALDATE)", "BODY[", "NOPE"]
KEYS = [
    "ALL",
    "UNSEEN",
    "NOT DELETED",
    "OR FROM bob TO x",
    "SUBJECT 1",
    "BODY line",
    "SENTSINCE 1-Jan-2001",
    "NEW",
]
KEYS += ["(SEEN (OLD))", 'HEADER X-None ""', "UID 1:*", "LARGER 10 SMALLER 99999", "KEYWORD $x", 'TEXT ""', "OR"]
KEYS += ["MODSEQ 3", "OLDER 5", "$", "RETURN (SAVE) 1:3", "RETURN (MIN COUNT) ALL"]
TEMPLATES = [
    "SORT (REVERSE DATE SUBJECT) UTF-8 {key}", "UID SORT RETURN (COUNT) (FROM) UTF-8 {key}", "GETQUOTAROOT {name}",
    "THREAD REFERENCES UTF-8 {key}", "UID THREAD ORDEREDSUBJECT US-ASCII {key}", "CREATE {name} (USE (\\Sent))",
    "SELECT {name} (QRESYNC (1 2))", "ENABLE UTF8=ACCEPT", "APPEND {name} {{4+}}\r\nA: b {{4+}}\r\nC: d",
    "UID SEARCH {key}", "SEARCH {key}", "SELECT {name} (CONDSTORE)", "ENABLE QRESYNC", "STORE $ +FLAGS {flags}",
    "STORE {set} (UNCHANGEDSINCE 9) FLAGS {flags}", "LIST (SUBSCRIBED) {name} * RETURN (STATUS (SIZE))",
    "SELECT {name}", "EXAMINE {name}", "CREATE {name}", "DELETE {name}", "RENAME {name} {name}",
    "STATUS {name} (UNSEEN)",
    "LIST {name} *", "LSUB \"\" %", "SUBSCRIBE {name}", "UNSUBSCRIBE {name}", "NOOP", "CHECK", "CLOSE", "UNSELECT",
    "EXPUNGE", "UID EXPUNGE {set}", "FETCH {set} {item}", "UID FETCH {set} {item}", "STORE {set} +FLAGS {flags}",
    "UID STORE {set} FLAGS.SILENT {flags}", "STORE {set} -FLAGS {flags}", "COPY {set} {name}",
    "UID MOVE {set} {name}",
    "SEARCH {key} {key}", "UID SEARCH {key}", "APPEND {name} {flags} {{9+}}\r\nA: b\r\n\r\nx", "SELECT INBOX",
    "SELECT INBOX", "NAMESPACE", "ENABLE X", "ID NIL", "CAPABILITY",
]  # fmt: skip


async def test_any_command_gets_an_answer(agent, make_message, caplog):
    choose = random.Random(1939)
    await agent.deliver(*(make_message(str(number)) for number in range(5)))
    answers = {"OK": 0, "NO": 0, "BAD": 0}
    async with AsyncExitStack() as stack:

        async def connect():
            return await stack.enter_async_context(agent.imap_client(mailbox="INBOX"))

        clients = [await connect(), await connect()]
        for number in range(600):
            place = choose.randrange(2)
            command = choose.choice(TEMPLATES).format(
                name=choose.choice(NAMES),
                set=choose.choice(SETS),
                flags=choose.choice(FLAGS),
                item=choose.choice(ITEMS),
                key=choose.choice(KEYS),
            )
            lines = await clients[place].runs(command, f"t{number}")
            answers[lines[-1].split()[1]] += 1
            if any(line.startswith("* BYE the selected mailbox is gone") for line in lines):
                clients[place] = await connect()
            if not number % 20:
                await agent.deliver(make_message("more"))
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert min(answers.values()) > 20, answers
