"""Building the policies of the SMTP ports: transfer, submission, and the handing over by LMTP."""

from bundled_server.auth.login import SaslBackEnd
from bundled_server.auth.throttle import LoginThrottle
from bundled_server.filters.inspection import Inspection
from bundled_server.filters.result_fields import SIGNED_FIELDS, VERDICT_FIELDS, is_forged_result, is_signed_by
from bundled_server.host.errors import HostCannotStart
from bundled_server.host.filter_gate import FilterGate, ScanGate
from bundled_server.host.parts import Ground, MailFlow, People
from bundled_server.msa.dkim_signer import CannotSign, DkimSigner, dkim_signer
from bundled_server.msa.policy import SubmissionPolicy
from bundled_server.msa.rate import UserRate
from bundled_server.mta.policy import HandOverPolicy, TransferPolicy
from bundled_server.protocols.smtp.header import Field
from bundled_server.protocols.smtp.replies import Reply


def transfer_policy(ground: Ground, people: People, flow: MailFlow, inspection: Inspection) -> TransferPolicy:
    """Port 25's."""
    settings = ground.settings

    def is_forged(field: Field) -> bool:
        return field.name in VERDICT_FIELDS and is_forged_result(field.name, field.value, settings.hostname)

    async def is_full(address: str) -> Reply | None:
        if await flow.courier.has_room(address):
            return None
        code, status = (552, "5.2.2") if settings.quota_refuses else (452, "4.2.2")
        return Reply(code, status, f"<{address}>... Mailbox full")

    return TransferPolicy(
        hostname=settings.hostname,
        domains=people.domains,
        recipient_exists=people.addresses.exists,
        now=ground.clock.now,
        received_hops=settings.limits.received_hops,
        gate=None if inspection.chain.is_empty else FilterGate(inspection),
        members=people.addresses.expand,
        answers_questions=settings.answers_questions,
        is_full=is_full if settings.has_quotas else None,
        is_forged=is_forged,
    )


def hand_over_policy(ground: Ground, people: People) -> HandOverPolicy:
    """LMTP's. Who hands over has filters of its own, whose marks stay; but nobody speaks in our name."""
    hostname = ground.settings.hostname
    return HandOverPolicy(
        hostname=hostname,
        is_forged=lambda field: field.name in SIGNED_FIELDS and is_signed_by(field.name, field.value, hostname),
        domains=people.domains,
        recipient_exists=people.addresses.exists,
        now=ground.clock.now,
        received_hops=ground.settings.limits.received_hops,
    )


def submission_policy(
    ground: Ground, people: People, throttle: LoginThrottle, inspection: Inspection
) -> SubmissionPolicy:
    """Port 587's and 465's."""
    settings, logins, addresses = ground.settings, people.logins, people.addresses
    return SubmissionPolicy(
        hostname=settings.hostname,
        domains=people.domains,
        logins=SaslBackEnd(logins, throttle, people.domains, keys=logins, tokens=people.tokens),
        rate=UserRate(settings.limits.user_recipients_per_hour, ground.clock.now),
        sign=_signer(ground),
        now=ground.clock.now,
        recipient_exists=addresses.exists,
        owns_address=addresses.owns,
        members=addresses.expand,
        insecure_auth=settings.insecure_auth,
        gate=ScanGate(inspection) if settings.filters.scan_submissions else None,
        received_hops=settings.limits.received_hops,
    )


def _signer(ground: Ground) -> DkimSigner | None:
    settings = ground.settings
    if settings.dkim_key is None:
        return None
    try:
        return dkim_signer(settings.dkim_key, settings.dkim_selector, settings.domain, settings.limits.dkim_octets)
    except CannotSign as fault:
        raise HostCannotStart(str(fault)) from fault
