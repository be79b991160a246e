"""One practice world for each module of these tests."""

from collections.abc import Iterator

import pytest
from worlds import RunningWorld, start_world, stop_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningWorld]:
    running = start_world(tmp_path_factory.mktemp("practice") / "world")
    yield running
    stop_world(running)
