"""DKIM signatures (RFC 6376) for what our users send, by dkimpy, off the event loop."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

logger = logging.getLogger(__name__)

Sign = Callable[[bytes], bytes]


class CannotSign(OSError):
    """No signatures can be made as configured; the text says why and what to do."""


class DkimSigner:
    """Answers the DKIM-Signature field of a message; b"" for one above `limit_octets` (signing costs time
    and memory) and for one that dkimpy does not take: it goes unsigned rather than not at all."""

    def __init__(self, sign: Sign, limit_octets: int) -> None:
        self._sign = sign
        self._limit_octets = limit_octets

    async def __call__(self, header: bytes, body: memoryview) -> bytes:
        if len(header) + len(body) > self._limit_octets:
            return b""
        return await asyncio.to_thread(self._sign, b"".join((header, body)))


def dkim_signer(key: Path, selector: str, domain: str, limit_octets: int) -> DkimSigner:
    """A signer with the RSA key in this PEM file, published as TXT at selector._domainkey.domain. Raises
    CannotSign."""
    import dkim  # takes its time to import

    try:
        private_key = key.read_bytes()
        dkim.sign(b"From: a@b.test\r\n\r\nx\r\n", selector.encode(), domain.encode(), private_key)
    except (OSError, dkim.DKIMException) as fault:
        raise CannotSign(f"the DKIM key {key} cannot be used: {fault}") from fault

    def sign(message: bytes) -> bytes:
        try:
            made: bytes = dkim.sign(
                message, selector.encode(), domain.encode(), private_key, canonicalize=(b"relaxed", b"relaxed")
            )
        except dkim.DKIMException as fault:
            logger.warning("a message goes unsigned: %s", fault)
            return b""
        return made

    return DkimSigner(sign, limit_octets)
