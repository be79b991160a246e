"""A message as lines a pager can show: already sanitised, classified, wrapped."""

import re
from collections.abc import Callable, Iterable
from typing import Final

from termail.mime import limits
from termail.mime.body_lines import body_lines
from termail.mime.calendar import card_texts
from termail.mime.delivery_report import REPORT_TYPES, report_texts
from termail.mime.header_lines import header_lines
from termail.mime.html import html_to_text
from termail.mime.html_process import HtmlProcess, shared_process
from termail.mime.lines import BLANK_LINE, Display, Line, LineKind
from termail.mime.link_numbers import LinkNumbers
from termail.mime.message import main_texts, parse_message
from termail.mime.part import Part
from termail.mime.sanitize import clean_line
from termail.mime.skeleton import missing_part, missing_size
from termail.mime.wrapping import fits, wrap

__all__ = ["DEFAULT_HEADERS", "Display", "HtmlProgram", "Line", "LineKind", "display"]

DEFAULT_HEADERS: Final = ("date", "from", "to", "cc", "reply-to", "subject")
_ENRICHED: Final = re.compile(r"</?[A-Za-z-]{1,60}>")
HtmlProgram = Callable[[Part], str | None]
"""What the user's own program (mailcap) prints of an HTML part; None when it cannot."""
_MESSAGES: Final = frozenset(("message/rfc822", "message/global", "text/rfc822-headers"))


def display(
    raw: bytes,
    *,
    width: int,
    full_headers: bool = False,
    prefer_html: bool = False,
    shown_headers: tuple[str, ...] = DEFAULT_HEADERS,
    html_process: HtmlProcess | None = None,
    html_program: HtmlProgram | None = None,
    links: LinkNumbers | None = None,
    first_characters: int = limits.SHOWN_CHARACTERS,
) -> Display:
    """Never raises. With `first_characters` only the beginning of every text, for a first look at a long one.
    HTML is rendered in a killable worker with a deadline, so call this from a thread."""
    root = parse_message(raw)
    composer = _Composer(root, width, full_headers, prefer_html, shown_headers, html_process, html_program)
    if links is not None:  # several messages shown as one text number their links together
        composer.links = links
    composer.first_characters = first_characters
    composer.compose()
    return Display(lines=composer.lines, links=composer.links.links, attachments=composer.attachments)


