"""The characters of a pattern: words, quotes, escapes."""

from typing import Final

from termail.model.patterns.errors import PatternError

LENGTH_LIMIT: Final = 4_000
_ENDS: Final = ")|"


class Scanner:
    """A position in a pattern."""

    def __init__(self, text: str) -> None:
        if len(text) > LENGTH_LIMIT:
            raise PatternError(f"a pattern has at most {LENGTH_LIMIT} characters", LENGTH_LIMIT)
        if any("\ud800" <= char <= "\udfff" for char in text):
            raise PatternError("half a character (a lone surrogate) cannot be searched", 0)
        self.text = text
        self.position = 0

    def peek(self, length: int = 1) -> str:
        """The next characters, "" at the end."""
        return self.text[self.position : self.position + length]

    def take(self, length: int = 1) -> str:
        """The same, and go on behind them."""
        taken = self.peek(length)
        self.position += length
        return taken

    def skip_spaces(self) -> None:
        """To the next character that says something."""
        while self.peek().isspace():
            self.position += 1

    def argument(self, what: str) -> tuple[str, bool]:
        """→ (the text after an operator, whether it was quoted). Raises PatternError when there is none."""
        self.skip_spaces()
        start = self.position
        if self.peek() and self.peek() in "\"'":
            return self.quoted(), True
        word = self.word()
        if not word:
            raise PatternError(f"{what} is missing", start)
        return word, False

    def quoted(self) -> str:
        """A text in quotes; a backslash before the quote makes it a character."""
        start = self.position
        quote = self.take()
        gathered: list[str] = []
        while True:
            char = self.take()
            if not char:
                raise PatternError(f"the quote {quote} is never closed", start)
            if char == quote:
                return "".join(gathered)
            if char == "\\" and self.peek() in (quote, "\\") and self.peek():
                following = self.take()
                char = following if following == quote else "\\\\"
            gathered.append(char)

    def word(self) -> str:
        """Up to a space, or a ")" or "|" that belongs to the pattern around it."""
        gathered: list[str] = []
        depth = 0
        while (char := self.peek()) and not char.isspace():
            if depth == 0 and char in _ENDS:
                break
            self.take()
            if char == "\\":
                following = self.take()
                gathered.append(following if following.isspace() else char + following)
                continue
            depth += (char == "(") - (char == ")")
            gathered.append(char)
        return "".join(gathered)
