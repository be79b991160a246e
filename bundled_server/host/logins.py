"""Building who proves the users: the back ends that the settings name, and the verifier of tokens."""

from collections.abc import Sequence

from bundled_server.auth.directory import BackEnd
from bundled_server.auth.joined_directory import JoinedDirectory, is_user_name
from bundled_server.auth.login import TokenVerifier
from bundled_server.auth.passwd_file import PasswdFileBackEnd
from bundled_server.auth.store_directory import StoreDirectory
from bundled_server.auth.token_introspection import TokenIntrospection
from bundled_server.auth_config import BackEndSettings, Ldap, OAuth2, PasswdFile, StoreUsers
from bundled_server.envelope import split_address
from bundled_server.host.errors import HostCannotStart
from bundled_server.mda.domains import Domains


def back_ends(settings: Sequence[BackEndSettings], users: StoreDirectory) -> list[BackEnd]:
    """In the order of the settings; the users of this host come first where they are not named."""
    made: list[BackEnd] = [] if any(isinstance(one, StoreUsers) for one in settings) else [users]
    try:
        for one in settings:
            match one:
                case StoreUsers():
                    made.append(users)
                case PasswdFile(path=path, allow_clear_text=allow):
                    passwd_file = PasswdFileBackEnd(path, allow_clear_text=allow)
                    made.append(passwd_file)
                    passwd_file.load()
                case Ldap():
                    made.append(_ldap(one))
    except (ValueError, OSError) as fault:
        for back_end in made:
            back_end.close()
        raise HostCannotStart(f"auth: {fault}") from fault
    return made


def _ldap(settings: Ldap) -> BackEnd:
    from bundled_server.auth.ldap_directory import LdapBackEnd

    return LdapBackEnd(settings)


def token_verifier(settings: OAuth2 | None, logins: JoinedDirectory, domains: Domains) -> TokenVerifier | None:
    """Who shows a good token has a mailbox from then on, unless the name is somebody else's domain's."""
    if settings is None:
        return None
    try:
        introspect = TokenIntrospection(settings)
    except (ValueError, OSError) as fault:
        raise HostCannotStart(f"oauth2: {fault}") from fault

    async def verify(claimed: str, token: str) -> str | None:
        user = await introspect(claimed, token)
        local, domain = split_address((user or "").strip().lower())
        if not is_user_name(local) or (domain and domain not in domains) or (claimed and claimed != local):
            return None
        await logins.take_in(local, "oauth2")
        return local

    return verify
