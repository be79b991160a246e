"""The themes: each gives every colour role of the client a value; nothing else knows a colour."""

from textual.theme import Theme

ROLES = (
    "mail-background",
    "mail-text",
    "mail-dim",
    "mail-faint",
    "mail-accent",
    "mail-selected-background",
    "mail-selected-text",
    "mail-bar-background",
    "mail-bar-text",
    "mail-bar-dim",
    "mail-new",
    "mail-flagged",
    "mail-deleted",
    "mail-tagged",
    "mail-quote-1",
    "mail-quote-2",
    "mail-quote-3",
    "mail-link",
    "mail-match-background",
    "mail-match-text",
    "mail-ok",
    "mail-warning",
    "mail-error",
    "mail-added",
    "mail-removed",
)

_DARK = (
    "#15171c #c9ccd3 #868c99 #4a4f5a #7fc8b8 #2a2f3a #ffffff #1e2128 #c9ccd3 #868c99"
    " #f2f3f5 #e8857f #6b707b #e5c07b #9bb88f #8ea6c4 #a493b8 #7fb4e0 #e5c07b #15171c #8fbf7f #e5c07b #e8857f"
    " #9bc48a #e8857f"
)
_LIGHT = (
    "#fbfaf7 #2b2d33 #6c707a #c9c7c0 #0b6e62 #dfe9e6 #101114 #eeece6 #2b2d33 #6c707a"
    " #000000 #b3261e #8d9099 #8a5a00 #3c6e3f #35598c #6d4a87 #1a5fb4 #ffd866 #000000 #2f7a3b #8a5a00 #b3261e"
    " #24692f #b3261e"
)
_HIGH_CONTRAST = (
    "#000000 #ffffff #d0d0d0 #808080 #00ffd7 #ffff00 #000000 #262626 #ffffff #d0d0d0"
    " #ffffff #ff8787 #b0b0b0 #ffff00 #87ff87 #87d7ff #ffafff #5fd7ff #ffff00 #000000 #87ff5f #ffff00 #ff8787"
    " #87ff5f #ff8787"
)
_TERMINAL = (
    "ansi_default ansi_default ansi_bright_black ansi_bright_black ansi_cyan ansi_default ansi_default"
    " ansi_default ansi_default ansi_bright_black"
    " ansi_default ansi_red ansi_bright_black ansi_yellow ansi_green ansi_blue ansi_magenta ansi_blue"
    " ansi_yellow ansi_black ansi_green ansi_yellow ansi_red ansi_green ansi_red"
)


def _roles(colours: str) -> dict[str, str]:
    return dict(zip(ROLES, colours.split(), strict=True))


def _theme(name: str, colours: str, *, dark: bool, ansi: bool = False) -> Theme:
    roles = _roles(colours)
    background = roles["mail-background"]
    return Theme(
        name=name,
        primary=roles["mail-accent"],
        accent=roles["mail-accent"],
        warning=roles["mail-warning"],
        error=roles["mail-error"],
        success=roles["mail-ok"],
        foreground=roles["mail-text"],
        background=background,
        surface=background,
        panel=roles["mail-bar-background"],
        dark=dark,
        ansi=ansi,
        variables=roles
        | {
            "input-cursor-background": roles["mail-text"] if not ansi else "ansi_white",
            "input-cursor-foreground": background if not ansi else "ansi_black",
            "ansi-background": "ansi_black",
            "ansi-foreground": "ansi_white",
            "scrollbar": roles["mail-faint"],
            "scrollbar-background": background,
            "scrollbar-background-hover": background,
            "scrollbar-background-active": background,
            "scrollbar-hover": roles["mail-dim"],
            "scrollbar-active": roles["mail-accent"],
        },
    )


THEMES: dict[str, Theme] = {
    "dark": _theme("dark", _DARK, dark=True),
    "light": _theme("light", _LIGHT, dark=False),
    "high-contrast": _theme("high-contrast", _HIGH_CONTRAST, dark=True),
    "terminal": _theme("terminal", _TERMINAL, dark=True, ansi=True),
}


def default_roles() -> dict[str, str]:
    """Every role with a value, for when no theme of ours is on yet."""
    return _roles(_DARK)


def theme_name(wanted: str, *, no_color: bool, has_true_color: bool) -> str:
    """The theme to start with: the settings', or "terminal" where colours are few or unwelcome (NO_COLOR)."""
    if no_color or (not has_true_color and not wanted):
        return "terminal"
    return wanted if wanted in THEMES else "dark"
