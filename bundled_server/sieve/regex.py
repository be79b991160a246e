"""Matching a regular expression in time linear in the text: all states at once, none tried twice."""

from functools import lru_cache

from bundled_server.sieve.budget import Budget
from bundled_server.sieve.regex_program import CharacterSet, Op, Program, compile_pattern

Slots = tuple[int, ...]
Thread = tuple[int, Slots]


@lru_cache(maxsize=512)
def compiled(pattern: str, any_case: bool) -> Program:
    """Raises BadPattern."""
    return compile_pattern(pattern, any_case=any_case)


def search(program: Program, text: str, budget: Budget) -> tuple[str, ...] | None:
    """The leftmost, longest match: the whole of it and its groups ("" for one that took no part), or None."""
    compared = text.lower() if program.any_case and text.isascii() else text
    best = _run(program, compared, budget)
    if best is None:
        return None
    return tuple(
        text[best[slot] : best[slot + 1]] if best[slot] >= 0 and best[slot + 1] >= 0 else ""
        for slot in range(0, len(best), 2)
    )


def _run(program: Program, text: str, budget: Budget) -> Slots | None:
    unset: Slots = (-1,) * (2 * program.groups + 2)
    best: Slots | None = None
    threads: list[Thread] = []
    for position in range(len(text) + 1):
        if best is None:
            _follow(program, threads, (0, unset), position, len(text))
        elif not threads:
            break
        budget.spend(len(threads) + 1)
        character = text[position : position + 1]
        survivors: list[Thread] = []
        seen: set[int] = set()
        for number, slots in threads:
            if best is not None and slots[0] > best[0]:
                continue
            if program.instructions[number].op is Op.MATCH:
                best = _better(best, slots)
            elif character and _takes(program, number, character):
                _follow(program, survivors, (number + 1, slots), position + 1, len(text), seen)
        threads = survivors
    return best


def _better(best: Slots | None, found: Slots) -> Slots:
    """What begins first wins, then what is longest; of equals the one that was preferred."""
    if best is None or (found[0], -found[1]) < (best[0], -best[1]):
        return found
    return best


def _takes(program: Program, number: int, character: str) -> bool:
    instruction = program.instructions[number]
    match instruction.op:
        case Op.ANY:
            return True
        case Op.CHARACTER:
            if program.any_case and character.isascii():
                character = character.lower()
            return instruction.character == character
    members: CharacterSet | None = instruction.members
    return members is not None and members.has(character, any_case=program.any_case)


def _follow(
    program: Program, threads: list[Thread], start: Thread, position: int, end: int, seen: set[int] | None = None
) -> None:
    """Add the thread, led through all that takes no character; each instruction once."""
    seen = {number for number, _ in threads} if seen is None else seen
    waiting = [start]
    while waiting:
        number, slots = waiting.pop()
        if number in seen:
            continue
        seen.add(number)
        instruction = program.instructions[number]
        match instruction.op:
            case Op.JUMP:
                waiting.append((instruction.to, slots))
            case Op.SPLIT:
                waiting += ((instruction.other, slots), (instruction.to, slots))
            case Op.SAVE:
                slot = instruction.slot
                waiting.append((number + 1, (*slots[:slot], position, *slots[slot + 1 :])))
            case Op.BEGIN if position == 0:
                waiting.append((number + 1, slots))
            case Op.END if position == end:
                waiting.append((number + 1, slots))
            case Op.BEGIN | Op.END:
                pass
            case _:
                threads.append((number, slots))
