"""Trace fields: the Received line that every agent puts on top (RFC 5321 §4.4)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Trace:
    """What a Received line tells. `protocol` is the word of RFC 3848 (SMTP, ESMTP, ESMTPS, ESMTPSA); `tls` such as
    "TLSv1.3 TLS_AES_256_GCM_SHA384"; `recipient` is "" unless there is exactly one; `time` in epoch seconds."""

    client_name: str
    client_address: str
    hostname: str
    protocol: str
    identifier: str
    time: float
    tls: str = ""
    recipient: str = ""


def received_line(trace: Trace) -> bytes:
    """The folded header field with its CRLF."""
    address = f"IPv6:{trace.client_address}" if ":" in trace.client_address else trace.client_address
    lines = [f"Received: from {trace.client_name or 'unknown'} ([{address}])"]
    if trace.tls:
        version, _, cipher = trace.tls.partition(" ")
        lines.append(f"\t(using {version} with cipher {cipher or 'unknown'})")
    lines.append(f"\tby {trace.hostname} with {trace.protocol} id {trace.identifier}")
    if trace.recipient:
        lines.append(f"\tfor <{trace.recipient}>")
    lines[-1] += ";"
    lines.append(f"\t{_date(trace.time)}")
    return "\r\n".join(lines).encode("utf-8") + b"\r\n"


def protocol_word(
    *, extended: bool, tls: bool, authenticated: bool, utf8: bool = False, lmtp: bool = False
) -> str:
    """The "with" word of a Received line (RFC 3848, RFC 6531 §4.3)."""
    if not extended and not utf8:
        return "SMTP"
    base = ("UTF8LMTP" if utf8 else "LMTP") if lmtp else ("UTF8SMTP" if utf8 else "ESMTP")
    return f"{base}{'S' if tls else ''}{'A' if authenticated else ''}"


@lru_cache(maxsize=4)
def _date_of_second(second: int) -> str:
    return format_datetime(datetime.fromtimestamp(second, UTC))


def _date(time: float) -> str:
    """RFC 5322 date-time; mail that arrives within one second shares the work."""
    return _date_of_second(int(time))
