"""Building who is here: the users, the domains, the aliases, and the addresses that these make."""

from bundled_server.auth.app_passwords import AppPasswords
from bundled_server.auth.joined_directory import JoinedDirectory
from bundled_server.auth.store_directory import StoreDirectory
from bundled_server.host.errors import HostCannotStart
from bundled_server.host.folder import HostFolder
from bundled_server.host.logins import back_ends, token_verifier
from bundled_server.host.parts import Ground, People
from bundled_server.mda.addresses import Addresses
from bundled_server.mda.alias_book import AliasBook
from bundled_server.mda.alias_file import AliasFileError
from bundled_server.mda.domains import BadDomain, Domains
from bundled_server.mda.lists.shelf import ListShelf
from bundled_server.mda.sender_rewriting import SenderRewriting, secret_in

MINUTE_SECONDS = 60.0


async def build_people(ground: Ground, folder: HostFolder) -> People:
    """Users named in the settings exist from now on; a password changed since is left alone."""
    settings = ground.settings
    directory = StoreDirectory(ground.store, ground.clock, ground.surroundings.stage.password_cost)
    for name, password in settings.users:
        if not await directory.exists(name):
            await directory.put(name, password)
    try:
        domains = Domains(folder.domains, (settings.domain, settings.hostname))
        aliases = AliasBook(settings.aliases, settings.alias_files, commands=settings.alias_pipes)
        rewriting = _rewriting(ground, folder, domains)
    except (BadDomain, AliasFileError, OSError) as fault:
        directory.close()
        raise HostCannotStart(str(fault)) from fault
    first = settings.users[0][0] if settings.users else ""
    lists = ListShelf(ground.store, ground.clock.now, domains.canonical)
    await lists.load()
    app_passwords = AppPasswords(ground.store, ground.clock.now)
    await app_passwords.load()
    directory.goes_along.append(app_passwords.go_with)

    def version() -> object:
        """Changes with whatever addresses depend on; each minute because of users that are kept elsewhere."""
        minute = ground.clock.now() // MINUTE_SECONDS
        return (directory.version, aliases.version, domains.version, lists.version, minute)

    logins = JoinedDirectory(directory, back_ends(settings.auth, directory), app_passwords)
    addresses = Addresses(
        logins,
        domains,
        aliases,
        settings.postmaster or ("root" if await directory.exists("root") else first),
        settings.limits.alias_expansion,
        canonical=domains.canonical,
        forwards={name.lower(): forward for name, forward in settings.forwards.items()},
        everybody=directory.names,
        version=version,
        is_list=lambda local, domain: lists.find(local, domain) is not None,
        leads_back=rewriting.inward if rewriting is not None else _nobody,
        is_command=aliases.is_command,
    )
    tokens = ground.surroundings.token_verifier or token_verifier(settings.oauth2, logins, domains)
    return People(directory, logins, app_passwords, tokens, domains, aliases, addresses, lists, rewriting)


def _rewriting(ground: Ground, folder: HostFolder, domains: Domains) -> SenderRewriting | None:
    if not ground.settings.rewrites_senders:
        return None
    return SenderRewriting(secret_in(folder.rewriting_secret), domains, ground.clock.now)


def _nobody(local_part: str) -> None:
    return None
