"""A client of clamd: a message goes to it by INSTREAM, and what it says is the verdict."""

import asyncio
import re
import struct
from collections.abc import Mapping

from bundled_server.filter_config import Clamd
from bundled_server.filters.antivirus.finds import Find, verdict_on, word_of
from bundled_server.filters.filter import Judge, Wave
from bundled_server.filters.question import Question
from bundled_server.filters.verdict import Stage, Verdict, Word

_PLACE = re.compile(r"\S+:\d{1,5}")
CHUNK_OCTETS = 262_144
ANSWER_OCTETS = 4096


class ClamdUnavailable(OSError):
    """clamd cannot be asked, or does not know; the text says why."""


class TooBigForClamd(Exception):
    """The message passes clamd's own StreamMaxLength."""


class BadAddress(ValueError):
    """No clamd can be at such an address; the text says what one looks like."""


class ClamdFilter:
    """While clamd cannot answer, mail is put off. What is too big to be scanned is refused."""

    name = "clamd"
    wave = Wave.LOOKUPS
    must_answer = True

    def __init__(self, settings: Clamd) -> None:
        """Raises BadWord and BadAddress."""
        if "/" not in settings.address and not _PLACE.fullmatch(settings.address):
            raise BadAddress(
                f"clamd's address {settings.address!r} is neither HOST:PORT nor the path of its socket"
            )
        self.about = f"lets clamd at {settings.address} look for viruses"
        self.patience_seconds: float | None = settings.timeout_seconds
        self.stages: Mapping[Stage, Judge] = {Stage.DATA: self._judge}
        self._settings = settings
        self._word = word_of(settings.word)

    async def _judge(self, question: Question) -> Verdict | None:
        if len(question.content) > self._settings.octets:
            return _too_big()
        try:
            found = await scan(self._settings.address, question.content)
        except TooBigForClamd:
            return _too_big()
        finds = [Find(found, "", is_virus=True)] if found else []
        return verdict_on(finds, "clamd", self._word, self._word)


def _too_big() -> Verdict:
    text = "Message too big to be scanned for viruses"
    return Verdict(Word.REJECT, reason=text, status="5.3.4", text=text)


async def scan(address: str, data: bytes) -> str:
    """The name of the virus in `data`, "" for none. Raises ClamdUnavailable and TooBigForClamd."""
    try:
        reader, writer = await _connect(address)
    except (OSError, ValueError) as weather:
        raise ClamdUnavailable(f"clamd at {address}: {weather}") from weather
    try:
        answer = await _talk(reader, writer, data)
    except (OSError, EOFError, asyncio.LimitOverrunError) as weather:
        raise ClamdUnavailable(f"clamd at {address}: {weather or 'it hung up'}") from weather
    finally:
        writer.close()
    return read_answer(answer)


def read_answer(answer: str) -> str:
    """ "stream: OK", "stream: NAME FOUND", or "… ERROR", which is never taken for OK."""
    text = answer.removeprefix("stream:").strip()
    if text == "OK":
        return ""
    if text.endswith(" FOUND"):
        return text.removesuffix(" FOUND").strip() or "a virus without a name"
    if "size limit exceeded" in text:
        raise TooBigForClamd
    raise ClamdUnavailable(f"clamd says: {text[:200] or 'nothing'}")


async def _connect(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if "/" in address:
        return await asyncio.open_unix_connection(address, limit=ANSWER_OCTETS)
    host, _, port = address.rpartition(":")
    return await asyncio.open_connection(host.strip("[]"), int(port), limit=ANSWER_OCTETS)


async def _talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes) -> str:
    """The stream in chunks with their length in front, then a chunk of none; the answer ends with NUL. clamd may
    answer before it has read everything, and then hangs up on us."""
    writer.write(b"zINSTREAM\0")
    try:
        for start in range(0, len(data), CHUNK_OCTETS):
            chunk = data[start : start + CHUNK_OCTETS]
            writer.write(struct.pack("!L", len(chunk)))
            writer.write(chunk)
            await writer.drain()
        writer.write(struct.pack("!L", 0))
        await writer.drain()
    except ConnectionError:
        answer = await reader.read(ANSWER_OCTETS)
        if not answer:
            raise
        return answer.rstrip(b"\0\n").decode("utf-8", "replace")
    return (await reader.readuntil(b"\0")).rstrip(b"\0").decode("utf-8", "replace")
