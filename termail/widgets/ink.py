"""Ink: the base of every widget that draws its own lines, with one component style for each colour role."""

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

Run = tuple[str, str]  # text and the role it is drawn in


ASCII = str.maketrans(
    {"▌": ">", "├": "|", "└": "`", "│": "|", "─": "-", "┬": "-", "·": "-", "…": "~", "⟳": "~", "✉": "@", "✗": "x"}
    | {
        "✓": "+",
        "▸": ">",
        "◂": "<",
        "▾": "v",
        "▴": "^",
        "→": ">",
        "←": "<",
        "⏎": "$",
        "•": "*",
        "“": '"',
        "”": '"',
    }
    | {
        "┌": "+",
        "┐": "+",
        "┘": "+",
        "┤": "|",
        "┼": "+",
        "═": "=",
        "█": "#",
        "░": ".",
        "◉": "o",
        "○": "o",
        "●": "*",
    }
)
"""What the interface draws with, for terminals and screen readers that know ASCII alone (cell for cell)."""


class Ink(Widget):
    """Widgets below it draw runs of (text, role); `style_of` turns roles into styles of the theme."""

    COMPONENT_CLASSES = {  # noqa: RUF012 # Textual's declaration
        "ink--text",
        "ink--strong",
        "ink--dim",
        "ink--faint",
        "ink--accent",
        "ink--new",
        "ink--flagged",
        "ink--deleted",
        "ink--tagged",
        "ink--selected",
        "ink--quote-1",
        "ink--quote-2",
        "ink--quote-3",
        "ink--link",
        "ink--match",
        "ink--ok",
        "ink--warning",
        "ink--error",
        "ink--added",
        "ink--removed",
    }
    DEFAULT_CSS = """
    Ink { background: $mail-background; color: $mail-text; }
    Ink > .ink--text { color: $mail-text; }
    Ink > .ink--strong { color: $mail-text; text-style: bold; }
    Ink > .ink--dim { color: $mail-dim; }
    Ink > .ink--faint { color: $mail-faint; }
    Ink > .ink--accent { color: $mail-accent; }
    Ink > .ink--new { color: $mail-new; text-style: bold; }
    Ink > .ink--flagged { color: $mail-flagged; text-style: bold; }
    Ink > .ink--deleted { color: $mail-deleted; text-style: strike; }
    Ink > .ink--tagged { color: $mail-tagged; text-style: bold; }
    Ink > .ink--selected { background: $mail-selected-background; color: $mail-selected-text; }
    Ink:ansi > .ink--selected { text-style: reverse; }
    Ink > .ink--quote-1 { color: $mail-quote-1; }
    Ink > .ink--quote-2 { color: $mail-quote-2; }
    Ink > .ink--quote-3 { color: $mail-quote-3; }
    Ink > .ink--link { color: $mail-link; text-style: underline; }
    Ink > .ink--match { color: $mail-match-text; background: $mail-match-background; }
    Ink > .ink--ok { color: $mail-ok; }
    Ink > .ink--warning { color: $mail-warning; }
    Ink > .ink--error { color: $mail-error; text-style: bold; }
    Ink > .ink--added { color: $mail-added; }
    Ink > .ink--removed { color: $mail-removed; }
    """

    _styles: dict[tuple[str, bool], Style] | None = None
    _styles_theme = ""

    def notify_style_update(self) -> None:
        """Another theme, or another class of this widget."""
        self._styles = None
        super().notify_style_update()

    def style_of(self, role: str, *, selected: bool = False) -> Style:
        """The style of a role on this widget's background, or on the selection bar; found once for each theme."""
        theme = self.app.theme
        if self._styles is None or theme != self._styles_theme:
            self._styles, self._styles_theme = {}, theme
        style = self._styles.get((role, selected))
        if style is None:
            style = self._styles[role, selected] = self._find_style(role, selected=selected)
        return style

    def _find_style(self, role: str, *, selected: bool) -> Style:
        base = self.rich_style
        if base.reverse:  # a bar on a terminal of 16 colours: reversed colours would be patches
            return base + Style(bold=role in _BOLD)
        style = base + self.get_component_rich_style("ink--" + role, partial=True)
        if not selected:
            return style
        bar = self.get_component_rich_style("ink--selected", partial=True)
        if bar.reverse:
            return Style(bold=style.bold, strike=style.strike) + bar
        return style + Style(bgcolor=bar.bgcolor) if role in _SPEAKING else style + bar

    def blank(self, width: int) -> Strip:
        """A line with nothing on it."""
        return Strip([Segment(" " * width, self.style_of("text"))], width)

    def strip_of(self, runs: list[Run], width: int, *, selected: bool = False) -> Strip:
        """Runs as one line of exactly `width` cells."""
        segments: list[Segment] = []
        left = width
        draws_ascii = self.app.has_class("-ascii")
        discreet = getattr(self.app, "discreet", None)  # an audience looks on: what is not theirs is covered
        for text, role in runs:
            if left <= 0:
                break
            if discreet is not None:
                text = discreet(text)
            cells = cell_len(text)
            if cells > left:
                text, cells = fit(text, left), left
            if draws_ascii:  # after the cut, which may have left an ellipsis; every sign keeps its width
                text = text.translate(ASCII)
            segments.append(Segment(text, self.style_of(role, selected=selected)))
            left -= cells
        if left > 0:
            segments.append(Segment(" " * left, self.style_of("text", selected=selected)))
        return Strip(segments, width)


_BOLD = frozenset({"strong", "accent", "error", "warning", "new"})

# Roles whose colour carries meaning keep it on the selection bar.
_SPEAKING = frozenset({"accent", "flagged", "tagged", "deleted", "ok", "warning", "error", "link", "match", "dim"})


def fit(text: str, width: int, *, right: bool = False) -> str:
    """`text` in exactly `width` cells: cut with an ellipsis, or padded."""
    cells = cell_len(text)
    if cells > width:
        return set_cell_size(text, width - 1) + "…" if width > 0 else ""
    padding = " " * (width - cells)
    return padding + text if right else text + padding


def runs_length(runs: list[Run]) -> int:
    """Cells of some runs together."""
    return sum(cell_len(text) for text, _ in runs)
