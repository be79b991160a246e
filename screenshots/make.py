"""Make the README's pictures from the practice world: the client, key by key, as PNG.

    python screenshots/make.py [--out DIR] [--theme NAME] [--config DIR --data DIR] [SCENE...]

Without --data it starts the practice world and fetches Alice's mail from it. PNGs need rsvg-convert.
"""

import argparse
import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from picture import svg_of, write_png  # beside this file, which is no package

from termail.agent.messages import AccountState, WireLine
from termail.agent.once import sync_once
from termail.app import TermailApp, places
from termail.classroom.journey.source import held_message, read_journey
from termail.classroom.journey.svg import as_svg
from termail.classroom.practice_accounts import write_settings
from termail.classroom.practice_world import PracticeWorld
from termail.config import load
from termail.keymap import Keymap
from termail.screens.services import NoAgent, Services
from termail.store.local_store import LocalStore

JOURNEY_OF = "<lunch-1@other.test>"


@dataclass(frozen=True, slots=True)
class Scene:
    """Keys to press on a screen of this size, and the name of the picture."""

    name: str
    columns: int
    rows: int
    keys: tuple[str, ...] = ()
    theme: str = ""


def _find(words: str) -> tuple[str, ...]:
    return ("=", "slash", *(key if key != " " else "space" for key in words), "enter")


_READ_PATCH = (*_find("patch"), "enter")
_JOURNEY = (*_find("lunch"), "alt+J", "left", "left", "left", "left")
SCENES = (
    Scene("index", 100, 30, _find("lunch")),
    Scene("pager", 100, 30, _READ_PATCH),
    Scene("compose", 100, 30, (*_find("entrega"), "r", "escape")),
    Scene("folders", 100, 30, ("y",)),
    Scene("wire", 100, 30, (*_find("welcome"), "enter", "W")),
    Scene("wide", 160, 48, _find("packet")),
    Scene("journey", 100, 32, _JOURNEY),
    Scene("wire-view", 100, 32, ("f5", "x", *_find("rcpt to"))),
    Scene("console", 100, 30, ("f3", "1", "n", "n", "n", "n")),
    Scene("anatomy", 100, 30, (*_find("multipart"), "f4", "t", "j", "j", "enter", "j", "j", "j")),
    Scene("lesson", 100, 30, ("f1", "j", "enter", "o", *"HELO", "space", *"server.other.test", "enter", "escape")),
)
EXTRA_SCENES = (
    Scene("small", 80, 24, _find("lunch")),
    Scene("small-pager", 80, 24, _READ_PATCH),
    Scene("small-compose", 80, 24, (*_find("entrega"), "r", "escape")),
    Scene("help", 80, 24, ("question_mark",)),
    Scene("journey-timeline", 80, 24, (*_JOURNEY, "t")),
    Scene("journey-wide", 160, 48, _JOURNEY),
    Scene("small-wire-view", 80, 24, ("f5", "x", *_find("rcpt to"))),
    Scene("wire-beside", 160, 48, (*_find("welcome"), "f6")),
    Scene("world", 100, 30, ("f2",)),
    Scene("presenter", 100, 30, ("f10", *_find("lunch"), "enter")),
    Scene("attachments", 100, 30, (*_find("multipart"), "v")),
    Scene("newsletter", 100, 30, (*_find("packet"), "enter")),
    Scene("wide-pager", 160, 48, _READ_PATCH),
    Scene("light", 100, 30, _find("lunch"), "light"),
    Scene("high-contrast", 100, 30, _READ_PATCH, "high-contrast"),
    Scene("terminal", 100, 30, _READ_PATCH, "terminal"),
)


@contextlib.contextmanager
def _mailbox(config: Path | None, data: Path | None) -> Iterator[tuple[Path, Path, list[WireLine]]]:
    """Settings, data and the dialogue that filled them: the user's own, or Alice's in a fresh practice world."""
    if config is not None and data is not None:
        yield config, data, []
        return
    with tempfile.TemporaryDirectory() as folder, PracticeWorld(Path(folder) / "world") as world:
        heard: list[WireLine] = []
        settings = write_settings(world, "alice", Path(folder) / "config")
        asyncio.run(sync_once(settings, Path(folder) / "data", heard=heard.append))
        yield settings, Path(folder) / "data", heard


def _services(config: Path, store: LocalStore, heard: list[WireLine]) -> Services:
    settings = load(config)
    services = Services(store, NoAgent(), settings, Keymap(settings.keys), time.time, places())
    name = next(iter(settings.accounts))
    services.take(AccountState(account=name, state="idle", text="synced 4 s ago"))
    for line in heard:
        services.take(line)
    return services


async def shoot(scene: Scene, services: Services, theme: str, out: Path) -> Path:
    """One picture."""
    app = TermailApp(services)
    async with app.run_test(size=(scene.columns, scene.rows)) as pilot:
        app.theme = scene.theme or theme
        await pilot.pause()
        for key in scene.keys:
            await pilot.press(key)
            async with asyncio.timeout(20):
                while not app.type_ahead.is_idle or _is_reading(app):
                    await pilot.pause(0.02)
        await pilot.pause(0.2)
        path = out / f"{scene.name}.png"
        write_png(svg_of(app), path)
    return path


async def draw_journey(config: Path, data: Path, out: Path) -> Path:
    """The journey of a message as `termail journey --svg` prints it."""
    store = LocalStore(data / "mail.sqlite3")
    try:
        raw = held_message(store, JOURNEY_OF)
        journey = await read_journey(JOURNEY_OF, world=load(config).practice.world, store=store, raw=raw)
    finally:
        store.close()
    path = out / "journey.svg"
    path.write_text(as_svg(journey))
    return path


def _is_reading(app: TermailApp) -> bool:
    return any(
        worker.group in ("message", "listing", "preview") and not worker.is_finished for worker in app.workers
    )


def main() -> int:
    """The README's scenes, or the ones named; `all` for every one there is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenes", nargs="*", metavar="SCENE")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--theme", default="dark")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    os.environ["COLORTERM"] = "truecolor"
    for name in ("NO_COLOR", "EDITOR", "VISUAL"):
        os.environ.pop(name, None)
    wanted = (*SCENES, *EXTRA_SCENES) if options.scenes else SCENES
    if options.scenes not in ([], ["all"]):
        wanted = tuple(scene for scene in wanted if scene.name in options.scenes)
    with _mailbox(options.config, options.data) as (config, data, heard):
        if not options.scenes or "journey-svg" in options.scenes:
            print(asyncio.run(draw_journey(config, data, options.out)))
        for scene in wanted:
            store = LocalStore(data / "mail.sqlite3")
            try:
                services = _services(config, store, heard)
                print(asyncio.run(shoot(scene, services, options.theme, options.out)))
            finally:
                store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
