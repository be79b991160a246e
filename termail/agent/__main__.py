"""The agent's process: `python -m termail.agent --config DIR --data DIR`, started by AgentClient."""

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Final

from termail.agent.place import NotOurs, Place

READY: Final = b"ready\n"
EXIT_OTHER_RUNS: Final = 3
LOG_LIMIT_OCTETS: Final = 5_000_000


def main() -> int:
    """0: no longer needed. 3: another agent runs. 1: it cannot work, the reason is in the log."""
    parser = argparse.ArgumentParser(prog="python -m termail.agent", description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    os.umask(0o077)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("aioimaplib").setLevel(logging.WARNING)  # its DEBUG lines hold tokens
    try:
        place = Place(options.data)
        lock = place.lock()
    except (NotOurs, OSError) as error:
        logging.getLogger(__name__).error("cannot use %s: %s", options.data, error)
        return 1
    if lock is None:
        return EXIT_OTHER_RUNS
    try:
        return asyncio.run(_run(options.config, place))
    finally:
        lock.release()


async def _run(config: Path, place: Place) -> int:
    from termail.agent.supervisor import Agent
    from termail.config import SettingsError, load
    from termail.store.local_store import LocalStore

    log = logging.getLogger(__name__)
    if place.log.exists() and place.log.stat().st_size > LOG_LIMIT_OCTETS:
        os.truncate(place.log, 0)
    try:
        settings = load(config)
        store = LocalStore(place.store)
    except (SettingsError, OSError, RuntimeError) as error:
        log.error("%s", error)
        return 1
    try:
        agent = Agent(settings, config, place, store)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, agent.stop)
        await agent.run(_say_ready)
    finally:
        store.close()
    return 0


def _say_ready() -> None:
    """Whoever started us may connect now; from here standard output is nobody's."""
    with contextlib.suppress(OSError):
        os.write(sys.stdout.fileno(), READY)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())
