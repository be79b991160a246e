"""The process that lays out HTML: requests come in, texts go out, until the pipe closes.

The HTML parser and html2text are both quadratic on hostile input: they run here, where a deadline can kill them.
"""

import resource
import struct
import sys
from typing import BinaryIO, Final

import msgspec

from termail.mime.html_browser import browser_document
from termail.mime.html_simplify import simplify
from termail.mime.link_numbers import LinkNumbers, true_host

FRAME: Final = struct.Struct("!I")
_MEMORY_OCTETS: Final = 1_500_000_000


class Request(msgspec.Struct, frozen=True, array_like=True):
    """A document, and how many links of the message have their numbers already."""

    document: str
    links_before: int
    for_browser: bool = False


class Rendered(msgspec.Struct, frozen=True, array_like=True):
    """The text (not sanitised, links as "[n]"), the new links in order, and what was found on the way:
    `deceptive` as (host shown, host meant, number of the link)."""

    text: str
    links: list[tuple[str, str]] = []
    blocked_images: int = 0
    tracking_pixels: int = 0
    is_cut: bool = False
    deceptive: list[tuple[str, str, int]] = []


def render(request: Request) -> Rendered:
    """Reduce, then lay out: no wrapping, no emphasis marks, no tables, no images; or make safe for a browser."""
    if request.for_browser:
        return Rendered(browser_document(request.document))
    links = LinkNumbers(request.links_before)
    simplified = simplify(request.document, number=links.number, host_of=true_host)
    return Rendered(
        text=_lay_out(simplified.markup),
        links=links.links,
        blocked_images=simplified.blocked_images,
        tracking_pixels=simplified.tracking_pixels,
        is_cut=simplified.is_cut,
        deceptive=simplified.deceptive,
    )


def _lay_out(markup: str) -> str:
    import html2text

    renderer = html2text.HTML2Text(bodywidth=0)
    renderer.ignore_links = True
    renderer.ignore_images = True
    renderer.ignore_emphasis = True
    renderer.ignore_tables = True
    renderer.unicode_snob = True
    return str(renderer.handle(markup))


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """An empty frame when ready, then one answer for each request, in order."""
    import html2text  # noqa: F401  (its import time is not the request's)
    import selectolax.lexbor  # noqa: F401

    sink.write(FRAME.pack(0))
    sink.flush()
    decoder = msgspec.msgpack.Decoder(Request)
    while True:
        head = source.read(FRAME.size)
        if len(head) < FRAME.size:
            return
        answer = msgspec.msgpack.encode(render(decoder.decode(source.read(FRAME.unpack(head)[0]))))
        sink.write(FRAME.pack(len(answer)) + answer)
        sink.flush()


def main() -> None:
    """Run with bounded memory: a request that wants more kills this process and nothing else."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_OCTETS, _MEMORY_OCTETS))
    serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
