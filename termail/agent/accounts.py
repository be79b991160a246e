"""Which kind of runner an account needs."""

from termail.agent.account import AccountRunner, Surroundings
from termail.config import Account
from termail.net.endpoint import LocalPlace


def runner_for(name: str, account: Account, around: Surroundings) -> AccountRunner:
    """By the URL of `retrieve`; each kind is imported only where it is used."""
    place = account.retrieval
    if isinstance(place, LocalPlace):
        from termail.agent.local_account import LocalAccount

        return LocalAccount(name, account, around)
    if place.protocol == "pop3":
        from termail.agent.pop_account import PopAccount

        return PopAccount(name, account, around)
    from termail.agent.imap_account import ImapAccount

    return ImapAccount(name, account, around)
