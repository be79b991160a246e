"""The first screen stands before anything heavy is imported."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "aiohttp",
    "aioimaplib",
    "aiosmtplib",
    "charset_normalizer",
    "cryptography",
    "dns",
    "html2text",
    "icalendar",
    "keyring",
    "markdown_it",
    "selectolax",
    "textual_serve",
)

SHOWN = """
import asyncio, sys
from pathlib import Path
from termail.app import TermailApp, build_services
from termail.store.local_store import Arrived, RemoteFolder

async def show(folder):
    services = build_services(folder / "config", folder / "data", agent=False)
    services.store.put_folders("a", [RemoteFolder(name="INBOX", role="inbox")])
    (inbox,) = services.store.folders()
    header = b"From: bob@b.test\\r\\nSubject: hello\\r\\n\\r\\n"
    services.store.add_messages(inbox.folder_id, [Arrived(uid=1, flags=frozenset(), internal_date=1.0,
                               size_octets=9, header=header, raw=header)])
    app = TermailApp(services)
    async with app.run_test() as pilot:
        await pilot.pause()
        assert type(app.screen).__name__ == "IndexScreen", app.screen
        assert len(app.screen.view) == 1
    services.store.close()

asyncio.run(show(Path(sys.argv[1])))
"""


def _imported(program: str, *arguments: str) -> set[str]:
    """The heavy packages that a program of its own brought along."""
    program += f"\nimport sys; print('heavy:', *(name for name in {HEAVY!r} if name in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.rpartition("heavy:")[2].split())


@pytest.mark.parametrize(
    ("module", "needed"),
    [
        ("termail.app", set()),
        ("termail.cli.client", set()),
        ("termail.agent.supervisor", {"aioimaplib", "aiosmtplib"}),
    ],
)
def test_starting_imports_nothing_it_does_not_need(module: str, needed: set[str]) -> None:
    assert _imported(f"import {module}") == needed


def test_showing_the_index_imports_nothing_heavy(tmp_path: Path) -> None:
    assert _imported(SHOWN, str(tmp_path)) == set()
