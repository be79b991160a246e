"""QUOTA: how much a user may keep, and what would be too much (RFC 9208). One root, "", holds all mailboxes."""

from bundled_server.maa.imap.context import Done, Feature, ImapContext, Refusal, Verb
from bundled_server.protocols.imap import arguments, commands
from bundled_server.protocols.imap.grammar import AFTER_LOGIN, Syntax

_UNIT_OCTETS = 1024  # RFC 9208 §5.1


def quota_limit(context: ImapContext) -> int:
    """In octets, 0 for none."""
    settings = context.service.settings
    own = {name.lower(): octets for name, octets in settings.quotas.items()}
    return own.get(context.owner, settings.quota_octets)


async def refuse_beyond_quota(context: ImapContext, more_octets: int) -> None:
    """Raises Refusal when so much more would be too much."""
    limit = quota_limit(context)
    if limit and await _used_octets(context) + more_octets > limit:
        raise Refusal("there is no room for this", b"OVERQUOTA")


async def _used_octets(context: ImapContext) -> int:
    store = context.service.store
    return sum([(await store.status(one.mailbox_id)).size_octets for one in await store.mailboxes(context.owner)])


async def _tell(context: ImapContext) -> None:
    limit = quota_limit(context)
    used = -(-await _used_octets(context) // _UNIT_OCTETS)
    resources = b"STORAGE %d %d" % (used, limit // _UNIT_OCTETS) if limit else b""
    context.untagged(b'QUOTA "" (%b)' % resources)


async def _get_quota(context: ImapContext, request: commands.QuotaRoot) -> Done:
    if request.root:
        raise Refusal("there is no such quota root", b"NONEXISTENT")
    await _tell(context)
    return Done("GETQUOTA completed")


async def _get_quota_root(context: ImapContext, request: commands.MailboxName) -> Done:
    mailbox = await context.find(request.mailbox)
    context.untagged(b'QUOTAROOT %b ""' % context.name_octets(mailbox.name))
    await _tell(context)
    return Done("GETQUOTAROOT completed")


FEATURE = Feature(
    verbs=(
        Verb(Syntax("GETQUOTA", AFTER_LOGIN, arguments.quota_root), _get_quota),
        Verb(Syntax("GETQUOTAROOT", AFTER_LOGIN, arguments.mailbox), _get_quota_root),
    ),
    capabilities=(b"QUOTA", b"QUOTA=RES-STORAGE"),
)
