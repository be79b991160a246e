"""The one sanitiser between mail and terminal: no control character, escape or bidi override passes it."""


def clean_line(text: str) -> str:
    """`text` as one line fit for a terminal: C0, C1, DEL and ESC become visible substitutes (U+2400 block or
    U+FFFD), line ends and tabs become spaces, bidi controls and soft hyphens vanish, lone surrogates become U+FFFD."""
    raise NotImplementedError


def clean_text(text: str) -> str:
    """The same for many lines: keeps "\\n", expands tabs to 8 columns."""
    raise NotImplementedError
