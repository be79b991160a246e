"""LIST's patterns: % within one level, * across levels (RFC 3501 §6.3.8)."""

from bundled_server.mailbox.names import path_of

SEPARATOR = "/"
INBOX = "INBOX"
LONGEST_PATTERN = 1000


def canonical(name: str) -> str:
    """INBOX in any case is INBOX, also as the first level."""
    return path_of(name)


def matches(pattern: str, name: str) -> bool:
    """Whether `name` fits, in time proportional to the two lengths, whatever the pattern."""
    reached = {0}
    for wanted in pattern:
        if wanted == "*":
            reached = set(range(min(reached), len(name) + 1))
        elif wanted == "%":
            reached = _within_level(reached, name)
        else:
            reached = {at + 1 for at in reached if at < len(name) and name[at] == wanted}
        if not reached:
            return False
    return len(name) in reached


def _within_level(reached: set[int], name: str) -> set[int]:
    spread: set[int] = set()
    for start in sorted(reached):
        at = start
        while at not in spread:
            spread.add(at)
            if at == len(name) or name[at] == SEPARATOR:
                break
            at += 1
    return spread


def parents(name: str) -> list[str]:
    """`a/b/c` → `a`, `a/b`."""
    levels = name.split(SEPARATOR)
    return [SEPARATOR.join(levels[:depth]) for depth in range(1, len(levels))]


def is_below(name: str, ancestor: str) -> bool:
    return name.startswith(ancestor + SEPARATOR)


def inbox_first(name: str) -> tuple[bool, str]:
    """The order in which mailboxes are listed."""
    return name != INBOX, name
