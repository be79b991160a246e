"""The filter of content rules: those that hold add up, the hardest word counts."""

import asyncio
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from bundled_server.filter_config import Content, Rule
from bundled_server.filters.content.rules import BadRule, ReadyRule, ready_rules
from bundled_server.filters.content.text_view import TextView
from bundled_server.filters.filter import Judge, Wave
from bundled_server.filters.question import Question
from bundled_server.filters.verdict import Stage, Verdict, Word

THREAD_OCTETS = 65_536
STATUS = {Word.DEFER: "4.7.1", Word.REJECT: "5.7.1"}


class RuleFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A TOML file of [[rule]] tables."""

    rule: tuple[Rule, ...] = ()


class ContentFilter:
    """Holds every rule against the message; what it may read of each text is bounded."""

    name = "content"
    wave = Wave.LOOKUPS
    must_answer = False
    patience_seconds = None

    def __init__(self, settings: Content) -> None:
        """Raises BadRule and OSError."""
        rules = [*settings.rules, *(rule for path in settings.files for rule in read_rules(path))]
        self._rules = ready_rules(rules)
        self._octets = settings.octets
        self.about = f"{len(self._rules)} rules on headers, text, types and attachments"
        self.stages: Mapping[Stage, Judge] = {Stage.DATA: self._judge}

    async def _judge(self, question: Question) -> Verdict | None:
        if len(question.content) > THREAD_OCTETS:
            return await asyncio.to_thread(self._hold, question)
        return self._hold(question)

    def _hold(self, question: Question) -> Verdict | None:
        view = TextView(question, self._octets)
        found = [(rule, what) for rule in self._rules if (what := rule.holds(view))]
        return _verdict(found) if found else None


def _verdict(found: Sequence[tuple[ReadyRule, str]]) -> Verdict:
    word = max(rule.word for rule, _ in found)
    hardest = next(rule for rule, _ in found if rule.word is word)
    lines = tuple(f"{rule.name} {rule.score:+.1f}: {rule.where} has {what!r}" for rule, what in found)
    reason = ", ".join(rule.reason or rule.name for rule, _ in found)
    score = sum(rule.score for rule, _ in found)
    text = hardest.reason or f"the rule {hardest.name} of this host is against it"
    return Verdict(word, score, reason, lines, status=STATUS.get(word, ""), text=text)


def read_rules(path: Path) -> tuple[Rule, ...]:
    """The rules in a file. Raises BadRule and OSError."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), RuleFile).rule
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as fault:
        raise BadRule(f"the content rules in {path} cannot be read: {fault}") from None
