"""The switchboard: sets, lists and clears faults, and does what writing them up alone does not."""

import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from bundled_server.dns.zone_server import Zones
from bundled_server.world.faults.board import FaultBoard
from bundled_server.world.faults.fault import HOST, KINDS, PEER, BadFault, Fault, checked
from bundled_server.world.faults.names import NAME_FAULTS
from bundled_server.world.journal import WorldJournal
from bundled_server.world.places import BLOCK_LIST, LISTED
from bundled_server.world.station import Station
from bundled_server.world.virus_scanner import VirusScanner


class Subject(Protocol):
    """What can be done to a world."""

    board: FaultBoard
    journal: WorldJournal
    zones: Zones
    scanners: dict[str, VirusScanner]

    def station(self, name: str) -> Station: ...

    def forget_names(self) -> None: ...


class Switchboard:
    """Faults come and go here, and the journal is told."""

    def __init__(self, world: Subject) -> None:
        self._world = world

    def active(self) -> tuple[Fault, ...]:
        """What is wrong now, oldest first."""
        return self._world.board.active()

    async def set(self, fault: Fault) -> Fault:
        """Make it happen → the fault as it was written up. Raises BadFault."""
        fault = self._addressed(checked(fault))
        self._world.board.put(fault)
        await self._switch(fault, on=True)
        self._world.journal.note("fault set", _described(fault))
        return fault

    async def clear(self, key: str) -> Fault:
        """End one, by its key. Raises BadFault, and OSError when a host cannot start again: then it stays."""
        fault = self._world.board.take_off(key)
        try:
            await self._switch(fault, on=False)
        except OSError:
            self._world.board.put(fault)
            raise
        self._world.journal.note("fault cleared", _described(fault))
        return fault

    async def clear_all(self) -> int:
        """End all of them → how many there were."""
        faults = self.active()
        for fault in faults:
            await self.clear(fault.key)
        return len(faults)

    def _addressed(self, fault: Fault) -> Fault:
        """The target by the name that the world knows it by."""
        target = KINDS[fault.name].target
        if target == HOST:
            try:
                hostname = self._world.station(fault.target).place.hostname
            except LookupError as error:
                raise BadFault(str(error)) from error
            return Fault(fault.name, hostname, fault.parameters)
        if target == PEER:
            try:
                ipaddress.IPv4Address(fault.target)
            except ValueError:
                raise BadFault(f"{fault.name} wants the IPv4 address of a peer, not {fault.target!r}") from None
        if not fault.target:
            raise BadFault(f"{fault.name} wants a target: the {target}")
        return fault

    async def _switch(self, fault: Fault, *, on: bool) -> None:
        if fault.name in NAME_FAULTS:
            self._world.forget_names()
        elif (act := _ACTS.get(fault.name)) is not None:
            await act(self._world, fault, on)


async def _power(world: Subject, fault: Fault, on: bool) -> None:
    station = world.station(fault.target)
    if on:
        await station.stop(keeps_ports=True)
        return
    await station.start()
    for other in world.board.of("greylist", fault.target):  # a host that starts has its filters as configured
        await _greylist(world, other, True)


async def _list(world: Subject, fault: Fault, on: bool) -> None:
    """A block list names an address backwards (RFC 5782)."""
    name = ".".join([*reversed(fault.target.split(".")), BLOCK_LIST])
    if on:
        world.zones.put(name, "A", LISTED)
        world.zones.put(name, "TXT", f"{fault.target} is listed for practice")
    else:
        world.zones.remove(name, "A")
        world.zones.remove(name, "TXT")
    world.forget_names()


async def _greylist(world: Subject, fault: Fault, on: bool) -> None:
    station = world.station(fault.target)
    if station.is_up:
        station.host.filters.chain.switch("greylist", on=on)


async def _scanner(world: Subject, fault: Fault, on: bool) -> None:
    scanner = world.scanners[fault.target]
    await (scanner.close() if on else scanner.open())


_ACTS: Mapping[str, Callable[[Subject, Fault, bool], Awaitable[None]]] = {
    "host-down": _power,
    "dnsbl-listed": _list,
    "greylist": _greylist,
    "clamd-down": _scanner,
}


def _described(fault: Fault) -> str:
    values = " ".join(f"{name}={value}" for name, value in fault.parameters.items() if value != "")
    return f"{fault.name} {fault.target} {values}".strip()
