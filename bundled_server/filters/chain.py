"""The chain that every message passes on its way in: filters are asked stage by stage, and their words add up."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bundled_server.filters.filter import Counts, Filter, Judge, Wave
from bundled_server.filters.question import Question, Visit
from bundled_server.filters.verdict import Said, Stage, Verdict, Word

SCANNER_FAILED = "4.7.1"
DEADLINE_SECONDS = 5.0

logger = logging.getLogger(__name__)

_Asked = tuple[Filter, Judge]


class NoSuchFilter(ValueError):
    """No filter of that name is in the chain; the text says which are."""


class Chain:
    """Asks the filters of a stage, wave by wave; those of a wave at the same time, under one deadline. Filters can
    be switched off and on again while the host runs; those named in `off` start switched off."""

    def __init__(
        self, filters: Sequence[Filter], deadline_seconds: float = DEADLINE_SECONDS, off: Iterable[str] = ()
    ) -> None:
        self._filters = {link.name: link for link in filters}
        self._off = set(off)
        self._counting = [link for link in filters if isinstance(link, Counts)]
        self._deadline_seconds = deadline_seconds
        self._plan: dict[Stage, tuple[tuple[_Asked, ...], ...]] = {}
        self._make_plan()

    # switches

    def switch(self, name: str, *, on: bool) -> bool:
        """Switch a filter on or off; false when it was so already. Raises NoSuchFilter."""
        if name not in self._filters:
            names = ", ".join(self._filters) or "none"
            raise NoSuchFilter(f"there is no filter {name!r}; there are: {names}")
        if on != (name in self._off):
            return False
        (self._off.discard if on else self._off.add)(name)
        self._make_plan()
        return True

    def describe(self) -> list[dict[str, object]]:
        """Every filter: name, whether it is on, its stages, what it does."""
        return [
            {
                "name": link.name,
                "on": link.name not in self._off,
                "stages": [stage.value for stage in Stage if stage in link.stages],
                "about": link.about,
            }
            for link in self._filters.values()
        ]

    @property
    def is_empty(self) -> bool:
        """Whether there are no filters at all, on or off."""
        return not self._filters

    def has(self, stage: Stage) -> bool:
        """Whether any filter wants to be asked at this stage."""
        return stage in self._plan

    def _make_plan(self) -> None:
        links = [link for link in self._filters.values() if link.name not in self._off]
        self._plan = {}
        for stage in Stage:
            waves = [
                tuple((link, link.stages[stage]) for link in links if link.wave is wave and stage in link.stages)
                for wave in Wave
            ]
            if any(waves):
                self._plan[stage] = tuple(wave for wave in waves if wave)

    # asking

    async def ask(self, stage: Stage, question: Question) -> list[Said]:
        """What the filters of a stage say, in the order of the chain; the waves behind a word that ends it are not
        asked. Whoever vouches overrules the doubts of its own and later waves."""
        said: list[Said] = []
        waves = self._plan.get(stage, ())
        until = asyncio.get_running_loop().time() + self._deadline_seconds if waves else 0.0
        is_about_client = stage in (Stage.CONNECT, Stage.HELO)
        vouched_by = question.visit.trusted_by if is_about_client else question.findings.vouched_by
        for wave in waves:
            heard = await self._hear(wave, stage, question, until)
            vouched_by = vouched_by or next((one.name for one in heard if one.verdict.vouches), "")
            heard = [self.overruled(one, vouched_by) for one in heard]
            said += heard
            if any(one.verdict.word.ends_it for one in heard):
                break
        if stage is not Stage.RCPT:  # there it is the friend of one recipient
            question.findings.vouched_by = vouched_by
        if is_about_client:
            question.visit.trusted_by = vouched_by
        return said

    async def scan(self, question: Question) -> list[Said]:
        """What the virus scanners alone say of a message."""
        asked = [pair for wave in self._plan.get(Stage.DATA, ()) for pair in wave if pair[0].must_answer]
        until = asyncio.get_running_loop().time() + self._deadline_seconds
        return await self._hear(asked, Stage.DATA, question, until)

    def left(self, visit: Visit) -> None:
        """A connection is over."""
        for link in self._counting:
            link.left(visit)

    async def _hear(self, wave: Sequence[_Asked], stage: Stage, question: Question, until: float) -> list[Said]:
        verdicts: Iterable[Verdict | None]
        if len(wave) == 1:
            verdicts = [await self._word_of(*wave[0], question, until)]
        else:
            verdicts = await asyncio.gather(*(self._word_of(*asked, question, until) for asked in wave))
        return [
            Said(link.name, stage, verdict)
            for (link, _), verdict in zip(wave, verdicts, strict=True)
            if verdict is not None
        ]

    async def _word_of(self, link: Filter, judge: Judge, question: Question, until: float) -> Verdict | None:
        """What one filter says; what its failure means when it has none."""
        if link.patience_seconds is not None:
            until = asyncio.get_running_loop().time() + link.patience_seconds
        try:
            async with asyncio.timeout_at(until):
                return await judge(question)
        except TimeoutError:
            trouble = "no answer in time"
        except OSError as weather:
            logger.warning("the filter %s: %s", link.name, weather)
            trouble = f"failed: {weather}"
        except Exception as fault:
            logger.exception("the filter %s failed", link.name)
            trouble = f"failed: {type(fault).__name__}"
        if link.must_answer:
            text = f"{link.name} cannot answer, try again later"
            return Verdict(Word.DEFER, reason=trouble, status=SCANNER_FAILED, text=text)
        return Verdict(reason=f"{trouble}: it does not count")

    def overruled(self, said: Said, vouched_by: str) -> Said:
        """The verdict as it counts once somebody vouches: doubts do not, except those that nobody overrules."""
        verdict = said.verdict
        doubts = verdict.word > Word.SCORE or verdict.score > 0
        if not vouched_by or not doubts or self._filters[said.name].must_answer:
            return said
        reason = f"{verdict.reason} (overruled by {vouched_by})".strip()
        return replace(said, verdict=replace(verdict, word=Word.PASS, score=0.0, reason=reason))
