"""A student takes a lesson's first step by hand, then lets a host fail, with the keys of a real terminal."""

import os
import sys
from pathlib import Path

import pytest
from terminal import Terminal

F1, F2, F3 = "\x1bOP", "\x1bOQ", "\x1bOR"


@pytest.fixture
def terminal(tmp_path: Path):
    environment = {"XDG_DATA_HOME": str(tmp_path / "share"), "COLORTERM": "truecolor"}
    command = [sys.executable, "-m", "termail", "practice", "--lesson", "smtp-by-hand", "--language", "en"]
    started = Terminal(command, environment={**os.environ, **environment}, columns=100, rows=30)
    yield started
    started.close()


def test_checks_turn_green_while_the_student_types_and_a_host_goes_down_by_key(terminal: Terminal) -> None:
    terminal.wait_for("Somebody answers on port 25", "○ you said HELO", seconds=60)
    terminal.press("o")
    terminal.wait_for("220 brasilia.cities.org", "C:")
    terminal.press("HELO server.other.test", "enter")
    terminal.wait_for("250 brasilia.cities.org Hello", "✓ Done.")
    terminal.press("escape")
    terminal.wait_for("F1 leads on", gone=["C: "])
    terminal.press(F1)
    terminal.wait_for("✓ you said HELO and were greeted with 250", "n leads on")
    terminal.press("n")
    terminal.wait_for("The envelope: MAIL and RCPT")
    terminal.press(F2)
    terminal.wait_for("all is well", "● up    server.other.test")
    terminal.press("j", "enter")
    terminal.wait_for("○ down  server.other.test", "1 fault")
    terminal.press("enter")
    terminal.wait_for("● up    server.other.test", "all is well")
