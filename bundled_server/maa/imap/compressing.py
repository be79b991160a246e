"""COMPRESS=DEFLATE: from its OK on the dialogue is compressed both ways (RFC 4978)."""

from bundled_server.maa.imap.context import Done, Feature, ImapContext, Refusal, Verb
from bundled_server.protocols.imap import arguments, commands
from bundled_server.protocols.imap.grammar import AFTER_LOGIN, Syntax


async def _compress(context: ImapContext, _: commands.Nothing) -> Done | None:
    """The OK is the last thing that is sent plain."""
    connection = context.link.connection
    if connection.is_deflated:
        raise Refusal("the connection is compressed already", b"COMPRESSIONACTIVE")
    context.complete(context.tag, Done("DEFLATE active"))
    await context.link.flush()
    context.machine.forget_input()
    connection.start_deflate()
    return None


FEATURE = Feature(
    verbs=(Verb(Syntax("COMPRESS", AFTER_LOGIN, arguments.compress), _compress),),
    capabilities=(b"COMPRESS=DEFLATE",),
)
