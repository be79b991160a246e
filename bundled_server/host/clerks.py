"""The clerks of a running host: one for each room that answers the administrator."""

from collections.abc import Mapping

from bundled_server.admin.control import Clerk
from bundled_server.auth.user_clerk import UserClerk
from bundled_server.filters.bayes.clerk import BayesClerk
from bundled_server.filters.clerk import FilterClerk
from bundled_server.filters.inspection import Inspection
from bundled_server.host.parts import Ground, MailFlow, People
from bundled_server.mda.lists.clerk import ListClerk
from bundled_server.mda.sieve.clerk import ScriptClerk


def clerks_of(
    ground: Ground, people: People, flow: MailFlow, inspection: Inspection | None
) -> Mapping[str, Clerk]:
    """By room, as the admin API asks for them."""
    store = ground.store
    return {
        "bayes": BayesClerk(store, ground.bayes, ground.clock.now),
        "filters": FilterClerk(store, inspection),
        "lists": list_clerk_of(people, flow),
        "sieve": ScriptClerk(store, ground.settings.limits.sieve),
        "user": UserClerk(people.directory, people.app_passwords, people.logins.who_knows),
    }


def list_clerk_of(people: People, flow: MailFlow) -> ListClerk:
    """The lists' own, who also hears of those who leave with one click."""
    exists, take = people.addresses.exists, flow.runner.take
    return ListClerk(people.lists, flow.circulation, people.domains[0], exists, take, people.domains.__contains__)
