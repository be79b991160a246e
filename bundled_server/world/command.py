"""`termail-server world`: the practice world alone, until SIGTERM or SIGINT."""

import argparse
import asyncio
import json
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from bundled_server.clock import Clock, ScaledClock, SystemClock
from bundled_server.world.places import PASSWORD, PLACES
from bundled_server.world.world import World


def main(options: argparse.Namespace) -> int:
    """Run the world; exit code 0 after a signal, 1 when it cannot start."""
    with ExitStack() as exits:
        if options.data is None:
            folder = exits.enter_context(
                tempfile.TemporaryDirectory(prefix="termail-world-", ignore_cleanup_errors=True)
            )
        else:
            folder = str(options.data)
        factor = float(getattr(options, "clock", 1.0))
        clock: Clock = SystemClock() if factor == 1.0 else ScaledClock(factor)
        try:
            asyncio.run(_run(World(Path(folder).resolve(), clock), as_json=options.json))
        except OSError as error:
            print(f"termail-server: the practice world cannot start: {error}", file=sys.stderr)
            return 1
    return 0


async def _run(world: World, *, as_json: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with world:
        print(json.dumps(ready_line(world)), flush=True)
        if not as_json:
            print(_for_people(world), file=sys.stderr, flush=True)
        await stop.wait()


def ready_line(world: World) -> dict[str, object]:
    """What a script reads when every port accepts; `ca` is the authority to trust, `data` each host's folder."""
    return {
        "ready": True,
        "ca": str(world.authority.certificate),
        "hosts": [
            {
                "name": place.hostname,
                "domain": place.domain,
                "ports": dict(world.hosts[place.domain].bound_ports),
                "data": str(world.data / place.hostname),
                "users": list(place.users),
            }
            for place in PLACES
        ],
    }


def _for_people(world: World) -> str:
    lines = [f"The practice world runs; the password of every user is {PASSWORD}. Ctrl-C stops it."]
    for place in PLACES:
        ports = ", ".join(f"{service} {port}" for service, port in world.hosts[place.domain].bound_ports.items())
        lines.append(f"  {place.hostname} serves {place.domain} ({', '.join(place.users)}): {ports}")
    return "\n".join(lines)
