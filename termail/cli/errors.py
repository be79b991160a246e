"""Errors that are the user's to mend: one line that says what to do, and the exit code."""


class UserError(Exception):
    """`exit_code` is 1 when the world said no, 2 when the command was asked wrongly."""

    def __init__(self, text: str, exit_code: int = 1) -> None:
        super().__init__(text)
        self.exit_code = exit_code
