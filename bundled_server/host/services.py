"""The services of a host: which dialogue each port speaks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bundled_server.auth.throttle import LoginThrottle
from bundled_server.filters.inspection import Inspection
from bundled_server.host.parts import Ground, MailFlow, People
from bundled_server.host.policies import hand_over_policy, submission_policy, transfer_policy
from bundled_server.maa.imap.session import imap_sessions
from bundled_server.maa.managesieve.session import managesieve_sessions
from bundled_server.maa.pop3.session import pop3_sessions
from bundled_server.mailbox.names import SHARED
from bundled_server.mailbox.store import Mailbox
from bundled_server.mda.lists.archives import archives_of
from bundled_server.mta.etrn import TurnDesk
from bundled_server.net.listener import SessionFactory
from bundled_server.queue.hand_delivery import HandDelivery
from bundled_server.smtp_policy import Policy
from bundled_server.smtp_session import SmtpServices, smtp_sessions
from bundled_server.smtp_session.services import Deliver, Turn


@dataclass(frozen=True, slots=True)
class Service:
    """One port: which dialogue it speaks, whether TLS comes first, what it says when there is no room."""

    name: str
    sessions: SessionFactory
    implicit_tls: bool
    busy_line: bytes


def services_of(ground: Ground, people: People, flow: MailFlow, inspection: Inspection) -> list[Service]:
    """Every service a host can offer, whether or not it has a port."""
    throttle = LoginThrottle(ground.clock, ground.settings.limits.login_failures_per_minute)
    services = [
        *_smtp_services(ground, people, flow, inspection, throttle),
        *_access_services(ground, people, throttle),
    ]
    stage = ground.surroundings.stage
    return [replace(service, sessions=stage.sessions(service.name, service.sessions)) for service in services]


def _smtp_services(
    ground: Ground, people: People, flow: MailFlow, inspection: Inspection, throttle: LoginThrottle
) -> list[Service]:
    settings = ground.settings
    pause_seconds = settings.limits.etrn_pause_seconds
    turn = TurnDesk(flow.spool.flush, people.domains, ground.clock.now, pause_seconds)
    deliver = HandDelivery(ground.store, flow.planner, flow.runner.take)
    transfer = _smtp(ground, flow, transfer_policy(ground, people, flow, inspection), turn=turn)
    submission = _smtp(ground, flow, submission_policy(ground, people, throttle, inspection))
    handed_over = _smtp(ground, flow, hand_over_policy(ground, people), deliver=deliver)
    busy = f"421 4.3.2 {settings.hostname} too many connections, try again later\r\n".encode()
    return [
        Service("smtp", transfer, False, busy),
        Service("submission", submission, False, busy),
        Service("submissions", submission, True, busy),
        Service("lmtp", handed_over, False, busy),
    ]


def _smtp(
    ground: Ground,
    flow: MailFlow,
    policy: Policy,
    turn: Turn | None = None,
    deliver: Deliver | None = None,
) -> SessionFactory:
    settings = ground.settings
    return smtp_sessions(
        SmtpServices(
            hostname=settings.hostname,
            policy=policy,
            accept=flow.spool.accept_pieces,
            new_queue_id=ground.ids.next,
            journal=ground.journal,
            limits=settings.limits,
            journal_wire=settings.journal_wire,
            turn=turn,
            deliver=deliver,
        )
    )


def _access_services(ground: Ground, people: People, throttle: LoginThrottle) -> list[Service]:
    def sessions(make: Callable[..., SessionFactory], **more: object) -> SessionFactory:
        store, journal, settings = ground.store, ground.journal, ground.settings
        more = {"tokens": people.tokens, **more}
        return make(store, people.logins, throttle, journal, settings, ground.clock, **more)

    async def shared(user: str) -> Sequence[Mailbox]:
        return await archives_of(people.lists, user, SHARED)

    teach = ground.school.take if ground.settings.filters.bayes is not None else None
    imap, pop3 = sessions(imap_sessions, teach=teach, shared=shared), sessions(pop3_sessions)
    sieve = sessions(managesieve_sessions)
    sieve_busy = b'BYE (TRYLATER) "too many connections, try again later"\r\n'
    imap_busy, pop3_busy = b"* BYE too many connections, try again later\r\n", b"-ERR too many connections\r\n"
    return [
        Service("imap", imap, False, imap_busy),
        Service("imaps", imap, True, imap_busy),
        Service("pop3", pop3, False, pop3_busy),
        Service("pop3s", pop3, True, pop3_busy),
        Service("managesieve", sieve, False, sieve_busy),
    ]
