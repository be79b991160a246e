"""Text cut and padded to an exact width in terminal cells."""

from rich.cells import cell_len, set_cell_size


def width_of(text: str) -> int:
    """Cells on the screen."""
    return len(text) if text.isascii() else cell_len(text)


def cut(text: str, most: int) -> str:
    """At most so many cells; a wide character that does not fit whole becomes a space."""
    if text.isascii():
        return text[:most]
    return text if cell_len(text) <= most else set_cell_size(text, most)


def pad(text: str, least: int, *, is_left: bool = False, is_centred: bool = False, fill: str = " ") -> str:
    """At least so many cells."""
    missing = least - width_of(text)
    if missing <= 0:
        return text
    if is_centred:
        return " " * (missing // 2) + text + " " * (missing - missing // 2)
    return text + " " * missing if is_left else fill * missing + text
