"""The console on the screen: connect, type, be told what may come next, save."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
async def server(scripted: Any) -> Any:
    return await scripted("S: 220 mail ready\nC: HELO me\nS: 250 hello\nSTAY")


async def test_a_dialogue_by_hand_with_what_may_come_next(opened: Any, server: Any, tmp_path: Path) -> None:
    async with opened(80, 24) as client:
        await client.press("f3")
        assert "the lecture's sessions in SMTP" in client.text
        await client.press("o")
        await client.type(f"127.0.0.1:{server.port}")
        client.post("enter")
        while "C:" not in client.lines[-1]:
            await client.pilot.pause(0.01)
        assert "220 mail ready" in client.text
        assert "SMTP · connected" in client.text
        await client.type("HELO me")
        client.post("enter")
        while "S 250 hello" not in client.text:
            await client.pilot.pause(0.01)
        assert "MAIL FROM:<bob@other.test>" in client.text
        assert "open an envelope" in client.text
        await client.press("escape", "e")
        for _ in range(len("session.txt")):
            await client.press("backspace")
        await client.type(str(tmp_path / "by-hand.txt"))
        await client.press("enter")
    saved = (tmp_path / "by-hand.txt").read_text()
    assert "C: HELO me" in saved
    assert "S: 250 hello" in saved


async def test_without_a_world_the_name_of_a_service_says_what_to_write(opened: Any) -> None:
    async with opened() as client:
        await client.press("f3", "1")
        assert "there is no practice world here: write smtp:HOST or HOST:PORT" in client.lines[-1]
