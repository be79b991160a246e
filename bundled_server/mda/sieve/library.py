"""The scripts that are run for a user: the host's before, the user's own, the host's after; compiled once."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bundled_server.config import SieveLimits
from bundled_server.mailbox.scripts import ScriptShelf
from bundled_server.mailbox.store import StoreError
from bundled_server.sieve.compiling import compiled
from bundled_server.sieve.errors import SieveError
from bundled_server.sieve.interpreter import Named
from bundled_server.sieve.script import Script
from bundled_server.sieve.surroundings import Location

MOST_COMPILED = 2000
BEFORE, AFTER = "the host's script before", "the host's script after"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Programme:
    """What is run for one message. `broken` is a script that cannot be compiled, with the reason."""

    scripts: tuple[Named, ...]
    library: Mapping[Location, Script] = field(default_factory=dict)
    broken: tuple[str, SieveError] | None = None


@dataclass(slots=True)
class ScriptLibrary:
    """`before` and `after` are files of the host, `global_folder` holds NAME.sieve files for include :global."""

    shelf: ScriptShelf
    limits: SieveLimits
    before: Path | None = None
    after: Path | None = None
    global_folder: Path | None = None
    _compiled: dict[bytes, Script | SieveError] = field(default_factory=dict)

    async def programme(self, user: str) -> Programme | None:
        """None when nothing is to be run for this user."""
        name = await self.shelf.active_name(user)
        if not (name or self.before or self.after):
            return None
        scripts: list[Named] = []
        if self.before is not None:
            scripts += self._host_script(BEFORE, self.before)
        if name:
            try:
                scripts.append(Named(name, self._compile(await self.shelf.get(user, name))))
            except SieveError as fault:
                return Programme((), broken=(name, fault))
            except StoreError as fault:
                return Programme((), broken=(name, SieveError(0, str(fault))))
        if self.after is not None:
            scripts += self._host_script(AFTER, self.after)
        return Programme(tuple(scripts), await self._included(user, scripts))

    def check_host_scripts(self) -> None:
        """Raises SieveError and OSError for a script of the host that cannot be used."""
        for path in (self.before, self.after):
            if path is not None:
                try:
                    self._compile(path.read_bytes())
                except SieveError as fault:
                    raise SieveError(fault.line, f"{fault.text} (in {path})") from fault

    def _host_script(self, name: str, path: Path) -> list[Named]:
        try:
            return [Named(name, self._compile(path.read_bytes()))]
        except (OSError, SieveError) as fault:
            logger.error("%s, %s, is left out: %s", name, path, fault)
            return []

    def _compile(self, content: bytes) -> Script:
        digest = hashlib.sha256(content).digest()
        known = self._compiled.get(digest)
        if known is None:
            if len(self._compiled) >= MOST_COMPILED:
                self._compiled.clear()
            try:
                known = compiled(content, self.limits)
            except SieveError as fault:
                known = fault
            self._compiled[digest] = known
        if isinstance(known, SieveError):
            raise SieveError(known.line, known.text)
        return known

    async def _included(self, user: str, scripts: list[Named]) -> dict[Location, Script]:
        """What the scripts may include, and what that includes; what cannot be had is found missing by the run."""
        library: dict[Location, Script] = {}
        waiting = [place for named in scripts for place in named.script.includes]
        while waiting and len(library) < self.limits.includes:
            place = waiting.pop()
            if place in library:
                continue
            try:
                script = self._compile(await self._content(user, place))
            except (StoreError, OSError, SieveError) as fault:
                logger.info("%s's %s script %r is not included: %s", user, *place, fault)
                continue
            library[place] = script
            waiting += script.includes
        return library

    async def _content(self, user: str, place: Location) -> bytes:
        location, name = place
        if location == "personal":
            return await self.shelf.get(user, name)
        if self.global_folder is None:
            raise FileNotFoundError("this host has no folder of global scripts")
        return (self.global_folder / f"{name}.sieve").read_bytes()
