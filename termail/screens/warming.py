"""What the next keys need is imported after the first screen, a module at a time, so that no key waits for all."""

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Final

BREATH_SECONDS: Final = 0.03  # between two modules: a key gets its turn
NEEDED_SOON: Final = (  # from below to above: what one imports is there when its turn comes
    "termail.mime.message",
    "termail.mime.compose",
    "termail.mime.draft",
    "termail.screens.reports",
    "termail.screens.links",
    "termail.screens.message_outside",
    "termail.screens.part_actions",
    "termail.screens.writing_actions",
    "termail.screens.address_actions",
    "termail.screens.list_leaving",
    "termail.screens.message_changes",
    "termail.screens.script_actions",
    "termail.mime.display",
    "termail.screens.pager",
    "termail.screens.folders",
    "termail.screens.search_everywhere",
    "termail.screens.attachments",
    "termail.screens.compose",
)


def warm_up(
    set_timer: Callable[[float, Callable[[], None]], object], modules: Iterable[str] = NEEDED_SOON
) -> None:
    """Import the modules, one whenever the timer rings."""
    remaining = iter(modules)

    def import_next() -> None:
        module = next(remaining, None)
        if module is not None:
            import_module(module)
            set_timer(BREATH_SECONDS, import_next)

    set_timer(BREATH_SECONDS, import_next)
