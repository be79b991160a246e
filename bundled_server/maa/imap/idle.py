"""IDLE: hearing of changes as they happen (RFC 2177)."""

from bundled_server.maa.imap.context import Done, Feature, ImapContext, Verb
from bundled_server.protocols.imap import arguments, commands
from bundled_server.protocols.imap.grammar import AFTER_LOGIN, Syntax


async def _idle(context: ImapContext, _: commands.Nothing) -> Done | None:
    context.idle_tag = context.tag
    context.machine.idle()
    await context.report(expunges=True)
    return None


FEATURE = Feature(
    verbs=(Verb(Syntax("IDLE", AFTER_LOGIN, arguments.nothing), _idle),),
    capabilities=(b"IDLE",),
)
