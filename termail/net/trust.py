"""TLS as a client: certificates verified, an account's own authority beside the system's."""

import hashlib
import ssl
from collections.abc import Callable, Collection
from pathlib import Path


class CannotTrust(Exception):
    """The `ca` file of an account cannot be used; the text says why."""


def client_context(authority: str = "", alpn: str = "", pins: Collection[str] = ()) -> ssl.SSLContext:
    """A verifying context (TLS 1.2 or later, RFC 8314 §4.1); `authority` is a PEM file trusted as well. With
    `pins` (fingerprints) exactly those certificates are trusted, whoever signed them and whatever their name.
    Raises CannotTrust."""
    if pins:
        return _judging_context(lambda certificate: _judge_pin(certificate, pins))
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


def recording_context(seen: list[bytes]) -> ssl.SSLContext:
    """A context that notes the server's certificate (DER) and then refuses it: nothing is ever sent."""

    def judge(certificate: bytes) -> None:
        seen.append(certificate)
        raise _refusal("only looked at")

    return _judging_context(judge)


def _judging_context(judge: Callable[[bytes], None]) -> ssl.SSLContext:
    """OpenSSL proves that the server has the certificate's key; `judge` decides, before anything is sent, whether
    it is the right one."""

    class Judged(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            judge(self.getpeercert(binary_form=True) or b"")

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.sslobject_class = Judged
    return context


def _judge_pin(certificate: bytes, pins: Collection[str]) -> None:
    shown = fingerprint(certificate)
    if shown not in pins:
        raise _refusal(f"its fingerprint is sha256:{shown}, another one is pinned")


def _refusal(reason: str) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, reason)
    error.verify_message = reason
    return error


def fingerprint(certificate: bytes) -> str:
    """SHA-256 of a DER certificate, as people compare it."""
    digest = hashlib.sha256(certificate).hexdigest().upper()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))
