"""The embedded scanner: EICAR, programs, names that deceive, and archives that explode, however deep they are."""

import asyncio
from collections.abc import Iterator, Mapping

from bundled_server.filter_config import Scanner
from bundled_server.filters.antivirus.archives import Bomb, Budget, Damaged, Locked, members_of
from bundled_server.filters.antivirus.file_rules import against_name, against_octets, has_eicar
from bundled_server.filters.antivirus.finds import Find, verdict_on, word_of
from bundled_server.filters.filter import Judge, Wave
from bundled_server.filters.mime_parts import attachment_name, parts_of
from bundled_server.filters.question import Question
from bundled_server.filters.verdict import Stage, Verdict
from bundled_server.mailbox.decoded import transfer_decoded
from bundled_server.mailbox.structure import MESSAGE, NOT_ENCODED, Part, scan

THREAD_OCTETS = 16_384
MOST_FINDS = 20
PATIENCE_SECONDS = 60.0


class ScannerFilter:
    """Looks into every part of the whole message; a message that it cannot look at is not accepted."""

    name = "scanner"
    wave = Wave.LOOKUPS
    must_answer = True
    patience_seconds = PATIENCE_SECONDS

    def __init__(self, settings: Scanner) -> None:
        """Raises BadWord."""
        self.about = "looks for viruses, programs and archive bombs in every part (embedded)"
        self.stages: Mapping[Stage, Judge] = {Stage.DATA: self._judge}
        self._settings = settings
        self._on_virus, self._on_policy = word_of(settings.word), word_of(settings.policy)

    async def _judge(self, question: Question) -> Verdict | None:
        if len(question.content) > THREAD_OCTETS:
            finds = await asyncio.to_thread(self.scan, question)
        else:
            finds = self.scan(question)
        return verdict_on(finds, "embedded scanner", self._on_virus, self._on_policy)

    def scan(self, question: Question) -> list[Find]:
        """What is in the message, as far as the first virus; of what is only against the rules MOST_FINDS. Twenty
        strange names must not hide the virus behind them."""
        whole = len(question.content) == len(question.scanned)
        root = question.structure if whole else scan(question.content)
        settings = self._settings
        budget = Budget(settings.total_octets, settings.members, settings.ratio, settings.depth)
        finds: list[Find] = []
        for part in parts_of(root):
            if part.is_multipart or part.message is not None:
                continue
            data = transfer_decoded(question.content[part.body_start : part.body_end], part.encoding)
            budget.packed += len(data)
            found = [*_hidden(part), *self._file(attachment_name(part), _nameless(part), data, budget)]
            viruses = [find for find in found if find.is_virus]
            if viruses:
                return [*viruses, *finds, *(find for find in found if not find.is_virus)][:MOST_FINDS]
            finds = [*finds, *found][:MOST_FINDS]
        if has_eicar(question.content):
            finds.insert(0, Find("EICAR-Test-File", "the message", is_virus=True))
        return finds[:MOST_FINDS]

    def _file(self, name: str, nameless: str, data: bytes, budget: Budget) -> Iterator[Find]:
        """The finds in one file and, when it is an archive, in what it holds. What waits is kept in a list, not
        on the stack."""
        waiting = [(name or nameless, name, data, 0)]
        while waiting:
            path, plain_name, octets, depth = waiting.pop()
            yield from self._plain_file(path, plain_name, octets)
            try:
                for inner_name, inner in members_of(octets, budget):
                    if depth >= budget.depth:
                        raise Bomb(f"archives lie in one another more than {budget.depth} deep")
                    waiting.append((f"{path} > {inner_name or 'content'}", inner_name, inner, depth + 1))
            except Bomb as bomb:
                yield Find(f"an archive bomb: {bomb}", path, is_virus=True)
                return
            except Locked:
                if not self._settings.encrypted_archives:
                    yield Find("an encrypted archive", path, is_virus=False)
            except Damaged as damage:
                yield Find(f"an archive that cannot be read ({damage})", path, is_virus=False)

    def _plain_file(self, path: str, name: str, octets: bytes) -> Iterator[Find]:
        if has_eicar(octets):
            yield Find("EICAR-Test-File", path, is_virus=True)
            return
        against = against_name(name.rpartition("/")[2], self._settings.extensions) or against_octets(octets)
        if against:
            yield Find(against, path, is_virus=False)


def _hidden(part: Part) -> Iterator[Find]:
    """Messages that nobody can look into: in pieces, or encoded as a whole, which RFC 2046 §5.2 forbids."""
    if part.main_type == b"MESSAGE" and part.subtype == b"PARTIAL":
        yield Find("a piece of a message", "", is_virus=False)
    elif (part.main_type, part.subtype) == MESSAGE[:2] and part.encoding not in NOT_ENCODED:
        yield Find("a message that is encoded as a whole", "", is_virus=False)


def _nameless(part: Part) -> str:
    """How a part without a name is spoken of."""
    return "the text" if part.main_type == b"TEXT" else "a part without a name"
