"""Make the README's pictures: the client over a store, key by key, as SVG and PNG.

    python screenshots/make.py [--out DIR] [--config DIR --data DIR] [--theme NAME] [SCENE...]

Without --data it fills a store with the sample mail beside this file. PNGs need rsvg-convert or cairosvg.
"""

import argparse
import asyncio
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import sample_mail  # beside this file, which is no package

from termail.agent.messages import AccountState, WireLine
from termail.app import TermailApp, places
from termail.config import Account, Settings, Ui, load
from termail.keymap import Keymap
from termail.screens.services import NoAgent, Services
from termail.store.local_store import LocalStore


@dataclass(frozen=True, slots=True)
class Scene:
    """Keys to press on a screen of this size, and the name of the picture."""

    name: str
    columns: int
    rows: int
    keys: tuple[str, ...] = ()
    theme: str = ""


_TO_COVER = ("=", *("j",) * 5)
SCENES = (
    Scene("index", 100, 30, (*_TO_COVER, "j", "j", "j")),
    Scene("pager", 100, 30, (*_TO_COVER, "enter")),
    Scene("compose", 100, 30, (*_TO_COVER, "r", "escape")),
    Scene("folders", 100, 30, ("y",)),
    Scene("help", 100, 30, ("?",)),
    Scene("wire", 100, 30, (*_TO_COVER, "enter", "W")),
    Scene("wide", 180, 40, _TO_COVER),
    Scene("small", 80, 24, _TO_COVER),
    Scene("light", 100, 30, _TO_COVER, "light"),
    Scene("high-contrast", 100, 30, _TO_COVER, "high-contrast"),
    Scene("terminal", 100, 30, _TO_COVER, "terminal"),
    Scene("attachments", 100, 30, ("*", "k", "k", "k", "v")),
)

_WIRE = (
    ("C", "a7 UID STORE 4711 +FLAGS.SILENT (\\Seen)"),
    ("S", "* 104 FETCH (UID 4711 MODSEQ (918) FLAGS (\\Seen))"),
    ("S", "a7 OK [HIGHESTMODSEQ 918] Store completed"),
    ("C", "a8 IDLE"),
    ("S", "+ idling"),
    ("S", "* 105 EXISTS"),
)


def _services(config: Path | None, store: LocalStore, theme: str) -> Services:
    account = Account(
        from_="Alice <alice@cities.org>",
        retrieve="imaps://alice@mail.cities.org",
        send="smtp://alice@mail.cities.org:587",
    )
    settings = (
        load(config) if config else Settings(accounts={"work": account}, ui=Ui(theme=theme, undo_send_seconds=10))
    )
    now = time.time() if config else sample_mail.NOW.timestamp()
    services = Services(store, NoAgent(), settings, Keymap(settings.keys), lambda: now, places())
    name = next(iter(settings.accounts))
    services.take(AccountState(account=name, state="idle", text="synced 4 s ago"))
    for step, (direction, text) in enumerate(_WIRE):
        services.take(
            WireLine(account=name, protocol="imap", direction=direction, time=now - 9 + step / 7, text=text)
        )
    return services


async def shoot(scene: Scene, services: Services, out: Path) -> Path:
    """One picture as SVG."""
    app = TermailApp(services)
    async with app.run_test(size=(scene.columns, scene.rows)) as pilot:
        app.theme = scene.theme or app.theme
        await pilot.pause()
        for key in scene.keys:
            await pilot.press(key)
            busy = [worker for worker in app.workers if worker.group in ("message", "listing", "preview")]
            if busy:
                await app.workers.wait_for_complete(busy)
            await pilot.pause()
        await pilot.pause(0.15)
        path = out / f"{scene.name}.svg"
        path.write_text(_placed(app.export_screenshot(title="termail")), encoding="utf-8")
    return path


_TEXT = re.compile(
    r'<text class="([^"]*)" x="([^"]*)" y="([^"]*)" textLength="([^"]*)"([^>]*)>'
    r"((?:&#160;)*)(.*?)((?:&#160;)*)</text>"
)
_CELL = 12.2  # pixels; Rich's SVG template


def _placed(svg: str) -> str:
    """Renderers collapse the spaces around a text: move the text instead, and leave out blank ones."""

    def place(found: re.Match[str]) -> str:
        kind, x, y, length, rest, before, text, after = found.groups()
        if not text:
            return ""
        left, right = before.count("&") * _CELL, after.count("&") * _CELL
        return (
            f'<text class="{kind}" x="{float(x) + left:g}" y="{y}" '
            f'textLength="{float(length) - left - right:g}"{rest}>{text}</text>'
        )

    return _TEXT.sub(place, svg)


def to_png(svg: Path) -> None:
    """With whatever is installed."""
    png = svg.with_suffix(".png")
    if shutil.which("rsvg-convert"):
        subprocess.run(["rsvg-convert", "--zoom", "1.0", "-o", str(png), str(svg)], check=True)
        return
    try:
        import cairosvg
    except ImportError:
        print(f"{svg.name}: no rsvg-convert and no cairosvg, so no PNG", file=sys.stderr)
        return
    cairosvg.svg2png(url=str(svg), write_to=str(png))


def main() -> int:
    """All scenes, or the ones named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenes", nargs="*", metavar="SCENE")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--theme", default="dark")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for scene in SCENES:
        if options.scenes and scene.name not in options.scenes:
            continue
        with tempfile.TemporaryDirectory() as folder:
            store = (
                LocalStore(options.data / "mail.sqlite3")
                if options.data
                else sample_mail.fill(Path(folder) / "mail.sqlite3")
            )
            svg = asyncio.run(shoot(scene, _services(options.config, store, options.theme), options.out))
            store.close()
        to_png(svg)
        print(svg)
    return 0


if __name__ == "__main__":
    sys.exit(main())
