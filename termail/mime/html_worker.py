"""The process that runs html2text: frames of markup come in, frames of text go out, until the pipe closes."""

import resource
import struct
import sys
from typing import BinaryIO, Final

FRAME: Final = struct.Struct("!I")
_MEMORY_OCTETS: Final = 1_500_000_000


def render(markup: str) -> str:
    """`markup` (already reduced) as text: no wrapping, no emphasis marks, no tables, no images, no links."""
    import html2text

    renderer = html2text.HTML2Text(bodywidth=0)
    renderer.ignore_links = True
    renderer.ignore_images = True
    renderer.ignore_emphasis = True
    renderer.ignore_tables = True
    renderer.unicode_snob = True
    return str(renderer.handle(markup))


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """One answer for each request, in order."""
    while True:
        head = source.read(FRAME.size)
        if len(head) < FRAME.size:
            return
        markup = source.read(FRAME.unpack(head)[0]).decode("utf-8", "replace")
        answer = render(markup).encode("utf-8", "replace")
        sink.write(FRAME.pack(len(answer)) + answer)
        sink.flush()


def main() -> None:
    """Run with bounded memory: a request that wants more kills this process and nothing else."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_OCTETS, _MEMORY_OCTETS))
    serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
