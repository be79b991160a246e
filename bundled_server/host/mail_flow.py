"""Building the way of mail through a host: the local courier, the relay, the queue and its runner."""

from collections.abc import Callable
from functools import partial

from bundled_server.courier import Courier
from bundled_server.host.errors import HostCannotStart
from bundled_server.host.parts import Ground, MailFlow, People
from bundled_server.mailbox.scripts import ScriptShelf
from bundled_server.mda.lists.circulation import Circulation, LeaveUrl
from bundled_server.mda.lists.desk import ListDesk
from bundled_server.mda.lists.seals import leave_url
from bundled_server.mda.local import LocalCourier, LocalParts
from bundled_server.mda.pipe import PipeCourier
from bundled_server.mda.quota import Quotas
from bundled_server.mda.sieve.library import ScriptLibrary
from bundled_server.mda.sieve.sifter import Sifter, SifterParts
from bundled_server.mta.outbound import make_relay
from bundled_server.mta.relay import Relay
from bundled_server.queue.bounce import Reporter
from bundled_server.queue.job import LOCAL
from bundled_server.queue.runner import Runner, RunnerParts
from bundled_server.queue.schedule import RetrySchedule
from bundled_server.queue.settlement import Settler
from bundled_server.queue.short_way import ShortWay
from bundled_server.queue.spool import Spool
from bundled_server.sieve.errors import SieveError

SMARTHOST_LANE = "smarthost"


def build_relay(ground: Ground) -> Relay:
    """The courier to other hosts; close it after the runner."""
    around = ground.surroundings
    try:
        return make_relay(ground.settings, ground.journal, around.resolver, around.port_of)
    except OSError as fault:
        raise HostCannotStart(str(fault)) from fault


def build_mail_flow(ground: Ground, people: People, relay: Relay) -> MailFlow:
    """The courier into mailboxes, the runner (not yet open) and the spool."""
    store, clock, journal = ground.store, ground.clock, ground.journal
    circulation = Circulation(people.lists, ground.ids.next, clock.now, _leave_url(ground.settings.leave_url))
    courier = _local_courier(ground, people, circulation)
    planner = ground.surroundings.stage.planner(courier)

    def destination_of(address: str) -> str:
        if people.aliases.is_command(address):
            return address
        if people.addresses.is_here(address):
            return LOCAL
        if ground.settings.egress == "smarthost":
            return SMARTHOST_LANE
        return address.rpartition("@")[2].lower()

    runner = Runner(
        RunnerParts(
            store,
            clock,
            planner,
            _outward(ground, people, relay),
            destination_of,
            _settler(ground),
            ground.settings.limits,
        )
    )
    spool = Spool(store, clock, ground.ids, journal, runner, courier.stamp, ShortWay(store, planner))
    return MailFlow(courier, planner, runner, spool, circulation)


def _local_courier(ground: Ground, people: People, circulation: Circulation) -> LocalCourier:
    return LocalCourier(
        LocalParts(
            ground.store,
            people.addresses,
            ground.journal,
            ground.clock.now,
            ground.ids.next,
            _quotas(ground),
            ground.settings.detail_mailboxes,
            _sifter(ground, people),
            _outward_sender(people),
            people.aliases.is_command,
            ListDesk(people.lists, circulation, ground.ids.next),
        )
    )


def _sifter(ground: Ground, people: People) -> Sifter:
    settings, limits = ground.settings, ground.settings.limits.sieve
    before, after = settings.sieve_before, settings.sieve_after
    library = ScriptLibrary(ScriptShelf(ground.store), limits, before, after, settings.sieve_global)
    try:
        library.check_host_scripts()
    except (OSError, SieveError) as fault:
        raise HostCannotStart(f"sieve_before or sieve_after cannot be used: {fault}") from fault
    return Sifter(
        SifterParts(
            ground.store,
            people.addresses,
            library,
            limits,
            ground.clock.now,
            ground.ids.next,
            settings.hostname,
            settings.domain,
            _outward_sender(people),
            ground.settings.limits.imap_mailboxes,
            ground.settings.limits.imap_mailbox_name_octets,
        )
    )


def _leave_url(base: str) -> LeaveUrl:
    """Where one click leaves a list; nowhere without the settings' word for it."""
    if not base:
        return lambda mailing_list, member: ""
    return partial(leave_url, base)


def _outward_sender(people: People) -> Callable[[str], str]:
    """What a sender becomes when its mail is forwarded to another host."""
    return people.rewriting.outward if people.rewriting is not None else lambda sender: sender


def _outward(ground: Ground, people: People, relay: Relay) -> Courier:
    """The relay, and beside it the programs that aliases run, where that is switched on."""
    if not ground.settings.alias_pipes:
        return relay
    limits = ground.settings.limits
    is_command = people.aliases.is_command
    return PipeCourier(is_command, relay, ground.journal, limits.pipe_seconds, limits.pipe_output_octets)


def _quotas(ground: Ground) -> Quotas | None:
    settings = ground.settings
    if not settings.has_quotas:
        return None
    by_user = {name.lower(): octets for name, octets in settings.quotas.items()}
    return Quotas(ground.store, ground.clock.now, settings.quota_octets, by_user, settings.quota_refuses)


def _settler(ground: Ground) -> Settler:
    settings, journal = ground.settings, ground.journal
    return Settler(
        schedule=RetrySchedule(settings.retry_seconds, settings.give_up_seconds, ground.surroundings.randomness),
        reporter=Reporter(
            settings.hostname,
            settings.domain,
            ground.ids,
            journal,
            settings.give_up_seconds,
            settings.limits.bounce_returns_octets,
        ),
        journal=journal,
        now=ground.clock.now,
        delay_notice_seconds=settings.delay_notice_seconds,
    )
