"""The commands only the pager has: moving in the text, quotes, searching, leaving."""

from typing import Protocol

from termail.mime.lines import LineKind
from termail.mime.wrapping import wrap
from termail.screens.desk import CommandError, MailDesk, current_row
from termail.screens.list_motions import compile_search
from termail.widgets.mail_text import MailText

_QUOTES = frozenset({LineKind.QUOTE})
_HEADERS = frozenset({LineKind.HEADER, LineKind.MESSAGE})


class PagerDesk(MailDesk, Protocol):
    """What the pager offers beyond a MailDesk."""

    text: MailText
    full_headers: bool
    prefers_html: bool
    shows_thread: bool

    def show_message(self, *, keep_place: bool = False) -> None: ...

    def leave(self, command: str = "", argument: str = "") -> None: ...


class PagerCommands:
    """A helper of the pager screen."""

    def __init__(self, desk: PagerDesk) -> None:
        self._desk = desk
        self._step = 1

    # --- the text

    def do_next_page(self, argument: str) -> None:
        self._desk.text.move_page(2)

    def do_previous_page(self, argument: str) -> None:
        self._desk.text.move_page(-2)

    def do_half_down(self, argument: str) -> None:
        self._desk.text.move_page(1)

    def do_half_up(self, argument: str) -> None:
        self._desk.text.move_page(-1)

    def do_next_line(self, argument: str) -> None:
        self._desk.text.move(1)

    def do_previous_line(self, argument: str) -> None:
        self._desk.text.move(-1)

    def do_first_entry(self, argument: str) -> None:
        self._desk.text.move_to(0)

    def do_last_entry(self, argument: str) -> None:
        self._desk.text.move_to(len(self._desk.text.lines))

    def do_next_entry(self, argument: str) -> None:
        self._any_message(1, "You are on the last message.")

    def do_previous_entry(self, argument: str) -> None:
        self._any_message(-1, "You are on the first message.")

    def _any_message(self, step: int, otherwise: str) -> None:
        line = self._desk.line + step
        if not 0 <= line < len(self._desk.view):
            raise CommandError(otherwise)
        self._desk.go_to(line)

    # --- quotes and headers

    def do_toggle_quoted(self, argument: str) -> None:
        folded = self._desk.text.toggle_quotes()
        self._desk.tell("Long quotes are folded." if folded else "")

    def do_skip_quoted(self, argument: str) -> None:
        self._skip(_QUOTES, "No more quoted text.")

    def do_skip_headers(self, argument: str) -> None:
        self._skip(_HEADERS, "No headers below.")

    def _skip(self, kinds: frozenset[LineKind], otherwise: str) -> None:
        line = self._desk.text.after(kinds)
        if line is None:
            raise CommandError(otherwise)
        self._desk.text.move_to(line)

    def do_display_toggle_headers(self, argument: str) -> None:
        self._desk.full_headers = not self._desk.full_headers
        self._desk.show_message()

    def do_toggle_html(self, argument: str) -> None:
        self._desk.prefers_html = not self._desk.prefers_html
        self._desk.show_message()
        self._desk.tell("HTML before plain text." if self._desk.prefers_html else "Plain text before HTML.")

    # --- where it leads, where it came from

    async def do_open_link(self, argument: str) -> None:
        from termail.screens.links import open_link

        await open_link(self._desk, self._desk.text.links, argument)

    def do_journey(self, argument: str) -> None:
        row = current_row(self._desk)
        self._desk.go("journey", row.message_id, row.subject)

    def do_anatomy(self, argument: str) -> None:
        row = current_row(self._desk)
        self._desk.go("anatomy", row.message_id, row.subject)

    async def do_explain_trust(self, argument: str) -> None:
        from termail.screens.reading import own_domains
        from termail.screens.trust_report import trust_texts

        row, services = current_row(self._desk), self._desk.services
        domains = own_domains(services, services.account_of(self._desk.view.folder, row))
        known = services.address_book.known_hosts() | domains
        texts = list(trust_texts(services.store.header(row.message_id), domains, known))
        opening = await services.protected.open(row.message_id, (await services.shown_body(row.message_id))[0])
        if opening is not None and opening.signature is not None:
            key = opening.signature.fingerprint
            texts[:0] = [f"OpenPGP: {opening.signature.in_words(row.sender_address)}.", f"Its key is {key}.", ""]
        width = max(20, self._desk.text.text_width - 4)
        lines = [piece for text in texts for piece in (wrap(text, width, "  ") if text else [""])]
        self._desk.go("text", "Who vouches for this message", lines)

    def do_read_whole_thread(self, argument: str) -> None:
        self._desk.shows_thread = not self._desk.shows_thread
        self._desk.show_message()

    # --- searching

    async def do_search(self, argument: str) -> None:
        await self._search(argument, 1)

    async def do_search_reverse(self, argument: str) -> None:
        await self._search(argument, -1)

    async def do_search_next(self, argument: str) -> None:
        self._find()

    async def do_search_opposite(self, argument: str) -> None:
        self._find(-1)

    def do_search_toggle(self, argument: str) -> None:
        text = self._desk.text
        text.shows_matches = not text.shows_matches
        text.refresh()

    async def _search(self, argument: str, step: int) -> None:
        label = "Search for: " if step > 0 else "Reverse search for: "
        pattern = compile_search(argument or await self._desk.ask(label, history="search"))
        self._step = step
        self._desk.text.search(pattern)
        self._find()

    def _find(self, direction: int = 1) -> None:
        line = self._desk.text.next_match(self._step * direction)
        if line is None:
            raise CommandError("Not found.")
        self._desk.text.move_to(line)

    # --- leaving

    def do_quit(self, argument: str) -> None:
        self._desk.leave()

    def do_exit(self, argument: str) -> None:
        self._desk.leave()

    def do_change_folder(self, argument: str) -> None:
        self._desk.leave("change-folder", argument)

    def do_folder_list(self, argument: str) -> None:
        self._desk.leave("folder-list", argument)

    def do_sync_mailbox(self, argument: str) -> None:
        self._desk.leave("sync-mailbox", argument)

    def do_search_everywhere(self, argument: str) -> None:
        self._desk.leave("search-everywhere", argument)

    def do_search_account(self, argument: str) -> None:
        self._desk.leave("search-account", argument)
