"""Telling of new mail outside the window: the bell, the terminal's own notification, a program of the user's."""

import shlex
import subprocess
from collections.abc import Callable

from termail.config import Ui
from termail.mime.sanitize import clean_line

TEXT_LIMIT = 160
_TERMINAL = {
    "osc9": "\x1b]9;{sender}: {subject}\x07",
    "osc777": "\x1b]777;notify;{sender};{subject}\x07",
    "osc99": "\x1b]99;;{sender}: {subject}\x1b\\",
}
"""iTerm2, ConEmu and Windows Terminal; urxvt, foot and Ghostty; kitty. Each takes plain text alone."""


def tell_of_mail(
    ui: Ui, sender: str, subject: str, *, ring: Callable[[], None], write: Callable[[str], None]
) -> None:
    """In every way the settings ask for. `write` goes to the terminal: nothing of the sender's passes uncleaned.
    Raises OSError when the program of `notify_command` cannot be started."""
    sender, subject = _harmless(sender), _harmless(subject)
    if ui.notify:
        ring()
    if ui.notify_terminal:
        write(_TERMINAL[ui.notify_terminal].format(sender=sender, subject=subject))
    if ui.notify_command:
        _start(ui.notify_command, sender, subject)


def _harmless(text: str) -> str:
    """One short line in which no semicolon ends a field."""
    return clean_line(text).replace(";", ",")[:TEXT_LIMIT]


def _start(command: str, sender: str, subject: str) -> None:
    """%f is the sender, %s the subject; without them both follow the command. Each is one argument, never shell
    text; what begins with a dash would be read as an option and gets a space before it."""
    words = shlex.split(command)
    values = {"%f": sender, "%s": subject}
    if not values.keys() & set(words):
        words += ["%f", "%s"]
    arguments = [_argument(values[word]) if word in values else word for word in words]
    subprocess.Popen(
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _argument(text: str) -> str:
    return f" {text}" if text.startswith("-") else text
