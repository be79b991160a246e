"""How a figure is shown: ours, the peer's, the ratio; the same on every page."""

import statistics
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory


def scratch() -> AbstractContextManager[str]:
    """A folder that other users (postfix, nobody) may enter."""

    class Open(TemporaryDirectory[str]):
        def __enter__(self) -> str:
            name = super().__enter__()
            Path(name).chmod(0o755)
            return name

    return Open(prefix="termail-bench-", ignore_cleanup_errors=True)


def show(
    title: str, ours: Sequence[float], peer: Sequence[float], unit: str, peer_name: str, *, more_is_better: bool
) -> None:
    """One row: medians with their spread, and how many times better ours is."""
    mine, theirs = statistics.median(ours), statistics.median(peer)
    ratio = mine / theirs if more_is_better else theirs / mine
    print(
        f"{title:<58} ours {mine:>10,.3f} {unit} [{min(ours):,.3f}-{max(ours):,.3f}]   "
        f"{peer_name} {theirs:>10,.3f} {unit} [{min(peer):,.3f}-{max(peer):,.3f}]   {ratio:.2f}x",
        flush=True,
    )
