"""With the pane open, keys become protocol before one's eyes, and a stranger's telnet is seen in the wire view."""

import os
import re
import socket
import sys

import pytest
from terminal import Terminal

F5, F6 = "\x1b[15~", "\x1b[17~"


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("practice")
    command = [sys.executable, "-m", "termail", "practice", "--data", str(folder / "world")]
    started = Terminal(command, environment={**os.environ, "COLORTERM": "truecolor"}, columns=240, rows=90)
    yield started
    started.close()


def line_with(screen: str, words: str) -> str:
    return next(line for line in reversed(screen.splitlines()) if words in line)


def test_d_l_and_dollar_show_store_search_and_expunge_with_the_key_that_caused_them(terminal: Terminal) -> None:
    terminal.wait_for("17 messages", "idle", seconds=60)
    terminal.press(F6, "=", "d")
    screen = terminal.wait_for("⌨ d delete-message")
    assert re.search(r"C \w+ UID STORE \d+ \+FLAGS", line_with(screen, "⌨ d delete-message"))
    terminal.press("l")
    terminal.wait_for("Limit to messages matching")
    terminal.press("~s lunch", "enter")
    screen = terminal.wait_for("UID SEARCH", "SUBJECT")
    assert "⌨ the limit" in line_with(screen, "SUBJECT")
    terminal.press("l")
    terminal.wait_for("Limit to messages matching")
    terminal.press("all", "enter")
    terminal.wait_for("17 messages")
    terminal.press("$")
    terminal.wait_for("Purge 1 deleted message?")
    terminal.press("y")
    screen = terminal.wait_for("UID EXPUNGE", "16 messages")
    assert "⌨ $ sync-mailbox" in line_with(screen, "UID EXPUNGE 1")


def test_a_telnet_from_outside_shows_up_in_the_wire_view(terminal: Terminal) -> None:
    terminal.wait_for("messages", seconds=60)
    terminal.press(":")
    terminal.press("world", "enter")
    screen = terminal.wait_for("● up    brasilia.cities.org")
    port = int(re.search(r"brasilia\.cities\.org +smtp (\d+)", screen)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=60) as stranger:
        stranger.recv(1024)
        stranger.sendall(b"HELO stranger.example\r\n")
        stranger.recv(1024)
        terminal.press(F5, "x")
        terminal.wait_for("everybody", "C HELO stranger.example")
