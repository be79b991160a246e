"""Aliases: those of the settings, and those of alias files, read again when a file has changed."""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from bundled_server.mda.alias_file import COMMAND_MARK, AliasFileError, checked_command, read_alias_file

logger = logging.getLogger(__name__)


class AliasBook(Mapping[str, tuple[str, ...]]):
    """Name → members. A name is a local part, an address (for one domain alone) or "@domain" (whatever else comes
    to that domain), in lower case. The settings win over the files, an earlier file over a later one."""

    def __init__(
        self, settings: Mapping[str, Sequence[str]], files: Sequence[Path] = (), *, commands: bool = False
    ) -> None:
        """With `commands` members may be programs, "|program arguments". Raises AliasFileError."""
        self._settings = {name.lower(): tuple(members) for name, members in settings.items()}
        for name, members in self._settings.items():
            for member in filter(_is_command, members):
                checked_command(member, f"the alias {name} of the settings", allowed=commands)
        self._files = tuple(files)
        self._may_run = commands
        self._commands: frozenset[str] = frozenset()
        self._seen: dict[Path, tuple[int, int]] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        self.version = 0
        """How often the names were read."""
        self._read()

    def is_command(self, member: str) -> bool:
        """Whether this is a program that an alias runs now."""
        return member in self._commands

    def refresh(self) -> None:
        """Read the files again if one has changed. What cannot be read leaves the names as they are."""
        if not self._files or self._states(self._seen) == self._seen:
            return
        try:
            self._read()
        except AliasFileError as fault:
            self._seen = self._states(self._seen)
            logger.warning("the aliases stay as they were: %s", fault)

    def _read(self) -> None:
        names: dict[str, tuple[str, ...]] = {}
        read: list[Path] = []
        for path in reversed(self._files):
            entries, included = read_alias_file(path, commands=self._may_run)
            names |= entries
            read += [path, *included]
        self._names = names | self._settings
        self._commands = frozenset(filter(_is_command, chain.from_iterable(self._names.values())))
        self.version += 1
        self._seen = self._states(read)

    def _states(self, paths: "Sequence[Path] | Mapping[Path, object]") -> dict[Path, tuple[int, int]]:
        return {path: _state(path) for path in paths}

    def __getitem__(self, name: str) -> tuple[str, ...]:
        return self._names[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _is_command(member: str) -> bool:
    return member.startswith(COMMAND_MARK)


def _state(path: Path) -> tuple[int, int]:
    try:
        found = os.stat(path)
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)
