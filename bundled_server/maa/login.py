"""Logging in, the same for IMAP and POP3: from credentials to the name of a mailbox owner."""

from bundled_server.auth.login import Denied, LoggedIn, Step
from bundled_server.envelope import split_address
from bundled_server.maa.service import Service, SessionRecord
from bundled_server.protocols.sasl import Credentials


def note_step(record: SessionRecord, step: Step) -> Step:
    """Write the end of a SASL login into the journal."""
    match step:
        case LoggedIn(user):
            record.note("authenticated", f"user {user}")
        case Denied(user, too_many):
            fate = "not heard: too many failures" if too_many else "failed"
            record.note("refused", f"login of {user[:80]} {fate}")
    return step


class TooManyFailures(Exception):
    """This address has failed too often; it is not heard for a while."""


def owner_name(user: str, domain: str) -> str | None:
    """The local part, in lower case, of `alice` or `alice@our.domain`; None for somebody else's domain."""
    local, given_domain = split_address(user.strip())
    if given_domain and given_domain != domain.lower():
        return None
    return local.lower() or None


async def log_in(service: Service, record: SessionRecord, peer: str, claim: Credentials) -> str | None:
    """The owner whose mailboxes the claim opens, None when it does not. A wrong password, an unknown user and
    somebody else's authorisation identity look and last the same. Raises TooManyFailures."""
    domain, throttle = service.settings.domain, service.throttle
    owner = owner_name(claim.user, domain)
    acts_as = owner_name(claim.authzid, domain) if claim.authzid else owner
    account = owner or claim.user[:80]
    if throttle is not None and not await throttle.admit(peer, account):
        record.note("refused", f"login of {account} not heard: too many failures")
        raise TooManyFailures
    right = await service.directory.verify(owner or "", claim.password)
    if right and owner is not None and acts_as == owner:
        if throttle is not None:
            throttle.succeeded(peer, account)
        record.note("authenticated", f"user {owner}")
        return owner
    if throttle is not None:
        throttle.failed(peer, account)
    record.note("refused", f"login of {account} failed")
    return None
