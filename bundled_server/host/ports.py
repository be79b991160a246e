"""The ports of a host: its certificate, its listeners, and what is said when a port cannot be had."""

import ssl
from pathlib import Path

from bundled_server.config import HostSettings
from bundled_server.host.errors import HostCannotStart
from bundled_server.host.services import Service
from bundled_server.net.listener import Listener
from bundled_server.net.tls import CertificatePaths, make_self_signed, server_context


def tls_context(settings: HostSettings, certificates: Path) -> ssl.SSLContext:
    """The certificate of the settings, or one made for this host and kept in `certificates`."""
    if settings.tls_certificate is None or settings.tls_key is None:
        paths = make_self_signed(settings.hostname, certificates)
    else:
        paths = CertificatePaths(settings.tls_certificate, settings.tls_key)
    try:
        return server_context(paths)
    except (OSError, ssl.SSLError) as fault:
        raise HostCannotStart(
            f"the certificate {paths.certificate} with key {paths.key} cannot be used: {fault}"
        ) from fault


async def listen(
    service: Service, settings: HostSettings, port: int, tls: ssl.SSLContext, *, shows_ciphertext: bool = False
) -> Listener:
    """Open one service's port."""
    listener = Listener(
        service.sessions,
        name=service.name,
        host=settings.listen,
        port=port,
        limits=settings.limits,
        tls=tls,
        implicit_tls=service.implicit_tls,
        busy_line=service.busy_line,
        shows_ciphertext=shows_ciphertext,
    )
    try:
        await listener.open()
    except OSError as weather:
        raise port_trouble(service.name, settings.listen, port, weather) from weather
    return listener


def port_trouble(service: str, listen_on: str, port: int, weather: OSError) -> HostCannotStart:
    """What went wrong with a port, and what to do."""
    reason = weather.strerror or str(weather)
    advice = f"choose another with --{service} PORT (0 picks a free one)"
    if isinstance(weather, PermissionError):
        reason, advice = "ports below 1024 need privileges", f"{advice}, or give the right to bind it"
    return HostCannotStart(f"{service} cannot listen on {listen_on} port {port}: {reason}; {advice}")
