"""The parts of a host as its builders share them: what it was given, and what stands already."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from bundled_server.auth.app_passwords import AppPasswords
from bundled_server.auth.joined_directory import JoinedDirectory
from bundled_server.auth.login import TokenVerifier
from bundled_server.auth.store_directory import StoreDirectory
from bundled_server.clock import Clock
from bundled_server.config import HostSettings
from bundled_server.courier import LocalPlanner
from bundled_server.dns.resolver import Resolver
from bundled_server.filters.bayes.bayes import Bayes
from bundled_server.filters.bayes.school import School
from bundled_server.filters.filter import Filter
from bundled_server.host.stage import EMPTY_STAGE, Stage
from bundled_server.journal import Journal
from bundled_server.mailbox.store import Store
from bundled_server.mda.addresses import Addresses
from bundled_server.mda.alias_book import AliasBook
from bundled_server.mda.domains import Domains
from bundled_server.mda.lists.circulation import Circulation
from bundled_server.mda.lists.shelf import ListShelf
from bundled_server.mda.local import LocalCourier
from bundled_server.mda.sender_rewriting import SenderRewriting
from bundled_server.mta.routing import PortOf
from bundled_server.queue.ids import QueueIds
from bundled_server.queue.runner import Runner
from bundled_server.queue.spool import Spool


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the world gives a host: without a `resolver` it asks the system's name servers; `port_of` tells the
    SMTP port of another host of a practice world. `filters` join the chain of the settings;
    `token_verifier` switches on OAuth 2.0. The `stage` is what a practice world does to the host."""

    clock: Clock
    resolver: Resolver | None = None
    port_of: PortOf | None = None
    randomness: Callable[[], float] = random.random
    filters: tuple[Filter, ...] = ()
    token_verifier: TokenVerifier | None = None
    stage: Stage = EMPTY_STAGE


@dataclass(frozen=True, slots=True)
class Ground:
    """What every part stands on."""

    settings: HostSettings
    surroundings: Surroundings
    ids: QueueIds
    journal: Journal
    store: Store
    bayes: Bayes
    school: School

    @property
    def clock(self) -> Clock:
        return self.surroundings.clock


@dataclass(frozen=True, slots=True)
class People:
    """Who is here, who proves it, and under which addresses. `directory` keeps the users, `logins` asks everybody
    who may know a password."""

    directory: StoreDirectory
    logins: JoinedDirectory
    app_passwords: AppPasswords
    tokens: TokenVerifier | None
    domains: Domains
    aliases: AliasBook
    addresses: Addresses
    lists: ListShelf
    rewriting: SenderRewriting | None = None


@dataclass(frozen=True, slots=True)
class MailFlow:
    """The queue and the couriers that empty it."""

    courier: LocalCourier
    planner: LocalPlanner
    runner: Runner
    spool: Spool
    circulation: Circulation
