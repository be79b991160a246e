"""The MTA's way out, built from settings: router, relay, and what a smarthost wants."""

import os
import ssl

from bundled_server.config import HostSettings
from bundled_server.dns.isolated import IsolatedResolver
from bundled_server.dns.resolver import DnsResolver, Resolver, system_nameservers
from bundled_server.journal import Journal
from bundled_server.mta.relay import Relay
from bundled_server.mta.relay_connection import Identity
from bundled_server.mta.routing import SMTP_PORT, PortOf, Router

PASSWORD_VARIABLE = "TERMAIL_SMARTHOST_PASSWORD"


def make_relay(
    settings: HostSettings, journal: Journal, resolver: Resolver | None, port_of: PortOf | None
) -> Relay:
    """The relay of one host; `resolver` and `port_of` as `host.Host` takes them. Raises OSError and ssl.SSLError
    when a file of the smarthost's cannot be read."""
    if resolver is None:
        resolver = IsolatedResolver() if settings.egress == "none" else DnsResolver(system_nameservers())
    router = Router(
        resolver=resolver,
        hostname=settings.hostname,
        egress=settings.egress,
        smarthost=settings.smarthost,
        smarthost_verified=bool(settings.smarthost_user),
        transports=settings.transports,
        port_of=port_of or (_no_world if settings.egress == "none" else _smtp_port),
        journal=journal,
    )

    return Relay(
        hostname=settings.hostname,
        router=router,
        journal=journal,
        journal_wire=settings.journal_wire,
        connections_per_destination=settings.limits.relays_per_destination,
        verified_tls=_verified_context(settings) if settings.egress == "smarthost" else None,
        identity=_identity(settings) if settings.smarthost_user else None,
    )


def _verified_context(settings: HostSettings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(settings.smarthost_ca) if settings.smarthost_ca else None)


def _identity(settings: HostSettings) -> Identity:
    """The password comes from a file or the environment: command lines are seen by everybody."""
    if settings.smarthost_password_file is not None:
        password = settings.smarthost_password_file.read_text("utf-8").rstrip("\r\n")
    else:
        password = os.environ.get(PASSWORD_VARIABLE, "")
    if not password:
        raise FileNotFoundError(
            f"no password for {settings.smarthost_user} at the smarthost: set smarthost_password_file"
            f" or ${PASSWORD_VARIABLE}"
        )
    return Identity(settings.smarthost_user, password)


def _no_world(hostname: str) -> int | None:
    return None


def _smtp_port(hostname: str) -> int | None:
    return SMTP_PORT
