"""Opening a stream: connect, greeting, and TLS as the account's URL says."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Final, Protocol, TypeVar

from termail.mra.errors import RetrievalError
from termail.mra.stream import Stream
from termail.net.endpoint import Endpoint, Security
from termail.net.weather import in_words

CONNECT_SECONDS: Final = 30.0


class Dialogue(Protocol):
    """What is spoken on a stream."""

    async def greet(self) -> None: ...

    async def start_tls(self, context: ssl.SSLContext, host: str) -> None: ...


S = TypeVar("S", bound=Stream)
D = TypeVar("D", bound=Dialogue)


@contextlib.asynccontextmanager
async def opened(
    endpoint: Endpoint,
    contexts: Callable[[], ssl.SSLContext],
    make_stream: Callable[[], S],
    speak: Callable[[S], D],
    gone: Callable[[str], RetrievalError],
) -> AsyncIterator[D]:
    """A dialogue that was greeted and is under TLS; the line is cut at the end. Raises `gone`, and what the
    dialogue raises."""
    context = contexts() if endpoint.security is not Security.NONE else None
    at_once = context if endpoint.security is Security.TLS else None
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            _, stream = await asyncio.get_running_loop().create_connection(
                make_stream, endpoint.host, endpoint.port, ssl=at_once, happy_eyeballs_delay=0.25
            )
    except OSError as error:
        raise gone(in_words(error, endpoint)) from error
    try:
        dialogue = speak(stream)
        await dialogue.greet()
        if endpoint.security is Security.STARTTLS:
            assert context is not None
            try:
                await dialogue.start_tls(context, endpoint.host)
            except OSError as error:
                raise gone(in_words(error, endpoint)) from error
        yield dialogue
    finally:
        stream.abort()
