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
