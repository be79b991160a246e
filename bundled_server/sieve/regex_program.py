"""Extended regular expressions (POSIX; draft-ietf-sieve-regex) compiled to a program without backtracking."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

MOST_INSTRUCTIONS: Final = 2000
MOST_REPEATS: Final = 255
MOST_DEPTH: Final = 50
MOST_GROUPS: Final = 32

Ranges = tuple[tuple[str, str], ...]
_WORD: Final[Ranges] = (("a", "z"), ("A", "Z"), ("0", "9"), ("_", "_"))
_SPACE: Final[Ranges] = ((" ", " "), ("\t", "\r"))
_CLASSES: Final[dict[str, Ranges]] = {
    "alpha": (("a", "z"), ("A", "Z")),
    "digit": (("0", "9"),),
    "alnum": (("a", "z"), ("A", "Z"), ("0", "9")),
    "upper": (("A", "Z"),),
    "lower": (("a", "z"),),
    "space": _SPACE,
    "blank": ((" ", " "), ("\t", "\t")),
    "punct": (("!", "/"), (":", "@"), ("[", "`"), ("{", "~")),
    "print": ((" ", "~"),),
    "graph": (("!", "~"),),
    "cntrl": (("\0", "\x1f"), ("\x7f", "\x7f")),
    "xdigit": (("0", "9"), ("a", "f"), ("A", "F")),
}
_ESCAPES: Final[dict[str, tuple[Ranges, bool]]] = {
    "w": (_WORD, False),
    "W": (_WORD, True),
    "s": (_SPACE, False),
    "S": (_SPACE, True),
}


class BadPattern(ValueError):
    """The text is no regular expression, or one that is too large; the text says why."""


class Op(Enum):
    """What an instruction does."""

    CHARACTER = 1
    ANY = 2
    SET = 3
    SPLIT = 4
    JUMP = 5
    SAVE = 6
    BEGIN = 7
    END = 8
    MATCH = 9


@dataclass(slots=True)
class CharacterSet:
    """A bracket expression; what it says of a character is remembered."""

    ranges: Ranges
    is_negated: bool
    _known: dict[str, bool] = field(default_factory=dict)

    def has(self, character: str, *, any_case: bool) -> bool:
        known = self._known.get(character)
        if known is None:
            faces = {character, character.lower(), character.upper()} if any_case else {character}
            inside = any(low <= face <= high for low, high in self.ranges for face in faces)
            known = inside is not self.is_negated
            if len(self._known) < 1000:
                self._known[character] = known
        return known


@dataclass(frozen=True, slots=True)
class Instruction:
    """`to` and `other` are where JUMP and SPLIT lead (`to` is tried first), `slot` what SAVE writes."""

    op: Op
    character: str = ""
    members: CharacterSet | None = None
    to: int = 0
    other: int = 0
    slot: int = 0


@dataclass(frozen=True, slots=True)
class Program:
    instructions: tuple[Instruction, ...]
    groups: int
    any_case: bool


Emit = Callable[[], None]


def compile_pattern(pattern: str, *, any_case: bool) -> Program:
    """Raises BadPattern. With `any_case` ASCII letters match in either case."""
    return _Compiler(pattern, any_case).run()


class _Compiler:
    """Reads the pattern into closures that emit instructions, so that {m,n} can emit its atom many times."""

    def __init__(self, pattern: str, any_case: bool) -> None:
        self._pattern = pattern
        self._any_case = any_case
        self._position = 0
        self._depth = 0
        self._groups = 0
        self._repeats = 0
        self._code: list[Instruction] = []

    def run(self) -> Program:
        emit = self._alternatives()
        if self._position < len(self._pattern):
            raise BadPattern('a ")" has no "(" before it')
        self._put(Instruction(Op.SAVE, slot=0))
        emit()
        self._put(Instruction(Op.SAVE, slot=1))
        self._put(Instruction(Op.MATCH))
        return Program(tuple(self._code), self._groups, self._any_case)

    # emitting

    def _put(self, instruction: Instruction) -> int:
        if len(self._code) >= MOST_INSTRUCTIONS:
            raise BadPattern("the pattern is too large")
        self._code.append(instruction)
        return len(self._code) - 1

    def _either(self, first: Emit, second: Emit) -> Emit:
        def emit() -> None:
            split = self._put(Instruction(Op.SPLIT))
            first()
            jump = self._put(Instruction(Op.JUMP))
            self._code[split] = Instruction(Op.SPLIT, to=split + 1, other=len(self._code))
            second()
            self._code[jump] = Instruction(Op.JUMP, to=len(self._code))

        return emit

    def _repeated(self, atom: Emit, least: int, most: int | None) -> Emit:
        def optional() -> None:
            split = self._put(Instruction(Op.SPLIT))
            atom()
            self._code[split] = Instruction(Op.SPLIT, to=split + 1, other=len(self._code))

        def emit() -> None:
            self._repeats += least + 1  # a{0}{255}{255}… emits nothing, for a very long time
            if self._repeats > MOST_INSTRUCTIONS:
                raise BadPattern("the pattern is too large")
            for _ in range(least):
                atom()
            if most is not None:
                for _ in range(most - least):
                    optional()
                return
            split = self._put(Instruction(Op.SPLIT))
            atom()
            self._put(Instruction(Op.JUMP, to=split))
            self._code[split] = Instruction(Op.SPLIT, to=split + 1, other=len(self._code))

        return emit

    # reading

    @property
    def _now(self) -> str:
        return self._pattern[self._position : self._position + 1]

    def _take(self) -> str:
        character = self._now
        self._position += 1
        return character

    def _alternatives(self) -> Emit:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise BadPattern("groups are nested too deep")
        branches = [self._sequence()]
        while self._now == "|":
            self._take()
            branches.append(self._sequence())
        self._depth -= 1
        emit = branches.pop()
        while branches:
            emit = self._either(branches.pop(), emit)
        return emit

    def _sequence(self) -> Emit:
        atoms: list[Emit] = []
        while self._now not in ("", "|", ")"):
            atoms.append(self._quantified())

        def emit() -> None:
            for atom in atoms:
                atom()

        return emit

    def _quantified(self) -> Emit:
        if self._now in "*+?":
            raise BadPattern(f'"{self._now}" has nothing before it to repeat')
        atom = self._atom()
        while self._now and self._now in "*+?{":
            least, most = self._quantifier()
            atom = self._repeated(atom, least, most)
        return atom

    def _quantifier(self) -> tuple[int, int | None]:
        simple: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        mark = self._take()
        if mark in simple:
            return simple[mark]
        end = self._pattern.find("}", self._position)
        text = self._pattern[self._position : end] if end >= 0 else ""
        low, comma, high = text.partition(",")
        if not low.isdecimal() or (high and not high.isdecimal()):
            raise BadPattern('repeats are written {3}, {3,} or {3,5}; a "{" itself is written \\{')
        self._position = end + 1
        least, most = int(low), (int(high) if high else None) if comma else int(low)
        if max(least, most or 0) > MOST_REPEATS or (most is not None and most < least):
            raise BadPattern(f"{{{text}}} is no range of repeats up to {MOST_REPEATS}")
        return least, most

    def _atom(self) -> Emit:
        character = self._take()
        match character:
            case "(":
                return self._group()
            case "[":
                return self._one(Instruction(Op.SET, members=self._bracket()))
            case ".":
                return self._one(Instruction(Op.ANY))
            case "^":
                return self._one(Instruction(Op.BEGIN))
            case "$":
                return self._one(Instruction(Op.END))
            case "\\":
                return self._escape()
        return self._one(Instruction(Op.CHARACTER, self._cased(character)))

    def _one(self, instruction: Instruction) -> Emit:
        def emit() -> None:
            self._put(instruction)

        return emit

    def _cased(self, character: str) -> str:
        return character.lower() if self._any_case and character.isascii() else character

    def _escape(self) -> Emit:
        character = self._take()
        if not character:
            raise BadPattern("a backslash at the end escapes nothing")
        if character.isdecimal():
            raise BadPattern("references back to a group are not allowed")
        if character in _ESCAPES:
            return self._one(Instruction(Op.SET, members=CharacterSet(*_ESCAPES[character])))
        return self._one(Instruction(Op.CHARACTER, self._cased(character)))

    def _group(self) -> Emit:
        self._groups += 1
        number = self._groups
        if number > MOST_GROUPS:
            raise BadPattern(f"there are more than {MOST_GROUPS} groups")
        inner = self._alternatives()
        if self._take() != ")":
            raise BadPattern('a "(" is not closed')

        def emit() -> None:
            self._put(Instruction(Op.SAVE, slot=2 * number))
            inner()
            self._put(Instruction(Op.SAVE, slot=2 * number + 1))

        return emit

    def _bracket(self) -> CharacterSet:
        is_negated = self._now == "^"
        if is_negated:
            self._take()
        ranges: list[tuple[str, str]] = []
        is_first = True
        while self._now != "]" or is_first:
            is_first = False
            if self._pattern.startswith("[:", self._position):
                ranges += self._named_class()
                continue
            low = high = self._member()
            if self._now == "-" and self._pattern[self._position + 1 : self._position + 2] not in ("]", ""):
                self._take()
                high = self._member()
            if high < low:
                raise BadPattern(f"the range {low}-{high} is empty")
            ranges.append((low, high))
        self._take()
        return CharacterSet(tuple(ranges), is_negated)

    def _member(self) -> str:
        character = self._take()
        if not character:
            raise BadPattern('a "[" is not closed')
        return character

    def _named_class(self) -> Ranges:
        end = self._pattern.find(":]", self._position)
        name = self._pattern[self._position + 2 : end] if end >= 0 else ""
        if name not in _CLASSES:
            raise BadPattern(f"[:{name}:] is no class of characters; there are {', '.join(sorted(_CLASSES))}")
        self._position = end + 2
        return _CLASSES[name]
