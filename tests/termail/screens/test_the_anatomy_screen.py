"""The anatomy on the screen: lines with their places, the tree, the line as it travels."""

from typing import Any


async def test_a_message_is_taken_apart_line_by_line(opened: Any) -> None:
    async with opened(100, 30) as client:
        await client.press("=", "f4")
        assert client.screen_name == "AnatomyScreen"
        assert "From: Root <root@other.test>\\r\\n" in client.text
        assert "who wrote it, as the letter says · RFC 5322 §3.6.2" in client.text
        assert "the header ends, the body begins" in client.text
        await client.press("t")
        assert "text/plain" in client.selected
        await client.press("enter")
        assert "From: Root" in client.selected
        await client.press("d")
        assert "as it travels: dots doubled" in client.lines[0]


async def test_escapes_of_a_message_stay_harmless_in_its_anatomy(opened: Any) -> None:
    async with opened() as client:
        await client.press("6", "enter", "f4")
        assert client.screen_name == "AnatomyScreen"
        assert "\x1b" not in client.text
        assert "\u202e" not in client.text
