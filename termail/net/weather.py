"""Bad weather in words: what went wrong on the network, and what a person can do about it."""

import asyncio
import errno
import socket
import ssl
from typing import Final

_WORDS: Final = {
    errno.ECONNREFUSED: "nobody answers there",
    errno.ECONNRESET: "the server hung up",
    errno.EPIPE: "the server hung up",
    errno.EHOSTUNREACH: "the host cannot be reached",
    errno.ENETUNREACH: "there is no network",
    errno.ENETDOWN: "there is no network",
    errno.ETIMEDOUT: "no answer in time",
}


def in_words(error: BaseException, place: object) -> str:
    """One line for the status bar, such as "mail.cities.org:993: nobody answers there"."""
    return f"{place}: {_reason(error)}"


def _reason(error: BaseException) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not trusted ({error.verify_message or 'not verified'})"
        case ssl.SSLError():
            return f"TLS failed ({(error.reason or 'no reason given').replace('_', ' ').lower()})"
        case socket.gaierror():
            return "its address cannot be found"
        case TimeoutError() | asyncio.TimeoutError():
            return "no answer in time"
        case ConnectionError() | OSError() if error.errno in _WORDS:
            return _WORDS[error.errno]
        case OSError() if error.strerror and "Multiple exceptions" not in error.strerror:
            return error.strerror.lower()
        case OSError() if "Multiple exceptions" in str(error):
            return "nobody answers there"
        case _:
            return str(error) or type(error).__name__


def advice(error: BaseException) -> str:
    """What to try, "" when nothing better than waiting comes to mind."""
    match error:
        case ssl.SSLCertVerificationError():
            return "give the server's authority as a PEM file in the key ca, or mend the host name in the URL"
        case ssl.SSLError():
            return "is the port right? TLS from the start is imaps/pop3s/smtps, STARTTLS is imap/pop3/smtp"
        case socket.gaierror():
            return "check the host name in the URL, and the network"
        case ConnectionRefusedError():
            return "check the port in the URL: is the server running?"
        case TimeoutError() | asyncio.TimeoutError():
            return "a firewall may drop the connection: check the port, try another network"
        case _:
            return ""