class _Composer:
    """One display being put together, part by part."""

    def __init__(
        self,
        root: Part,
        width: int,
        full_headers: bool,
        prefer_html: bool,
        shown_headers: tuple[str, ...],
        html_process: HtmlProcess | None,
        html_program: HtmlProgram | None,
    ) -> None:
        self._root, self._width = root, max(width, 10)
        self._full, self._shown_headers = full_headers, shown_headers
        self._html_process, self._html_program = html_process, html_program
        self._hidden = main_texts(root, prefer_html=prefer_html).hidden
        self.lines: list[Line] = []
        self.links = LinkNumbers()
        self.attachments: list[Part] = []
        self.first_characters = limits.SHOWN_CHARACTERS
        self._has_calendar = False

    def compose(self) -> None:
        """Headers, then every part in its order."""
        self._headers(self._root)
        waiting = [self._root]
        while waiting and len(self.lines) < limits.SHOWN_LINES:
            part = waiting.pop()
            if id(part) in self._hidden:
                continue
            if part.problem:
                self._tell(LineKind.PROBLEM, f"[{part.problem}]")
            if part.is_multipart:
                waiting.extend(reversed(part.children))
            else:
                self._leaf(part)
                waiting.extend(reversed(part.children))
        while self.lines and self.lines[-1] is BLANK_LINE:
            self.lines.pop()
        if not self.lines:
            self._tell(LineKind.PROBLEM, "[this message is empty]")

    def _headers(self, part: Part) -> None:
        self.lines += header_lines(part.headers, width=self._width, full=self._full, shown=self._shown_headers)
        self._blank()

    def _leaf(self, part: Part) -> None:
        if part.content_type in REPORT_TYPES:
            self._facts(part, report_texts(part.decoded()))
        elif part.content_type == "text/calendar":
            if not self._has_calendar:  # invitations carry the same calendar twice
                self._has_calendar = True
                self._facts(part, card_texts(part.decoded()))
            elif part.filename:
                self._attachment(part)
        elif part.content_type in _MESSAGES and part is not self._root:
            self._attached_message(part)
        elif is_readable(part) and (part is self._root or not (part.filename and self._is_not_first(part))):
            self._text(part)
        elif part.content_type not in _MESSAGES:
            self._attachment(part)

    def _is_not_first(self, part: Part) -> bool:
        """A named text is a file, unless it is all there is (some programs name every part)."""
        return part.number not in ("1", "1.1") or not part.content_type.startswith(("text/plain", "text/html"))

    def _text(self, part: Part) -> None:
        self._blank()
        flowed = part.parameters.get("format", "").lower() == "flowed"
        text = part.text()
        if self.first_characters < limits.SHOWN_CHARACTERS:
            text = text[: self.first_characters]
        is_html = part.content_type == "text/html"
        before = len(self.links.links)
        printed = self._html_program(part) if is_html and self._html_program is not None else None
        if printed is not None:
            is_html, text = False, printed
        elif is_html:
            text = self._html(text)
        elif part.content_type == "text/enriched":
            text = _ENRICHED.sub("", text)
        self._add(
            body_lines(
                text,
                width=self._width,
                mark=self.links.find_marks if is_html else self.links.mark,
                flowed=flowed and part.content_type == "text/plain",
                del_sp=part.parameters.get("delsp", "").lower() == "yes",
                is_patch=part.content_type in ("text/x-patch", "text/x-diff"),
            )
        )
        if is_html:
            self._list_links(before)
        if part.filename:
            self._attachment(part)

    def _list_links(self, first: int) -> None:
        """Where the "[n]" of an HTML text lead: address and true host."""
        if len(self.links.links) > first:
            self._blank()
        for index, (url, host) in enumerate(self.links.links[first:], first + 1):
            text = f"[{index}] {url} ({host})" if host else f"[{index}] {url}"
            self.lines += [Line(LineKind.TEXT, piece, 0, index) for piece in wrap(text, self._width, "    ")]

    def _html(self, document: str) -> str:
        rendered = html_to_text(document, links=self.links, process=self._html_process or shared_process())
        for problem in rendered.problems:
            self._tell(LineKind.PROBLEM, problem)
        if rendered.problems:
            self._blank()
        return rendered.text

    def _facts(self, part: Part, texts: Iterable[str]) -> None:
        """A part made for programs, in words."""
        self._blank()
        for text in texts:
            self._tell(LineKind.TEXT, text, "    ")
        self._attachment(part)

    def _attached_message(self, part: Part) -> None:
        self._attachment(part)
        inner = part.children[0] if part.children else None
        if inner is None:
            inner = parse_message(part.decoded())
        self.lines += header_lines(inner.headers, width=self._width, full=self._full, shown=self._shown_headers)
        self._blank()

    def _attachment(self, part: Part) -> None:
        self._blank()
        self.attachments.append(part)
        self._tell(LineKind.ATTACHMENT, attachment_text(part, len(self.attachments)))

    def _tell(self, kind: LineKind, text: str, prefix: str = "") -> None:
        text = clean_line(text)
        if fits(text, self._width):
            self.lines.append(Line(kind, text))
        else:
            self.lines += [Line(kind, piece) for piece in wrap(text, self._width, prefix)]

    def _add(self, lines: Iterable[Line]) -> None:
        self.lines += lines

    def _blank(self) -> None:
        if self.lines and self.lines[-1] is not BLANK_LINE and self.lines[-1].kind is not LineKind.ATTACHMENT:
            self.lines.append(BLANK_LINE)


def is_readable(part: Part) -> bool:
    """Whether the part is text that belongs on the screen."""
    return (
        part.content_type.startswith("text/")
        and part.disposition != "attachment"
        and (part.content_type != "text/calendar")
    )


def attachment_text(part: Part, number: int) -> str:
    """One line for one attachment: number, name, type, size."""
    name = part.filename or part.parameters.get("name", "") or "(no name)"
    missing = missing_part(part)
    if missing is not None:
        size = readable_size(missing_size(missing, part.encoding))
        return f"[{number}] {name} · {part.content_type} · {size} · not fetched yet (v)"
    return f"[{number}] {name} · {part.content_type} · {readable_size(decoded_size(part))}"


def decoded_size(part: Part) -> int:
    """The size of the decoded body, close enough and without decoding it."""
    size = part.end - part.start
    if part.encoding == "base64":
        lines = part.source.count(b"\n", part.start, part.end)
        return max(0, (size - 2 * lines) * 3 // 4)
    return size


def readable_size(octets: int) -> str:
    """ "812", "4.1K", "23K", "1.5M"."""
    if octets < 1000:
        return f"{octets} bytes"
    for unit in ("K", "M", "G"):
        octets_in_unit = octets / 1024
        if octets_in_unit < 9.95:
            return f"{octets_in_unit:.1f}{unit}"
        if octets_in_unit < 1000 or unit == "G":
            return f"{octets_in_unit:.0f}{unit}"
        octets //= 1024
    return ""
