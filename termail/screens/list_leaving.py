"""Leaving a mailing list: one click by RFC 8058 after a question, else a message, else the list's page."""

import asyncio
from urllib.parse import urlsplit

from termail.mime.sanitize import clean_line
from termail.mime.trust import verdicts
from termail.mime.unsubscribe import ONE_CLICK_BODY, unsubscribe_ways
from termail.screens.desk import CommandError, MailDesk, current_row
from termail.screens.identity import face_for
from termail.screens.reading import own_domains
from termail.screens.trust_line import is_ours

TIMEOUT_SECONDS = 20.0


class ListLeaving:
    """A helper of index and pager."""

    def __init__(self, desk: MailDesk) -> None:
        self._desk = desk

    async def do_unsubscribe_list(self, argument: str) -> None:
        from termail.mime.mailto import draft_from_mailto
        from termail.screens.links import start

        desk, services = self._desk, self._desk.services
        row = current_row(desk)
        header = services.store.header(row.message_id)
        ways = unsubscribe_ways(header)
        host = clean_line(urlsplit(ways.page).hostname or "")
        if ways.one_click:
            is_signed = _is_vouched_for(header, own_domains(services, services.account_of(desk.view.folder, row)))
            doubt = "" if is_signed else ", though no signature vouches for it"
            if await desk.confirm(f"Leave this list (one POST to {host}{doubt})?", default=False):
                status = await asyncio.to_thread(post_one_click, ways.one_click)
                desk.tell(f"{host} took it: you leave the list." if status < 400 else f"{host} refused: {status}.")
        elif ways.mailto:
            account = services.account_of(desk.view.folder, row)
            face = face_for(services.settings, account, came_to=header)
            desk.go("compose", draft_from_mailto(ways.mailto, account=face.account, from_=face.from_))
        elif ways.page:
            if await desk.confirm(f"Open the list's page at {host}?", default=False):
                start(services.settings.ui.url_command, ways.page)
        else:
            raise CommandError("This message names no way to leave a list.")


def _is_vouched_for(header: bytes, domains: frozenset[str]) -> bool:
    """Whether a server of the user's own saw a DKIM signature that holds (RFC 8058 §4)."""
    return any(
        verdict.method == "dkim" and verdict.result == "pass" and is_ours(verdict.server, domains)
        for verdict in verdicts(header)
    )


def post_one_click(url: str) -> int:
    """→ the HTTP status. One POST over verified TLS: no cookies, no redirects followed, no answer read (RFC 8058
    §3.2). Raises OSError."""
    import http.client
    import ssl

    parts = urlsplit(url)
    connection = http.client.HTTPSConnection(
        parts.hostname or "", parts.port or 443, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
    )
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "termail"}
        connection.request("POST", target, ONE_CLICK_BODY, headers)
        return connection.getresponse().status
    except http.client.HTTPException as error:
        raise OSError(f"{parts.hostname}: {type(error).__name__}") from error
    finally:
        connection.close()
