"""Links of a message: a list with their true hosts, and opening one by a program of the user's choice."""

import shlex
import subprocess
from collections.abc import Sequence
from urllib.parse import urlsplit

from termail.mime.draft import Draft
from termail.mime.lookalike import imitated
from termail.mime.mailto import draft_from_mailto
from termail.mime.sanitize import clean_line
from termail.screens.desk import CommandError, MailDesk
from termail.screens.reports import Report
from termail.screens.services import Services
from termail.widgets.ink import Run, fit

OPENED_SCHEMES = frozenset({"http", "https", "mailto"})
Links = Sequence[tuple[str, str]]


class LinksScreen(Report):
    """Returns the number of the link chosen, or None."""

    TITLE_TEXT = "Links"
    EMPTY = "No links in this message."
    HINTS = (("select-entry", "open"), ("search", "find"), ("quit", "back"))

    def __init__(self, services: Services, links: Links) -> None:
        super().__init__(services)
        self._links = links

    def report_lines(self) -> list[list[Run]]:
        return [
            [
                (f" {number:>3}  ", "dim"),
                (fit(clean_line(host) or "?", 32) + "  ", "strong"),
                (clean_line(url), "link"),
            ]
            for number, (url, host) in enumerate(self._links, 1)
        ]

    def do_select_entry(self, argument: str) -> None:
        self.dismiss(self.list.cursor + 1 if self._links else None)


async def open_link(desk: MailDesk, links: Links, typed: str) -> None:
    """Ask which and whether, show where it truly leads, open it. Raises CommandError."""
    if not links:
        raise CommandError("No links in this message.")
    if not typed and len(links) > 1:
        typed = await desk.ask(f"Open link (1-{len(links)}; Enter lists them): ")
    number = int(typed) if typed.isdigit() else 1 if len(links) == 1 else await desk.visit("links", links)
    if number is None:
        return
    if not 1 <= number <= len(links):
        raise CommandError(f"There is no link {number}.")
    url, host = links[number - 1]
    scheme = urlsplit(url).scheme.lower()
    if scheme not in OPENED_SCHEMES:
        raise CommandError(
            f"{clean_line(scheme)}: links are not opened here, only {', '.join(sorted(OPENED_SCHEMES))}."
        )
    if scheme == "mailto":
        desk.go("compose", _draft(desk, url))
        return
    of = imitated(host, desk.services.address_book.known_hosts())
    warning = f", which looks like {of}" if "." in of else f", which has {of}" if of else ""
    if await desk.confirm(f"Open {clean_line(url)[:60]} at {clean_line(host)}{warning}?", default=not of):
        if desk.services.is_guest:
            desk.show_url(url)
        else:
            start(desk.services.settings.ui.url_command, url)
        desk.tell(f"Opened {clean_line(host)}.")


def _draft(desk: MailDesk, url: str) -> Draft:
    services = desk.services
    here = desk.view.folder.account
    account = here if here in services.account_names else next(iter(services.account_names), "")
    return draft_from_mailto(url, account=account, from_=services.account(account).from_)


def start(command: str, url: str) -> None:
    """Start the user's program with the address as one argument, never as shell text; it outlives the question."""
    words = shlex.split(command)
    if not words:
        raise CommandError("There is no url_command in the [ui] settings.")
    arguments = [word.replace("%s", url) for word in words] if "%s" in command else [*words, url]
    subprocess.Popen(
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
