"""Alias files as sendmail reads them: `name: member, member`, `:include:`, comments, long lines."""

from collections.abc import Iterator
from pathlib import Path

FILE_OCTETS = 16_777_216
INCLUDE_DEPTH = 5
INCLUDE = ":include:"
COMMAND_MARK = "|"


class AliasFileError(ValueError):
    """An alias file cannot be used; the text names the file, the line and what to change."""


def read_alias_file(path: Path, *, commands: bool = False) -> tuple[dict[str, tuple[str, ...]], list[Path]]:
    """The aliases, names in lower case, and the files that were included. With `commands` a member may be a
    "|program", but never one from an included file: such files often belong to somebody else. Raises
    AliasFileError."""
    names: dict[str, tuple[str, ...]] = {}
    included: list[Path] = []
    for number, text in _logical_lines(path):
        where = f"{path}, line {number}"
        name, colon, rest = _split_name(text, where)
        if not colon:
            raise AliasFileError(f"{where}: write NAME: MEMBER, MEMBER")
        if name in names:
            raise AliasFileError(f"{where}: {name} is there twice")
        members = tuple(dict.fromkeys(_members(rest, where, path, included, 0, commands=commands)))
        if not members:
            raise AliasFileError(f"{where}: {name} has no members")
        names[name] = members
    return names, included


def _logical_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Lines with what continues them (white space at the start), without comments and empty ones."""
    begun, collected = 0, ""
    for number, line in enumerate(_text_of(path).splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0] in " \t":
            if not collected:
                raise AliasFileError(
                    f"{path}, line {number}: white space at the start continues a line: none is there"
                )
            collected += " " + line.strip()
            continue
        if collected:
            yield begun, collected
        begun, collected = number, line.strip()
    if collected:
        yield begun, collected


def _split_name(text: str, where: str) -> tuple[str, str, str]:
    if not text.startswith('"'):
        name, colon, rest = text.partition(":")
    else:
        name, quote, rest = text[1:].partition('"')
        rest = rest.strip()
        colon, rest = rest[:1] if quote else "", rest[1:]
        colon = colon if colon == ":" else ""
    name = name.strip().lower()
    if not name or not name.isprintable() or " " in name:
        raise AliasFileError(f"{where}: {name!r} is not a name")
    return name, colon, rest


def _members(
    text: str, where: str, path: Path, included: list[Path], depth: int, *, commands: bool = False
) -> Iterator[str]:
    for member in _split_members(text, where):
        if member.lower().startswith(INCLUDE):
            other = path.parent / member[len(INCLUDE) :].strip()
            yield from _included(other, where, included, depth + 1)
        elif member.startswith(COMMAND_MARK):
            if depth:
                raise AliasFileError(f"{where}: {member!r} would run a program: an included file may not say so")
            yield checked_command(member, where, allowed=commands)
        elif member.startswith("/"):
            raise AliasFileError(f"{where}: {member!r} would write to a file: that is switched off here")
        elif not member.isprintable() or " " in member:
            raise AliasFileError(f"{where}: {member!r} is not an address")
        else:
            yield member.removeprefix("\\")


def checked_command(member: str, where: str, *, allowed: bool) -> str:
    """A member "|program" as it is kept. Raises AliasFileError."""
    if not allowed:
        raise AliasFileError(
            f"{where}: {member!r} would run a program: that is switched off (alias_pipes = true switches it on)"
        )
    if not member.isprintable() or not member.removeprefix(COMMAND_MARK).strip():
        raise AliasFileError(f"{where}: {member!r} is not a program with its arguments")
    return member


def _included(path: Path, where: str, included: list[Path], depth: int) -> Iterator[str]:
    if depth > INCLUDE_DEPTH:
        raise AliasFileError(f"{where}: {path} is included too deep, perhaps in a circle")
    included.append(path)
    for number, line in enumerate(_text_of(path).splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield from _members(line, f"{path}, line {number}", path, included, depth)


def _split_members(text: str, where: str) -> list[str]:
    """Between commas that are not inside quotes; the quotes around a whole member go."""
    members, current, quoted = [], "", False
    for character in text:
        if character == '"':
            quoted = not quoted
        if character == "," and not quoted:
            members.append(current)
            current = ""
        else:
            current += character
    if quoted:
        raise AliasFileError(f"{where}: a quotation mark is not closed")
    stripped = [member.strip() for member in [*members, current]]
    return [
        member[1:-1] if len(member) > 1 and member[0] == member[-1] == '"' else member
        for member in stripped
        if member
    ]


def _text_of(path: Path) -> str:
    try:
        if not path.is_file() or path.stat().st_size > FILE_OCTETS:
            raise AliasFileError(f"{path} is not a file of at most {FILE_OCTETS} octets")
        return path.read_text("utf-8")
    except OSError as weather:
        raise AliasFileError(f"{path} cannot be read: {weather.strerror}") from weather
    except UnicodeDecodeError:
        raise AliasFileError(f"{path} is not UTF-8") from None
