"""`termail web`: web mail for the users of one mail host."""

import argparse
import asyncio
import ipaddress
import logging
import ssl

from termail.cli.errors import UserError
from termail.cli.settings import data_path
from termail.net.endpoint import Endpoint, Security, parse_retrieve, parse_send
from termail.net.trust import client_context


def run(options: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM."""
    try:
        from aiohttp import web

        from termail.web.door import Door
        from termail.web.households import Households, MailHost
        from termail.web.sessions import Limits, Sessions
        from termail.web.site import Address, Site, clock
    except ImportError as error:
        raise UserError("web mail needs one more package: pip install 'termail[web]'", 2) from error
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    imap, smtp = _imap(options.imap), _smtp(options.smtp)
    tls = _tls(options)
    contexts = lambda: client_context(options.ca)  # noqa: E731 # a fresh one each time
    households = Households(
        data_path(options) / "web", MailHost(imap, smtp, options.domain or imap.host, options.ca)
    )
    limits = Limits(sessions=options.sessions, idle_seconds=options.idle_minutes * 60)
    sessions = Sessions(limits, clock, lambda session: households.move_out(session.user))
    names = dict.fromkeys(
        (*options.host, options.listen, *(("localhost",) if _is_loopback(options.listen) else ()))
    )
    hosts = tuple(form for name in names for form in _forms(name, options.port, is_secure=tls is not None))
    site = Site(options.title, Address(hosts, tls is not None), Door(imap, contexts, clock), households, sessions)
    url = f"{'https' if tls else 'http'}://{hosts[0]}/"
    try:
        web.run_app(
            site.application(),
            host=options.listen,
            port=options.port,
            ssl_context=tls,
            print=lambda _: print(f"{options.title} is at {url}; Ctrl-C ends it.", flush=True),
            access_log=None,
            loop=asyncio.new_event_loop(),
        )
    except OSError as error:
        raise UserError(
            f"cannot listen on {options.listen} port {options.port}: {error.strerror}; choose another --port"
        ) from error
    return 0


def _imap(text: str) -> Endpoint:
    try:
        place = parse_retrieve(_with_user(text))
    except ValueError as error:
        raise UserError(f"--imap: {error}", 2) from error
    if not isinstance(place, Endpoint) or place.protocol != "imap":
        raise UserError("--imap must be imaps://HOST[:PORT] or imap://HOST[:PORT]", 2)
    return place


def _smtp(text: str) -> Endpoint | None:
    try:
        return parse_send(_with_user(text)) if text else None
    except ValueError as error:
        raise UserError(f"--smtp: {error}", 2) from error


def _with_user(text: str) -> str:
    """Each user logs in under their own name; the URL's form wants one all the same."""
    scheme, separator, rest = text.partition("://")
    return f"{scheme}{separator}{'' if '@' in rest else 'user@'}{rest}"


def _tls(options: argparse.Namespace) -> ssl.SSLContext | None:
    if not options.tls_cert:
        if not _is_loopback(options.listen):
            raise UserError("passwords would travel in the clear: give --tls-cert and --tls-key", 2)
        if _imap(options.imap).security is Security.NONE and not _is_loopback(_imap(options.imap).host):
            raise UserError("an IMAP server without encryption must be on this machine", 2)
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(options.tls_cert, options.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise UserError(f"the certificate {options.tls_cert} cannot be used: {error}", 2) from error
    return context


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def _forms(name: str, port: int, *, is_secure: bool) -> list[str]:
    """How browsers write the host: the standard port is left out."""
    shown = f"[{name}]" if ":" in name else name
    return [f"{shown}:{port}", *([shown] if port == (443 if is_secure else 80) else [])]
