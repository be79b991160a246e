"""TLS as a client: certificates verified, an account's own authority beside the system's."""

import hashlib
import ssl
from pathlib import Path


class CannotTrust(Exception):
    """The `ca` file of an account cannot be used; the text says why."""


def client_context(authority: str = "", alpn: str = "") -> ssl.SSLContext:
    """A verifying context (TLS 1.2 or later, RFC 8314 §4.1); `authority` is a PEM file trusted as well.
    Raises CannotTrust."""
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if alpn:
        context.set_alpn_protocols([alpn])
    if authority:
        path = Path(authority).expanduser()
        try:
            context.load_verify_locations(cafile=str(path))
        except OSError as error:  # ssl.SSLError is an OSError
            reason = error.strerror or "not a PEM certificate"
            raise CannotTrust(f"the certificate file {path} (key ca) cannot be used: {reason}") from error
    return context


def fingerprint(certificate: bytes) -> str:
    """SHA-256 of a DER certificate, as people compare it."""
    digest = hashlib.sha256(certificate).hexdigest().upper()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))
