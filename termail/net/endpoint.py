"""Where an account's mail is fetched and submitted: the URLs of the settings as typed endpoints."""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Final
from urllib.parse import unquote


class Security(Enum):
    """How the connection is protected. No "if offered": a stripped STARTTLS is an error (RFC 8314 §3.3)."""

    TLS = "TLS from the first octet"
    STARTTLS = "STARTTLS"
    NONE = "no encryption"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`protocol` is imap, pop3, smtp or sieve; an empty `user` (smtp alone) means no AUTH."""

    protocol: str
    security: Security
    user: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class LocalPlace:
    """Mail that is a file or a folder of this machine: `kind` is maildir or mbox."""

    kind: str
    path: str


SIEVE_PORT: Final = 4190  # RFC 5804 §1.8
# RFC 8314 §3.3, RFC 9051 §2, RFC 1939 §3, RFC 6409 §3.1.
_SCHEMES: Final = {
    "imaps": ("imap", Security.TLS, 993),
    "imap": ("imap", Security.STARTTLS, 143),
    "imap+insecure": ("imap", Security.NONE, 143),
    "pop3s": ("pop3", Security.TLS, 995),
    "pop3": ("pop3", Security.STARTTLS, 110),
    "pop3+insecure": ("pop3", Security.NONE, 110),
    "smtps": ("smtp", Security.TLS, 465),
    "smtp": ("smtp", Security.STARTTLS, 587),
    "smtp+insecure": ("smtp", Security.NONE, 587),
    "sieve": ("sieve", Security.STARTTLS, SIEVE_PORT),
    "sieves": ("sieve", Security.TLS, SIEVE_PORT),
    "sieve+insecure": ("sieve", Security.NONE, SIEVE_PORT),
}
RETRIEVE_SCHEMES: Final = tuple(
    name for name, (protocol, _, _) in _SCHEMES.items() if protocol in ("imap", "pop3")
)
SEND_SCHEMES: Final = tuple(name for name, (protocol, _, _) in _SCHEMES.items() if protocol == "smtp")
SIEVE_SCHEMES: Final = tuple(name for name, (protocol, _, _) in _SCHEMES.items() if protocol == "sieve")
LOCAL_KINDS: Final = ("maildir", "mbox")
HOST_LIMIT: Final = 255


def parse_retrieve(text: str) -> Endpoint | LocalPlace:
    """The `retrieve` setting. Raises ValueError that says what is allowed."""
    kind, colon, path = text.partition(":")
    if colon and kind in LOCAL_KINDS:
        if not path or "\0" in path:
            raise ValueError(f"no path after {kind}: (write {kind}:PATH)")
        return LocalPlace(kind, path)
    endpoint = _parse(text, RETRIEVE_SCHEMES, " or maildir:PATH, mbox:PATH")
    if not endpoint.user:
        raise ValueError("no user before the host (write imaps://USER@HOST)")
    return endpoint


def parse_send(text: str) -> Endpoint | None:
    """The `send` setting; "" is none. Raises ValueError that says what is allowed."""
    return _parse(text, SEND_SCHEMES, "") if text else None


def parse_sieve(text: str, retrieval: Endpoint | LocalPlace) -> Endpoint | None:
    """The `sieve` setting; without it ManageSieve is looked for where mail is retrieved. None when that is no
    server. Raises ValueError that says what is allowed."""
    if text:
        endpoint = _parse(text, SIEVE_SCHEMES, "")
        if endpoint.user or isinstance(retrieval, LocalPlace):
            return endpoint
        return replace(endpoint, user=retrieval.user)
    if isinstance(retrieval, LocalPlace):
        return None
    security = Security.NONE if retrieval.security is Security.NONE else Security.STARTTLS
    return Endpoint("sieve", security, retrieval.user, retrieval.host, SIEVE_PORT)


def _parse(text: str, schemes: tuple[str, ...], others: str) -> Endpoint:
    scheme, separator, rest = text.partition("://")
    if not separator or scheme.lower() not in schemes:
        allowed = ", ".join(f"{name}://" for name in schemes)
        raise ValueError(f"{_without_secret(text)!r} begins with none of {allowed}{others}")
    protocol, security, standard_port = _SCHEMES[scheme.lower()]
    user, _, address = rest.rstrip("/").rpartition("@")
    if "/" in address or "?" in address:
        raise ValueError(f"{address!r}: nothing may follow the host and port")
    if ":" in user:
        raise ValueError("a password does not belong here: use password_command, the keyring or the prompt")
    host, port = _host_and_port(address, standard_port)
    return Endpoint(protocol, security, unquote(user), host, port)


def _host_and_port(address: str, standard_port: int) -> tuple[str, int]:
    """`host`, `host:port`, `[v6]`, `[v6]:port`."""
    if address.startswith("["):
        host, closed, tail = address[1:].partition("]")
        if not closed or (tail and not tail.startswith(":")):
            raise ValueError(f"{address!r} is no host (an IPv6 address is written [2001:db8::1])")
        port_text = tail[1:] if tail else ""
        explicit = bool(tail)
    else:
        host, colon, port_text = address.partition(":")
        explicit = bool(colon)
    if not host or len(host) > HOST_LIMIT or " " in host or not host.isprintable():
        raise ValueError("no host (write SCHEME://USER@HOST or SCHEME://USER@HOST:PORT)")
    if not explicit:
        return host, standard_port
    if not (port_text.isascii() and port_text.isdigit() and 0 < int(port_text[:6]) < 65536):
        raise ValueError(f"{port_text!r} is no port (1 to 65535, or none for {standard_port})")
    return host, int(port_text)


def _without_secret(text: str) -> str:
    """For error texts: whatever stands between a colon and the last @ is not repeated."""
    scheme, separator, rest = text.partition("://")
    user, at, address = rest.rpartition("@")
    return f"{scheme}{separator}{user.partition(':')[0]}{at}{address}" if at else text
