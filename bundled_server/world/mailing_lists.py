"""The mailing list of the practice world: redes@cities.org, where alice, juan and bob talk about networks."""

from bundled_server.host.host import Host

NAME = "redes"
DOMAIN = "cities.org"
OWNER = "juan@cities.org"
MEMBERS = ("alice@cities.org", "juan@cities.org", "bob@other.test")


async def make_lists(hosts: dict[str, Host]) -> None:
    """The host of cities.org has the list from its first day on."""
    clerk = hosts[DOMAIN].clerks["lists"]
    settings = {"name": NAME, "owners": (OWNER,), "subject_tag": NAME, "description": "Redes de computadoras"}
    await clerk.answer("create", settings)
    await clerk.answer("join", {"name": NAME, "which": MEMBERS})
