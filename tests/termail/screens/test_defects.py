"""A defect in one command is one line and a traceback in a file; the client goes on."""

from pathlib import Path
from typing import Any

import pytest

from termail.screens.defects import DefectLog, mask_secrets
from termail.screens.services import Services


class Broken:
    """Answers two commands, both wrongly."""

    def do_show_limit(self, argument: str) -> None:
        raise ZeroDivisionError("password=hunter2")

    async def do_limit(self, argument: str) -> None:
        raise AssertionError("late")


async def test_the_client_goes_on_and_the_traceback_is_kept(
    opened: Any, services: Services, tmp_path: Path
) -> None:
    services.defects = DefectLog(tmp_path / "termail.log")
    async with opened() as client:
        client.app.screen.helpers.insert(0, Broken())
        await client.press("alt+l")
        assert "ZeroDivisionError" in client.lines[-1]
        await client.press("l")
        assert "AssertionError: late" in client.lines[-1]
        await client.press("=", "j")
        assert "Plan" in client.selected
        await client.press("alt+m")
        assert "Traceback" in client.text
    kept = (tmp_path / "termail.log").read_text()
    assert "ZeroDivisionError" in kept
    assert "hunter2" not in kept
    assert (tmp_path / "termail.log").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("password='hunter2'", "hunter2"),
        ('{"token": "abc123"}', "abc123"),
        ("a1 LOGIN alice hunter2", "hunter2"),
        ("AUTH PLAIN AGFsaWNlAGh1bnRlcjI=", "AGFsaWNl"),
        ("PASS hunter2", "hunter2"),
        ("imaps://alice:hunter2@mail.cities.org", "hunter2"),
        ("Authorization: Bearer ya29.x", "ya29"),
    ],
)
def test_secrets_are_masked(text: str, secret: str) -> None:
    assert secret not in mask_secrets(text)
    assert "****" in mask_secrets(text)
