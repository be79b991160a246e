"""What a listener on the network sees of a TLS connection: its records, by type and length (RFC 8446 §5.1)."""

import ssl
from typing import Final

from termail.net.wire import Tap

TLS_DIRECTIONS: Final = {"write": "c", "read": "s"}
"""The tap hears of records in lower case: they travel beneath what the client ("C") and the server ("S") say."""
_HEADER: Final = 0x100  # OpenSSL's SSL3_RT_HEADER: the five octets before every record
_HANDSHAKE: Final = 22
_TYPES: Final = {20: "change cipher spec", 21: "alert", 22: "handshake", 23: "application data"}
_MESSAGES: Final = {
    1: "ClientHello",
    2: "ServerHello",
    4: "NewSessionTicket",
    8: "EncryptedExtensions",
    11: "Certificate",
    13: "CertificateRequest",
    15: "CertificateVerify",
    20: "Finished",
}


def watch_records(context: ssl.SSLContext, tap: Tap) -> ssl.SSLContext:
    """Tell the tap of every record of the connections made with this context; where this Python's OpenSSL does
    not tell, nothing is heard."""

    def heard(_: object, direction: str, __: int, content_type: int, message_type: int, data: bytes) -> None:
        side = TLS_DIRECTIONS.get(direction)
        if side is None:
            return
        if content_type == _HEADER and len(data) == 5:
            tap(side, record_words(data))
        elif content_type == _HANDSHAKE:
            tap(side, f"   {_MESSAGES.get(message_type, f'message {message_type}')} (RFC 8446 §4)")

    if hasattr(context, "_msg_callback"):
        context._msg_callback = heard
    return context


def record_words(header: bytes) -> str:
    """A record's five octets as they travel, and what they say."""
    length = int.from_bytes(header[3:5], "big")
    return f"{header.hex(' ')} …  {_TYPES.get(header[0], f'type {header[0]}')}, {length} octets"


def is_protected(words: str) -> bool:
    """Whether these words are of a record whose content nobody else can read."""
    return words.startswith("17 ")
