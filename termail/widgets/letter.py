"""The compose screen's page: headers as a form that reads as a letter, the body, one line for each attachment."""

from dataclasses import dataclass

from termail.mime.sanitize import clean_line, clean_text
from termail.widgets.ink import Run
from termail.widgets.message_list import size_text
from termail.widgets.select_list import SelectList


@dataclass(frozen=True, slots=True)
class LetterAttachment:
    """What one attachment line says."""

    filename: str
    content_type: str
    size_octets: int
    description: str = ""


def letter_lines(
    headers: list[tuple[str, str]], body: str, attachments: list[LetterAttachment], width: int
) -> tuple[list[list[Run]], int]:
    """The lines of the page, and the line of the first attachment."""
    lines: list[list[Run]] = [[("", "text")]]
    for name, value in headers:
        role = "strong" if name == "Subject" else "text"
        shown: Run = (clean_line(value), role) if value else ("·", "faint")
        lines.append([(f"{name:>10}  ", "dim"), shown])
    rule: list[Run] = [("  " + "─" * max(0, width - 4), "faint")]
    lines.append(rule)
    lines += [_body_line(line) for line in clean_text(body).split("\n")]
    if not attachments:
        return lines, len(lines)
    lines.append(rule)
    first = len(lines)
    lines += [
        [
            (f"  {number:>2}  ", "dim"),
            (clean_line(attachment.filename), "accent"),
            (f"   {attachment.content_type}   {size_text(attachment.size_octets)}", "dim"),
            (f"   {clean_line(attachment.description)}" if attachment.description else "", "text"),
        ]
        for number, attachment in enumerate(attachments, 1)
    ]
    return lines, first


def _body_line(line: str) -> list[Run]:
    level = 0
    for character in line:
        if character == ">":
            level += 1
        elif character != " ":
            break
    return [("  ", "text"), (line, f"quote-{min(3, level)}" if level else "text")]


class Letter(SelectList):
    """The page; only attachment lines can be selected."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[list[Run]] = []
        self._first_attachment = 0

    def put_letter(self, headers: list[tuple[str, str]], body: str, attachments: list[LetterAttachment]) -> None:
        """Show this draft."""
        self._lines, self._first_attachment = letter_lines(headers, body, attachments, self.size.width)
        self.lines_changed()

    @property
    def attachment(self) -> int | None:
        """Which attachment is selected, from 0."""
        at = self.cursor - self._first_attachment
        return at if at >= 0 and self.cursor < len(self._lines) else None

    def is_selected(self, line: int) -> bool:
        """Words are not selected, attachments are."""
        return line == self.cursor and line >= self._first_attachment

    def move(self, lines: int) -> None:
        """Among the attachments; without any, through the letter."""
        if self._first_attachment >= len(self._lines):
            self.scroll_lines(lines)
        else:
            self.cursor = max(self._first_attachment, self.cursor + lines)

    def count_lines(self) -> int:
        return len(self._lines)

    def line_runs(self, line: int, width: int, *, selected: bool) -> list[Run]:
        return self._lines[line]
