"""A screen of the client as a picture: SVG by hand, cell by cell, and PNG by rsvg-convert."""

import shutil
import subprocess
from collections.abc import Iterator
from html import escape
from pathlib import Path

from rich.cells import cell_len
from rich.color import ColorType
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from textual.app import App

FONT = "DejaVu Sans Mono, monospace"
WIDE_FONTS = "VL Gothic, Noto Sans Mono CJK JP, Noto Color Emoji, DejaVu Sans Mono"
FONT_SIZE = 14.0
CELL = FONT_SIZE * 0.60205  # the advance of DejaVu Sans Mono
LINE = 17.0
MARGIN = 10.0
ZOOM = 1.4
TERMINAL = TerminalTheme(
    (21, 23, 28),
    (201, 204, 211),
    [(40, 42, 46), (232, 133, 127), (143, 191, 127), (229, 192, 123), (127, 180, 224), (164, 147, 184),
     (127, 200, 184), (201, 204, 211)],
    [(134, 140, 153), (240, 150, 145), (160, 205, 145), (240, 205, 140), (150, 195, 235), (185, 165, 205),
     (145, 215, 200), (255, 255, 255)],
)  # fmt: skip


def svg_of(app: App[object]) -> str:
    """The screen as it stands now."""
    width, height = app.size
    background = _hex(app.screen.rich_style, background=True)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width * CELL + 2 * MARGIN:.0f}" '
        f'height="{height * LINE + 2 * MARGIN:.0f}" font-family="{FONT}" font-size="{FONT_SIZE:g}px">',
        f'<rect width="100%" height="100%" rx="8" fill="{background}"/>',
    ]
    for y, strip in enumerate(app.screen._compositor.render_strips()):
        parts += _line(list(strip), MARGIN + y * LINE, background)
    return "\n".join([*parts, "</svg>"])


def _line(segments: list[Segment], top: float, background: str) -> Iterator[str]:
    x = MARGIN
    texts: list[str] = []
    for segment in segments:
        style, width = segment.style or Style(), cell_len(segment.text) * CELL
        ground, ink = _hex(style, background=True), _hex(style, background=False)
        if style.reverse:
            ground, ink = ink, ground
        if ground != background:
            size = f'width="{width + 0.3:.2f}" height="{LINE + 0.3:g}"'
            yield f'<rect x="{x:.2f}" y="{top:g}" {size} fill="{ground}"/>'
        texts += _words(segment.text, x, top + LINE * 0.76, ink, style)
        x += width
    yield from texts


def _words(text: str, x: float, baseline: float, ink: str, style: Style) -> Iterator[str]:
    """Letters of the terminal's own font together; every other one at its own cell."""
    looks = f' fill="{ink}"'
    looks += ' font-weight="bold"' if style.bold else ""
    looks += ' text-decoration="underline"' if style.underline else ""
    looks += ' text-decoration="line-through"' if style.strike else ""
    for piece, at in _pieces(text):
        if piece.strip():
            lead = len(piece) - len(piece.lstrip(" "))
            place = x + (at + lead) * CELL
            font = f' font-family="{WIDE_FONTS}"' if cell_len(piece) > len(piece) else ""
            words = escape(piece.strip(" "))
            yield f'<text x="{place:.2f}" y="{baseline:.2f}" xml:space="preserve"{looks}{font}>{words}</text>'


def _pieces(text: str) -> Iterator[tuple[str, int]]:
    """(text, cell) of runs: words of the usual letters, runs of right-to-left letters, single others."""
    at = start = 0
    run, kind = "", ""
    for character in text:
        cells = cell_len(character)
        code = ord(character)
        now = "rtl" if 0x590 <= code < 0x900 else "own" if code < 0x500 or 0x2500 <= code < 0x25A0 else "other"
        if not cells and run:
            run += character
            continue
        if run and (now != kind or now == "other"):
            yield run, start
            run = ""
        if not run:
            start = at
        run, kind = run + character, now
        at += cells
    if run:
        yield run, start


def _hex(style: Style, *, background: bool) -> str:
    colour = style.bgcolor if background else style.color
    if colour is None or colour.type is ColorType.DEFAULT:
        red, green, blue = TERMINAL.background_color if background else TERMINAL.foreground_color
    else:
        red, green, blue = colour.get_truecolor(TERMINAL, foreground=not background)
    return f"#{red:02x}{green:02x}{blue:02x}"


def write_png(svg: str, path: Path) -> None:
    """Raises RuntimeError when there is no rsvg-convert."""
    program = shutil.which("rsvg-convert")
    if program is None:
        packages = "librsvg2-bin pngquant fonts-dejavu fonts-vlgothic fonts-noto-color-emoji"
        raise RuntimeError(f"rsvg-convert is not installed (Debian: {packages})")
    subprocess.run([program, "--zoom", f"{ZOOM}", "-o", str(path)], input=svg.encode(), check=True)
    smaller = shutil.which("pngquant")
    if smaller is not None:
        subprocess.run([smaller, "--force", "--strip", "--ext", ".png", "64", str(path)], check=True)
