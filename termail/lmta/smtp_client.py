"""aiosmtplib's client with a transcript, and a DATA that says when the message goes out."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

import aiosmtplib

from termail.lmta.transcript import Transcript
from termail.net.wire import MASK

CHUNK_OCTETS: Final = 65_536
FINAL_DOT: Final = b".\r\n"
_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_LEADING_DOT: Final = re.compile(rb"(?m)^\.")
_BCC: Final = re.compile(rb"(?im)^(?:resent-)?bcc[ \t]*:.*\n(?:[ \t].*\n)*")


class TappedClient(aiosmtplib.SMTP):
    """Every command and reply goes through the transcript; AUTH is masked."""

    def __init__(self, transcript: Transcript, **options: Any) -> None:
        super().__init__(**options)
        self._transcript = transcript
        self._is_authenticating = False

    async def connect(self, **options: Any) -> aiosmtplib.SMTPResponse:
        """The greeting is the server's first line."""
        reply = await super().connect(**options)
        self._transcript.server(*reply)
        return reply

    async def execute_command(self, *words: bytes, **options: Any) -> aiosmtplib.SMTPResponse:
        """One command, one reply."""
        line = b" ".join(words).decode("utf-8", "replace")
        if words[0].upper() == b"AUTH":
            self._is_authenticating = True
            line = f"AUTH {words[1].decode('ascii', 'replace').split(' ')[0]} {MASK}"
        elif self._is_authenticating:
            line = MASK
        self._transcript.client(line)
        try:
            reply = await super().execute_command(*words, **options)
        except aiosmtplib.SMTPResponseException as error:
            self._transcript.server(error.code, error.message)
            raise
        self._is_authenticating = self._is_authenticating and reply.code == 334
        self._transcript.server(*reply)
        return reply

    async def starttls(self, **options: Any) -> aiosmtplib.SMTPResponse:
        """RFC 3207."""
        self._transcript.client("STARTTLS")
        reply = await super().starttls(**options)
        self._transcript.server(*reply)
        return reply

    async def send_data(
        self, raw: bytes, timeout_seconds: float, going_out: Callable[[], Awaitable[None]]
    ) -> aiosmtplib.SMTPResponse:
        """DATA; `going_out` is awaited between 354 and the message. → the reply, whatever its code.

        Written in pieces while the transport takes them: a large message neither stops the loop nor fills the
        memory, and a reply that comes early is heard.
        """
        start = await self.execute_command(b"DATA")
        if start.code != 354:
            return start
        prepared = await asyncio.to_thread(_prepared, raw)
        await going_out()
        protocol = self.protocol
        if protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        self._transcript.client(f"({len(prepared) - len(FINAL_DOT)} octets, then a dot)")
        reading = asyncio.ensure_future(protocol.read_response(timeout=timeout_seconds))
        try:
            for at in range(0, len(prepared), CHUNK_OCTETS):
                if reading.done():
                    break
                protocol.write(prepared[at : at + CHUNK_OCTETS])
                drained = asyncio.ensure_future(protocol._drain_helper())
                await asyncio.wait({drained, reading}, return_when=asyncio.FIRST_COMPLETED)
                if not drained.done():
                    drained.cancel()
                elif not drained.cancelled():
                    drained.result()
            reply = await reading
        finally:
            reading.cancel()
        self._transcript.server(*reply)
        return reply


def _prepared(raw: bytes) -> bytes:
    """CRLF line ends, dots doubled, the final dot (RFC 5321 §4.5.2), no Bcc (RFC 5322 §3.6.3). Nothing else is
    changed: signatures hold."""
    if raw.count(b"\r\n") != raw.count(b"\n") or raw.count(b"\r") != raw.count(b"\n"):
        raw = _LINE_END.sub(b"\r\n", raw)
    if not raw.endswith(b"\r\n"):
        raw += b"\r\n"
    if not raw.startswith(b"\r\n"):
        end = raw.find(b"\r\n\r\n") + 2
        end = end if end >= 2 else len(raw)
        raw = _BCC.sub(b"", raw[:end]) + raw[end:]
    return _LEADING_DOT.sub(b"..", raw) + FINAL_DOT
