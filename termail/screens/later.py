"""Helpers of a screen that are imported when one of their commands is first wanted."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

from termail.screens.desk import MailDesk

_ON_MESSAGES: Final = {
    "message_outside": "MessageOutside",
    "writing_actions": "WritingActions",
    "address_actions": "AddressActions",
    "part_actions": "PartActions",
    "list_leaving": "ListLeaving",
    "message_changes": "MessageChanges",
    "script_actions": "ScriptActions",
}


class Later:
    """Stands where the helper would: what is asked of it, the real one answers."""

    def __init__(self, module: str, name: str, *arguments: Any, **settings: Any) -> None:
        self._module, self._name = module, name
        self._arguments, self._settings = arguments, settings
        self._real: object | None = None

    def __getattr__(self, name: str) -> Any:
        if self._real is None:
            self._real = getattr(import_module(self._module), self._name)(*self._arguments, **self._settings)
        return getattr(self._real, name)


def message_helpers(desk: MailDesk, after_undo: Callable[[], None]) -> list[Later]:
    """What is done to messages, the same in the index and the pager, and what works everywhere."""
    helpers = [Later(f"termail.screens.{module}", name, desk) for module, name in _ON_MESSAGES.items()]
    return [*helpers, Later("termail.screens.everywhere", "Everywhere", desk, after_undo=after_undo)]
