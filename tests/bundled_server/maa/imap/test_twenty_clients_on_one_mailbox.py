"""Twenty clients change one mailbox at once, and each believes what it hears: at the end all know the same."""

import asyncio
import random
import re
from contextlib import AsyncExitStack

import pytest

CLIENTS = 20
BURSTS = 25
SEQUENCE_COMMANDS = ("FETCH", "STORE", "SEARCH", "SORT", "THREAD")
FETCHED = re.compile(r"\* (\d+) FETCH \((.*)\)$")


class Believer:
    """Knows the mailbox by the responses alone."""

    def __init__(self, dialogue, choose, kind):
        self.dialogue = dialogue
        self.choose = choose
        self.kind = kind
        self.uids = []
        self.flags = {}
        self.modseqs = {}

    async def begins(self):
        if self.kind == "qresync":
            await self.runs("ENABLE QRESYNC")
        elif self.kind == "rev2":
            await self.runs("ENABLE IMAP4rev2 CONDSTORE")
        await self.runs("SELECT INBOX")
        await self.runs("FETCH 1:* (UID FLAGS)")

    async def runs(self, *commands):
        """Send commands in one burst; hear everything up to the last tagged response."""
        lines = [f"t{at} {command}" for at, command in enumerate(commands)]
        await self.dialogue.types(*lines)
        for at, command in enumerate(commands):
            while not (line := await self.response()).startswith(f"t{at} "):
                self.hears(line, command.split()[0])
            assert line.split()[1] in ("OK", "NO"), (command, line)
            if line.split()[1] == "NO":
                assert "EXPUNGEISSUED" in line, (command, line)

    async def response(self):
        """One response without its literals."""
        line = await self.dialogue.reads()
        while literal := re.search(r"\{(\d+)\}$", line):
            await self.dialogue.reader.readexactly(int(literal[1]))
            line = line[: literal.start()] + await self.dialogue.reads()
        return line

    def hears(self, line, verb):
        assert line.startswith("* "), line
        words = line.split()
        if words[1] == "VANISHED":
            assert self.kind == "qresync"
            assert verb not in SEQUENCE_COMMANDS, (verb, line)
            if words[2] == "(EARLIER)":
                return
            for part in words[2].split(","):
                low, _, high = part.partition(":")
                for uid in range(int(low), int(high or low) + 1):
                    del self.uids[self.place_of(uid)]
        elif words[-1] == "EXPUNGE":
            assert self.kind != "qresync"
            assert verb not in SEQUENCE_COMMANDS, (verb, line)
            del self.uids[int(words[1]) - 1]
        elif words[-1] == "EXISTS":
            count = int(words[1])
            assert count >= len(self.uids), line
            self.uids += [None] * (count - len(self.uids))
        elif words[-1] == "RECENT":
            assert self.kind != "rev2"
        elif found := FETCHED.match(line):
            self.hears_fetch(int(found[1]), found[2], line)

    def place_of(self, uid):
        """Where a uid stands, perhaps as one of those whose uid was never told."""
        if uid in self.uids:
            return self.uids.index(uid)
        below = max((at for at, known in enumerate(self.uids) if known and known < uid), default=-1)
        assert self.uids[below + 1] is None, (uid, self.uids)
        return below + 1

    def hears_fetch(self, number, items, line):
        assert 1 <= number <= len(self.uids), line
        if uid := re.search(r"UID (\d+)", items):
            assert self.uids[number - 1] in (None, int(uid[1])), (line, self.uids[number - 1])
            self.uids[number - 1] = int(uid[1])
        known = self.uids[number - 1]
        if known is None:
            return
        if flags := re.search(r"FLAGS \(([^)]*)\)", items):
            self.flags[known] = set(flags[1].split()) - {"\\Recent"}
        if modseq := re.search(r"MODSEQ \((\d+)\)", items):
            assert self.modseqs.get(known, 0) <= int(modseq[1]), "mod-sequences never go back"
            self.modseqs[known] = int(modseq[1])

    def number(self):
        return self.choose.randint(1, max(len(self.uids), 1))

    def command(self):
        """Sequence numbers only where no command before it in the burst can take them away."""
        known = [uid for uid in self.uids if uid]
        uid = self.choose.choice(known) if known else 1
        flags = self.choose.choice(["(\\Seen)", "(\\Flagged $a)", "(\\Answered)", "($b)"])
        return self.choose.choice(
            [
                "NOOP",
                "UID FETCH 1:* (UID FLAGS)",
                f"UID FETCH {uid}:* (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])",
                f"UID STORE {uid} +FLAGS {flags}",
                f"UID STORE {uid} -FLAGS {flags}",
                f"UID STORE {uid},{uid + 1} FLAGS {flags}",
                f"UID STORE {uid} +FLAGS (\\Deleted)",
                f"UID EXPUNGE {uid}:{uid + 3}",
                "EXPUNGE",
                f"UID COPY {uid} INBOX",
                f"UID MOVE {uid} Other",
                "UID SEARCH UNSEEN",
                "UID SEARCH RETURN (SAVE) FLAGGED",
                "UID FETCH $ FLAGS",
                "UID SORT (SUBJECT REVERSE DATE) UTF-8 ALL",
                "UID THREAD REFERENCES UTF-8 ALL",
                "APPEND INBOX {15+}\r\nSubject: new\r\n\r\n",
            ]
        )

    def sequence_command(self):
        if not self.uids:
            return "NOOP"
        low, high = sorted((self.number(), self.number()))
        return self.choose.choice(
            [
                f"FETCH {low}:{high} (UID FLAGS)",
                f"FETCH {low} (UID FLAGS BODY[TEXT])",
                f"STORE {low}:{high} +FLAGS (\\Seen)",
                f"STORE {low} +FLAGS (\\Deleted)",
                f"STORE {low} -FLAGS (\\Deleted)",
                f"SEARCH {low}:{high} UNDELETED",
                f"COPY {low} Other",
                "SORT (ARRIVAL) UTF-8 ALL",
                "SEARCH RETURN (COUNT) ALL",
            ]
        )

    async def lives(self):
        for _ in range(BURSTS):
            if self.choose.random() < 0.4:
                await self.runs(self.sequence_command())
            else:
                await self.runs(*(self.command() for _ in range(self.choose.randint(1, 3))))


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_twenty_clients_agree(agent, make_message, seed):
    await agent.deliver(*(make_message(f"letter {number % 7}") for number in range(30)))
    async with agent.imap_client() as first:
        await first.runs("CREATE Other")
    choose = random.Random(seed)
    async with asyncio.timeout(60), AsyncExitStack() as stack:
        dialogues = [await stack.enter_async_context(agent.imap_client()) for _ in range(CLIENTS)]
        kinds = ("plain", "qresync", "rev2")
        clients = [
            Believer(dialogue, random.Random(choose.random()), kinds[at % 3])
            for at, dialogue in enumerate(dialogues)
        ]
        for client in clients:
            await client.begins()
        await asyncio.gather(*(client.lives() for client in clients))
        for client in clients:
            await client.runs("NOOP")
        inbox = await agent.store.mailbox("alice", "INBOX")
        index = await agent.store.index(inbox.mailbox_id)
        for client in clients:
            assert len(client.uids) == len(index.uids)
            assert all(heard in (None, uid) for heard, uid in zip(client.uids, index.uids, strict=True))
            for uid, flags in zip(index.uids, index.flags, strict=True):
                assert client.flags.get(uid, set(flags)) == set(flags), (client.kind, uid)
