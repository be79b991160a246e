"""Faults of the name server: it fails, denies, or keeps silent."""

import dns.flags
import dns.message
import dns.name
import dns.rcode

from bundled_server.world.faults.board import FaultBoard
from bundled_server.world.faults.fault import EVERYWHERE, Fault

RCODES = {"dns-servfail": dns.rcode.SERVFAIL, "dns-nxdomain": dns.rcode.NXDOMAIN}
SILENCE = "dns-timeout"
NAME_FAULTS = frozenset({*RCODES, SILENCE})


class SpoiledNames:
    """What `dns.zone_server.Interfere` asks for."""

    def __init__(self, board: FaultBoard) -> None:
        self._board = board

    def __call__(self, response: dns.message.Message) -> dns.message.Message | None:
        """The response, spoiled when a fault holds for its name; None is silence."""
        for fault in self._board.active():
            if fault.name in NAME_FAULTS and response.question and _concerns(fault, response.question[0].name):
                self._board.strike(fault, response.question[0].to_text())
                if fault.name == SILENCE:
                    return None
                response.answer.clear()
                response.set_rcode(RCODES[fault.name])
                return response
        return response


def _concerns(fault: Fault, name: dns.name.Name) -> bool:
    return fault.target == EVERYWHERE or name.is_subdomain(dns.name.from_text(fault.target))
