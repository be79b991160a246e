"""mutt's pattern language, with a friendly syntax beside it: text → tree."""

from datetime import tzinfo
from typing import Final

from termail.model.patterns import operators
from termail.model.patterns.dates import DateReader
from termail.model.patterns.errors import PatternError
from termail.model.patterns.friendly import Friendly
from termail.model.patterns.leaves import text_leaf, word_leaf
from termail.model.patterns.numbers import number_range
from termail.model.patterns.scanner import Scanner
from termail.model.patterns.tree import And, Dates, Everything, Node, Not, Numbers, Or, Related, State

DEPTH_LIMIT: Final = 50
PARTS_LIMIT: Final = 100


def parse(pattern: str, *, now: float, timezone: tzinfo | None = None) -> Node:
    """`now` in epoch seconds is what relative dates count from; `timezone` None means the machine's. Raises
    PatternError, which says where and what is allowed. An empty pattern is everything."""
    word = pattern.strip()
    if not word:
        return Everything()
    if word in operators.KEYWORDS:
        return _state(operators.KEYWORDS[word])
    return _Parser(pattern, DateReader(now, timezone)).whole()


class _Parser:
    def __init__(self, pattern: str, dates: DateReader) -> None:
        self._scanner = Scanner(pattern)
        self._dates = dates
        self._friendly = Friendly(dates)
        self._depth = 0
        self._parts = 0

    def whole(self) -> Node:
        node = self._either()
        if self._scanner.peek():
            raise PatternError('")" closes nothing', self._scanner.position)
        return node

    def _either(self) -> Node:
        self._depth += 1
        if self._depth > DEPTH_LIMIT:
            raise PatternError(f"more than {DEPTH_LIMIT} levels", self._scanner.position)
        parts = [self._all()]
        while self._scanner.peek() == "|" or self._takes_word("OR"):
            self._skip("|")
            parts.append(self._all())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all(self) -> Node:
        parts: list[Node] = []
        while True:
            self._scanner.skip_spaces()
            if self._takes_word("AND") and parts:
                continue
            if self._scanner.peek() in ("", ")", "|") or self._sees_word("OR"):
                break
            parts.append(self._one())
        if not parts:
            raise PatternError("a pattern is missing here", self._scanner.position)
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self) -> Node:
        self._parts += 1
        if self._parts > PARTS_LIMIT:
            raise PatternError(f"more than {PARTS_LIMIT} conditions", self._scanner.position)
        negated = False
        while True:
            self._scanner.skip_spaces()
            if self._scanner.peek() == "!":
                self._scanner.take()
            elif not self._takes_word("NOT") and not self._takes_minus():
                break
            negated = not negated
        node = self._plain()
        return Not(node) if negated else node

    def _plain(self) -> Node:
        scanner = self._scanner
        start = scanner.position
        match scanner.peek():
            case "(":
                scanner.take()
                return self._closed(start)
            case "~" | "=" if len(scanner.peek(2)) == 2 and not scanner.peek(2)[1].isspace():
                return self._operator(scanner.take(), scanner.take())
            case "~":
                raise PatternError(f"a letter is missing; allowed: {operators.allowed_letters()}", start)
            case "%" if scanner.peek(2)[1:] in operators.TEXT_FIELDS and scanner.peek(3)[2:].isspace():
                raise PatternError("address groups (%) are not supported; use ~", start)
            case "" | ")" | "|":
                raise PatternError("a pattern is missing here", start)
            case '"' | "'":
                return word_leaf(scanner.quoted(), start, quoted=True)
            case _:
                return self._friendly.read(scanner) or word_leaf(scanner.word(), start)

    def _operator(self, prefix: str, letter: str) -> Node:
        start = self._scanner.position - 2
        name = prefix + letter
        if prefix == "~" and (letter == "(" or (letter in "<>" and self._scanner.peek() == "(")):
            if letter != "(":
                self._scanner.take()
            return Related(operators.RELATIONS[letter], self._closed(start))
        if letter in operators.TEXT_FIELDS:
            value, _ = self._scanner.argument(f"the text for {name}")
            return text_leaf(operators.TEXT_FIELDS[letter], value, start, literal=prefix == "=")
        if letter in operators.STATES:
            return _state(operators.STATES[letter])
        if letter in operators.DATE_FIELDS:
            return self._date_range(operators.DATE_FIELDS[letter], name)
        if letter in operators.NUMBER_FIELDS:
            return self._number_range(operators.NUMBER_FIELDS[letter], name)
        reason = operators.UNSUPPORTED.get(letter, f"is no pattern; allowed: {operators.allowed_letters()}")
        raise PatternError(f"{name}: {reason}", start)

    def _closed(self, start: int) -> Node:
        node = self._either()
        if self._scanner.take() != ")":
            raise PatternError('")" is missing', start)
        return node

    def _date_range(self, field: str, name: str) -> Node:
        value, _ = self._scanner.argument(f"the date for {name}")
        start = self._scanner.position - len(value)
        try:
            return Dates(field, *self._dates.range(value))
        except ValueError as error:
            raise PatternError(str(error), start) from None

    def _number_range(self, field: str, name: str) -> Node:
        value, _ = self._scanner.argument(f"the number for {name}")
        start = self._scanner.position - len(value)
        try:
            return Numbers(field, *number_range(value))
        except ValueError as error:
            raise PatternError(str(error), start) from None

    def _takes_minus(self) -> bool:
        """A "-" glued to what follows means not."""
        following = self._scanner.peek(2)
        if (
            following[:1] == "-"
            and len(following) == 2
            and not following[1].isspace()
            and following[1] not in "-)|"
        ):
            self._scanner.take()
            return True
        return False

    def _sees_word(self, word: str) -> bool:
        following = self._scanner.peek(len(word) + 1)
        return following[: len(word)] == word and (len(following) == len(word) or following[-1].isspace())

    def _takes_word(self, word: str) -> bool:
        if not self._sees_word(word):
            return False
        self._scanner.take(len(word))
        self._scanner.skip_spaces()
        return True

    def _skip(self, char: str) -> None:
        if self._scanner.peek() == char:
            self._scanner.take()


def _state(name: str) -> Node:
    return Everything() if name == "all" else State(name)
