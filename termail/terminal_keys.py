"""Alt as mutt users press it: Textual 8.2's parser drops the Alt of M-/, M-Tab, M-Enter, and takes M-f and M-b for
another editor's Ctrl-Right and Ctrl-Left."""

from collections.abc import Iterable

from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver

TAKEN_FOR_OTHERS = {"\x1bf": "f", "\x1bb": "b"}


class AltParser(XTermParser):
    """Keeps Alt on every key that follows Esc at once, as it does itself for letters and digits."""

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        if sequence in TAKEN_FOR_OTHERS:
            letter = TAKEN_FOR_OTHERS[sequence]
            yield events.Key(f"alt+{letter}", letter)
            return
        for key in super()._sequence_to_key_events(sequence, alt):
            if alt and not key.key.startswith("alt+"):
                yield events.Key(f"alt+{key.key}", key.character)
            else:
                yield key


def keep_alt() -> None:
    """The driver makes its parser by this name, and offers no other way in."""
    linux_driver.XTermParser = AltParser  # type: ignore[attr-defined]
