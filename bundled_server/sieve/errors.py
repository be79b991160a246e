"""What is wrong with a script: the line, and what would be allowed there."""


class SieveError(ValueError):
    """The script cannot be used; `line` counts from 1, `text` says what to change."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(f"line {line}: {text}")
        self.line = line
        self.text = text


class SieveFault(Exception):
    """A valid script could not be carried through for this message: the message is kept, the owner is told."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(f"line {line}: {text}")
        self.line = line
        self.text = text
