"""The presenter on the screen: keys shown, addresses covered, narration, a recording begun and ended."""

import json
from pathlib import Path
from typing import Any

from termail.agent.messages import WireLine


async def test_keys_are_shown_and_the_addresses_of_others_covered(opened: Any) -> None:
    async with opened(120, 30) as client:
        await client.press("f10")
        assert client.app.has_class("-presenter")
        line = WireLine(account="work", protocol="smtp", direction="C", time=1.0, text="RCPT TO:<ann@gmail.com>")
        await client.hear(line)
        assert "RCPT TO:<•••@•••••.•••>" in client.text
        assert "ann@gmail" not in client.text
        await client.press("j")
        assert "j  Next message that is not deleted" in client.text
        await client.press("f10")
        assert "RCPT TO:<ann@gmail.com>" in client.text


async def test_a_narration_stands_under_every_screen(opened: Any) -> None:
    async with opened() as client:
        await client.press(":")
        await client.type("narrate Look at the envelope")
        await client.press("enter", "f5")
        assert client.screen_name == "WireScreen"
        assert "Look at the envelope" in client.text


async def test_a_recording_holds_what_was_drawn_and_nothing_private(opened: Any, tmp_path: Path) -> None:
    async with opened() as client:
        await client.press(":")
        await client.type(f"record {tmp_path / 'x.cast'}")
        await client.press("enter")
        assert client.app.has_class("-presenter")
        client.app._driver.write("\x1b[Hdrawn")
        await client.press("alt+f10")
        assert "The recording is in" in client.lines[-1]
        client.app._driver.write("afterwards")
    header, *events = [json.loads(line) for line in (tmp_path / "x.cast").read_text().splitlines()]
    assert (header["width"], header["height"]) == (100, 30)
    written = "".join(event[2] for event in events if event[1] == "o")
    assert "drawn" in written
    assert "afterwards" not in written


async def test_the_large_layout_leaves_room_and_covers_names_and_what_is_typed(opened: Any) -> None:
    async with opened(80, 24) as client:
        narrow = client.lines[1:]
        await client.press("f10")
        rows = [at for at, line in enumerate(client.lines) if "Welcome" in line or "Lunch?" in line]
        assert len(rows) == 2
        between = sum("Plan" in line for line in client.lines[rows[0] : rows[1]])
        assert rows[1] - rows[0] == 2 * (between + 1)
        assert "Nov" in "".join(narrow) and "Nov" not in client.lines[rows[0]]
        await client.press("j", "j", "j")
        await client.press("m")
        await client.type("ann@gmail.com")
        assert "•••@•••••.•••" in client.text
        assert "ann@gmail" not in client.text
