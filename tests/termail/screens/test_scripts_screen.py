"""The scripts screen over a server of our own making: list, edit, check, trace, activate, delete."""

import contextlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from termail.agent.messages import AskScripts, ScriptsAnswered, ToAgent
from termail.screens.services import Services
from tests.termail.screens.conftest import Client

Opened = Callable[..., AbstractAsyncContextManager[Client]]


class ScriptServer:
    """An agent that answers errands at once, and a server that knows one wrong word."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.scripts = {"main": "keep;\n"}
        self.active = ""
        self.asked: list[str] = []

    async def connect(self) -> None:
        """It is here."""

    async def messages(self):
        return
        yield

    async def close(self) -> None:
        """Nothing to close."""

    async def send(self, message: ToAgent) -> None:
        if isinstance(message, AskScripts):
            self.asked.append(message.verb)
            self._services.take(self._answer(message))

    def _answer(self, wish: AskScripts) -> ScriptsAnswered:
        if wish.verb in ("put", "check") and "frob" in wish.text:
            return ScriptsAnswered(request=wish.request, error="line 2: frob is no command\x1b[2J")
        match wish.verb:
            case "put":
                self.scripts[wish.name] = wish.text
            case "activate":
                self.active = wish.name
            case "delete":
                del self.scripts[wish.name]
            case "rename":
                self.scripts[wish.text] = self.scripts.pop(wish.name)
        text = self.scripts[wish.name] if wish.verb == "get" else ""
        return ScriptsAnswered(request=wish.request, names=tuple(self.scripts), active=self.active, text=text)


@pytest.fixture
def server(services: Services) -> ScriptServer:
    made = ScriptServer(services)
    services.agent = made
    return made


def editor(tmp_path: Path, *texts: str) -> str:
    """A program that writes the next text each time it is run."""
    for number, text in enumerate(texts):
        (tmp_path / f"text{number}").write_text(text)
    program = tmp_path / "editor"
    program.write_text(
        f'#!/bin/sh\nn=$(cat {tmp_path}/n 2>/dev/null || echo 0)\ncp {tmp_path}/text$n "$1"\n'
        f"echo $((n + 1)) > {tmp_path}/n\n"
    )
    program.chmod(0o700)
    return str(program)


async def test_the_scripts_are_listed_and_activated(opened: Opened, server: ScriptServer) -> None:
    async with opened(80, 24) as client:
        await client.press("alt+k")
        assert "main" in client.lines[1]
        await client.press("enter")
        assert server.active == "main"
        assert "active: it sorts the mail that comes" in client.lines[1]
        await client.press("enter")
        assert server.active == ""


async def test_a_script_is_checked_renamed_and_deleted(opened: Opened, server: ScriptServer) -> None:
    async with opened(80, 24) as client:
        await client.press("alt+k", "c")
        assert "main is correct." in client.text
        server.scripts["main"] = "keep;\nfrob;\n"
        await client.press("c")
        assert "line 2: frob is no command" in client.text
        assert "\x1b" not in client.text
        await client.press("d", "y")
        assert server.scripts == {}
        assert "No scripts yet: a makes one." in client.text


async def test_the_trace_explains_the_message_at_hand(opened: Opened, server: ScriptServer) -> None:
    server.scripts["main"] = 'if header :contains "subject" "invoice" {\n    discard;\n}\n'
    async with opened(100, 30) as client:
        await client.press("end", "alt+k", "t")
        assert 'header :contains "subject" "invoice" → true' in client.text
        assert 'looked at "Invoice 8"' in client.text
        assert "discard" in client.text


@pytest.mark.parametrize("answers", ["y", "n"])
async def test_what_the_server_refuses_can_be_edited_again(
    opened: Opened, server: ScriptServer, services: Services, tmp_path: Path, answers: str
) -> None:

    program = editor(tmp_path, "keep;\nfrob;\n", "discard;\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDITOR", program)
        async with opened(80, 24) as client:
            patch.setattr(client.app, "suspend", contextlib.nullcontext)
            await client.press("alt+k", "e")
            assert "line 2: frob is no command" in client.text
            assert "Edit again? ([yes]/no)" in client.text
            await client.press(answers)
        assert server.scripts["main"] == ("discard;\n" if answers == "y" else "keep;\n")


async def test_no_agent_is_told(opened: Opened) -> None:
    async with opened(80, 24) as client:
        await client.press("alt+k")
        assert "No agent runs" in client.text
