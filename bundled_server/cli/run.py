"""`termail-server run`: one mail host from its ready line to SIGTERM."""

import argparse
import asyncio
import json
import logging
import signal
import sys
from collections.abc import Coroutine
from typing import Any

from bundled_server.auth.store_directory import BadUser
from bundled_server.cli.errors import CannotRun, UsageError
from bundled_server.cli.settings import host_settings
from bundled_server.config import HostSettings
from bundled_server.host.errors import HostCannotStart
from bundled_server.host.folder import FolderError
from bundled_server.host.host import Host
from bundled_server.mailbox.store import StoreError

SWITCH_INTERVAL_SECONDS = 0.0005

logger = logging.getLogger(__name__)


def main(options: argparse.Namespace) -> int:
    settings = host_settings(options)
    log_to_stderr(verbose=options.verbose)
    run_until_done(_serve(settings))
    return 0


def log_to_stderr(*, verbose: bool) -> None:
    """The log of a server: one line each, on stderr."""
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    for name in ("asyncio", "aiohttp.access"):
        logging.getLogger(name).setLevel(logging.WARNING)


def run_until_done(work: Coroutine[Any, Any, None]) -> None:
    """Run on uvloop where it is installed.

    The thread that writes to the database asks for the interpreter lock several times for each group of commits:
    with CPython's 5 ms between switches a busy loop would keep everybody's answer waiting.
    """
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    try:
        from uvloop import new_event_loop
    except ImportError:
        asyncio.run(work)
        return
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(work)


def stop_signal() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


def tell_ready(hosts: list[dict[str, Any]], **more: Any) -> None:
    """The one line on stdout that others wait for. Raises CannotRun when nobody can read it."""
    try:
        sys.stdout.write(json.dumps({"ready": True, "hosts": hosts, **more}) + "\n")
        sys.stdout.flush()
    except OSError as fault:
        raise CannotRun(f"the ready line cannot be written to standard output: {fault.strerror}") from fault


async def _serve(settings: HostSettings) -> None:
    stop = stop_signal()
    host = Host(settings)
    try:
        await host.open()
    except (HostCannotStart, FolderError, StoreError) as fault:
        raise CannotRun(str(fault)) from fault
    except BadUser as fault:
        raise UsageError(str(fault)) from fault
    try:
        if not stop.is_set():  # asked to stop while starting: nobody waits for the ports any more
            tell_ready([{"name": settings.hostname, "domain": settings.domain, "ports": host.bound_ports}])
        logger.info("%s is ready for %s: %s", settings.hostname, settings.domain, _ports_text(host))
        await stop.wait()
        logger.info("%s stops", settings.hostname)
    finally:
        await host.close()


def _ports_text(host: Host) -> str:
    return ", ".join(f"{name} {port}" for name, port in host.bound_ports.items())
