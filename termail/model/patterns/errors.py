"""What is wrong with a pattern, told to the person who typed it."""


class PatternError(ValueError):
    """`position` counts characters from 0; the text names the column and what would be allowed."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"column {position + 1}: {message}")
        self.position = position
