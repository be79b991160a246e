"""`termail-server world`: the practice world alone, until SIGTERM or SIGINT."""

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from bundled_server.clock import WorldClock
from bundled_server.filter_config import FilterSettings
from bundled_server.host.errors import HostCannotStart
from bundled_server.host.folder import FolderError
from bundled_server.mailbox.store import StoreError
from bundled_server.world.api.api import WorldApi, describe
from bundled_server.world.chaos import Chaos
from bundled_server.world.places import PASSWORD, PLACES, place_of
from bundled_server.world.teaching_filters import TEACHING_FILTERS
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
        try:
            clock = WorldClock(options.clock)
            places = tuple(place_of(text) for text in options.host or ()) or PLACES
        except ValueError as error:
            print(f"termail-server: {error}", file=sys.stderr)
            return 2
        try:
            world = World(
                Path(folder).resolve(),
                clock,
                places=places,
                sample_mail=not (options.bare or options.host),
                filters=FilterSettings() if options.host else TEACHING_FILTERS,
            )
            if options.chaos:
                return asyncio.run(_chaos(Path(folder).resolve(), options.chaos, options.seed))
            asyncio.run(_run(world, options))
        except (OSError, HostCannotStart, FolderError, StoreError) as error:
            print(f"termail-server: the practice world cannot start: {error}", file=sys.stderr)
            return 1
    return 0


async def _chaos(folder: Path, minutes: int, seed: int) -> int:
    """The account of a chaos → exit code: 1 when something was lost."""
    async with World(folder, sample_mail=False) as world:
        chaos = Chaos(world, seed)
        print(f"after {minutes} minutes: {await chaos.run(minutes)}", flush=True)
        account = await chaos.settle()
        print(f"when all is well:  {account}", flush=True)
    return 1 if account.lost or account.queued else 0


async def _run(world: World, options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    if options.stop_with_stdin:
        _at_the_end_of_stdin(loop, stop.set)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with world, WorldApi(world) as api:
        print(json.dumps(ready_line(world, api)), flush=True)
        if not options.json:
            print(_for_people(world), file=sys.stderr, flush=True)
        await stop.wait()


def _at_the_end_of_stdin(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    """Call `stop` when whoever holds the other end of standard input is gone, however it went."""

    def look() -> None:
        if not os.read(0, 4096):
            loop.remove_reader(0)
            stop()

    loop.add_reader(0, look)


def ready_line(world: World, api: WorldApi) -> dict[str, object]:
    """What a script reads when every port accepts; `ca` is the authority to trust, `data` each host's folder,
    `api` where the world is told what to do, and where the token for that lies."""
    return {
        "ready": True,
        **describe(world),
        "api": {"url": api.url, "port": int(api.url.rpartition(":")[2]), "token_file": str(api.token_file)},
    }


def _for_people(world: World) -> str:
    lines = [f"The practice world runs; the password of every user is {PASSWORD}. Ctrl-C stops it."]
    for place in world.places:
        ports = ", ".join(f"{service} {port}" for service, port in world.hosts[place.domain].bound_ports.items())
        lines.append(f"  {place.hostname} serves {place.domain} ({', '.join(place.users)}): {ports}")
    return "\n".join(lines)
