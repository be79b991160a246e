"""What the next keys need comes after the first screen, a module at a time."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from termail.screens.warming import NEEDED_SOON, warm_up


def test_one_module_is_imported_each_time_the_timer_rings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("warmed_first", "warmed_second"):
        (tmp_path / f"{name}.py").touch()
    rings: list[Callable[[], None]] = []

    warm_up(lambda seconds, ring: rings.append(ring), ["warmed_first", "warmed_second"])
    seen = []
    while rings:
        seen.append([name in sys.modules for name in ("warmed_first", "warmed_second")])
        rings.pop()()

    assert seen == [[False, False], [True, False], [True, True]]


def test_every_module_named_is_there() -> None:
    rings: list[Callable[[], None]] = []
    warm_up(lambda seconds, ring: rings.append(ring))
    while rings:
        rings.pop()()
    assert sys.modules.keys() >= set(NEEDED_SOON)
