"""One content rule, ready to be held against a message."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bundled_server.filter_config import Rule
from bundled_server.filters.content.safe_regex import SafeRegex, UnsafeRegex, compiled
from bundled_server.filters.content.text_view import TextView
from bundled_server.filters.verdict import Word

PLACES = ("subject", "from", "to", "any header", "body", "type", "attachment")
WORDS = {"score": Word.SCORE, "quarantine": Word.QUARANTINE, "defer": Word.DEFER, "reject": Word.REJECT}
EXCERPT = 60

_FIELD_NAME = re.compile(r"[!-9;-~]+\Z")


class BadRule(ValueError):
    """A rule cannot be; the text names it and says why."""


@dataclass(frozen=True, slots=True)
class ReadyRule:
    """A rule that was checked. `holds` answers what was found, "" for nothing."""

    name: str
    where: str
    words: tuple[str, ...]
    pattern: SafeRegex | None
    score: float
    word: Word
    reason: str

    def holds(self, view: TextView) -> str:
        for text in view.texts(self.where):
            folded = text.casefold()
            for word in self.words:
                if word in folded:
                    return word
            if self.pattern is not None and (found := self.pattern.find(text)):
                return found[:EXCERPT]
        return ""


def ready(rule: Rule) -> ReadyRule:
    """Check a rule. Raises BadRule."""
    name = rule.name.strip()
    if not name or not name.isprintable():
        raise BadRule("a content rule needs a name")
    place, _, field_name = rule.where.lower().partition(" ")
    is_field = place == "header" and bool(_FIELD_NAME.match(field_name.strip()))
    if rule.where.lower() not in PLACES and not is_field:
        places = ", ".join(PLACES)
        raise BadRule(f"content rule {name!r}: where {rule.where!r} is unknown: one of {places}, or 'header NAME'")
    if rule.word not in WORDS:
        raise BadRule(f"content rule {name!r}: word {rule.word!r} is unknown: one of {', '.join(WORDS)}")
    if not rule.words and not rule.regex:
        raise BadRule(f"content rule {name!r} needs words or a regex")
    try:
        pattern = compiled(rule.regex) if rule.regex else None
    except UnsafeRegex as fault:
        raise BadRule(f"content rule {name!r}: {fault}") from None
    words = tuple(word.casefold() for word in rule.words if word.strip())
    return ReadyRule(name, rule.where.lower(), words, pattern, rule.score, WORDS[rule.word], rule.reason)


def ready_rules(rules: Iterable[Rule]) -> tuple[ReadyRule, ...]:
    """All of them. Raises BadRule, also for two of one name."""
    found: dict[str, ReadyRule] = {}
    for rule in map(ready, rules):
        if rule.name in found:
            raise BadRule(f"two content rules are called {rule.name!r}")
        found[rule.name] = rule
    return tuple(found.values())
