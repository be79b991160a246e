"""A helper of a screen whose module is imported when one of its commands is first wanted."""

from importlib import import_module
from typing import Any


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
