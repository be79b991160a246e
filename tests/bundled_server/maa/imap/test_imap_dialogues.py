"""IMAP dialogues over real sockets: `C:` lines are typed, `S:` lines (patterns) must come, `S: ...` skips some."""

import re
from pathlib import Path

import pytest

TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.txt"))


async def play(dialogue, transcript: str) -> None:
    skipping = False
    for step in transcript.splitlines():
        who, _, line = step.partition(" ")
        if who == "C:":
            await dialogue.types(line)
        elif line == "...":
            skipping = True
        elif who == "S:":
            heard = await dialogue.reads()
            while skipping and not fits(line, heard):
                assert heard or not dialogue.reader.at_eof(), f"never came: {line}"
                heard = await dialogue.reads()
            skipping = False
            assert fits(line, heard), f"expected {line!r}, heard {heard!r}"


def fits(line: str, heard: str) -> bool:
    """A line in a transcript is literal, but for «…», which holds a regular expression."""
    pattern = "".join(
        part[1:-1] if part.startswith("«") else re.escape(part) for part in re.split(r"(«[^»]*»)", line)
    )
    return re.fullmatch(pattern, heard) is not None


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
async def test_the_dialogue(agent, make_message, path):
    await agent.deliver(
        make_message("first", "One line\r\n.\r\nañb\r\n"),
        make_message("second", "Another\r\n", "Cc: =?utf-8?q?Jos=C3=A9?= <jose@other.test>\r\n"),
    )
    async with agent.imap_client(user="") as dialogue:
        await play(dialogue, path.read_text("utf-8"))
