"""The board on which the faults of the world are written up, for those who make them happen."""

from collections.abc import Callable, Iterator

from bundled_server.world.faults.fault import EVERYWHERE, BadFault, Fault


class FaultBoard:
    """`struck` is told whenever a fault did what it is for."""

    def __init__(self, struck: Callable[[Fault, str], None] = lambda fault, where: None) -> None:
        self._faults: dict[str, Fault] = {}
        self._strikes: dict[str, int] = {}
        self._struck = struck

    def active(self) -> tuple[Fault, ...]:
        """What is wrong now, oldest first."""
        return tuple(self._faults.values())

    def put(self, fault: Fault) -> None:
        """Write it up, in place of one of the same key."""
        self._faults[fault.key] = fault
        self._strikes[fault.key] = 0

    def take_off(self, key: str) -> Fault:
        """Wipe it off. Raises BadFault."""
        try:
            fault = self._faults.pop(key)
        except KeyError:
            there = ", ".join(self._faults) or "none"
            raise BadFault(f"no fault {key!r} is set; there are: {there}") from None
        self._strikes.pop(key, None)
        return fault

    def of(self, name: str, target: str) -> Iterator[Fault]:
        """The faults of that name with that target."""
        return (fault for fault in self.active() if fault.name == name and fault.target in (target, EVERYWHERE))

    def on(self, name: str, target: str, service: str) -> Iterator[Fault]:
        """The faults of that name and target that hold on this port."""
        return (fault for fault in self.of(name, target) if fault.text("service") in ("", service))

    def strike(self, fault: Fault, where: str) -> None:
        """The fault does its work once more; one that was to strike some times only may be over now."""
        self._struck(fault, where)
        times = int(fault.number("times"))
        if times and self._faults.get(fault.key) is fault:
            self._strikes[fault.key] += 1
            if self._strikes[fault.key] >= times:
                self.take_off(fault.key)
