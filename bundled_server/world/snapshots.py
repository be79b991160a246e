"""Snapshots: the mail, users, queues and zones of the whole world under a name, and the way back to them."""

import asyncio
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from bundled_server.dns.zone_server import Zones
from bundled_server.mailbox.sqlite.copies import TooBusy, copy_together, latest_validity, renew_validity
from bundled_server.world.faults.board import FaultBoard
from bundled_server.world.journal import WorldJournal
from bundled_server.world.station import Station
from bundled_server.world.virus_scanner import VirusScanner

START = "start"
"""The snapshot that the world takes of itself when it opens."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
ZONES = "zones.txt"
DATABASE_LEFTOVERS = ("-wal", "-shm")


class BadSnapshot(Exception):
    """There is no such snapshot, or it cannot be taken; the text says why."""


class Subject(Protocol):
    """What is kept of a world."""

    data: Path
    stations: dict[str, Station]
    zones: Zones
    board: FaultBoard
    scanners: dict[str, VirusScanner]
    journal: WorldJournal

    def forget_names(self) -> None: ...


class Snapshots:
    """They lie in the world's folder and outlast it. One is taken or restored at a time."""

    def __init__(self, world: Subject) -> None:
        self._world = world
        self._busy = asyncio.Lock()

    def names(self) -> list[str]:
        """Which there are."""
        return sorted(path.parent.name for path in self._folder.glob(f"*/{ZONES}"))

    async def take(self, name: str) -> None:
        """Copy everything as it stands at one moment, while the hosts run; replaces one of that name. Raises
        BadSnapshot."""
        folder = self._place(name)
        async with self._busy:
            try:
                await asyncio.to_thread(self._write, folder)
            except TooBusy as weather:
                raise BadSnapshot(str(weather)) from weather
        self._world.journal.note("snapshot", f"taken: {name}")

    async def restore(self, name: str = START) -> None:
        """Put everything back: the hosts stop, get what they had, and start on the same ports; no fault stays.
        Clients have to connect again, and find a new UIDVALIDITY. Raises BadSnapshot."""
        folder = self._place(name)
        if not (folder / ZONES).exists():
            known = ", ".join(self.names()) or "none"
            raise BadSnapshot(f"there is no snapshot {name!r}; there is: {known}")
        world = self._world
        stations = list(world.stations.values())
        async with self._busy:
            for fault in world.board.active():
                world.board.take_off(fault.key)
            await asyncio.gather(*(station.stop(keeps_ports=True) for station in stations))
            try:
                await asyncio.to_thread(_put_back, folder, stations)
                world.zones.replace((folder / ZONES).read_text("utf-8"))
            finally:
                world.forget_names()
                for scanner in world.scanners.values():
                    await scanner.open()
                for station in stations:
                    await station.start()
        world.journal.note("reset", f"to the snapshot {name}")

    @property
    def _folder(self) -> Path:
        return self._world.data / "snapshots"

    def _place(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise BadSnapshot(f"{name!r} is no name for a snapshot: use small letters, digits, dot, hyphen")
        return self._folder / name

    def _write(self, folder: Path) -> None:
        stations = self._world.stations.values()
        for station in stations:
            (folder / station.place.hostname).mkdir(parents=True, exist_ok=True, mode=0o700)
        copy_together(
            {station.host.folder.database: _kept(folder, station) / "host.sqlite" for station in stations}
        )
        for station in stations:
            shutil.copy2(station.host.folder.domains, _kept(folder, station) / "domains.json")
        (folder / ZONES).write_text("\n".join(self._world.zones.records()) + "\n", "utf-8")


def _kept(folder: Path, station: Station) -> Path:
    return folder / station.place.hostname


def _put_back(folder: Path, stations: Iterable[Station]) -> None:
    for station in stations:
        database = station.host.folder.database
        used = latest_validity(database)
        for leftover in DATABASE_LEFTOVERS:
            database.with_name(database.name + leftover).unlink(missing_ok=True)
        shutil.copy2(_kept(folder, station) / "host.sqlite", database)
        renew_validity(database, used)
        shutil.copy2(_kept(folder, station) / "domains.json", station.host.folder.domains)
