"""The two ways a command fails, each one line for the person who typed it."""


class UsageError(Exception):
    """The command cannot mean what it says (exit code 2); the text tells what to write instead."""


class CannotRun(Exception):
    """The command is right but cannot be done now (exit code 1); the text tells why."""
