"""Settings of who may log in: the back ends in the order in which they are asked, and the OAuth 2.0 server."""

from pathlib import Path

import msgspec


class StoreUsers(
    msgspec.Struct, frozen=True, kw_only=True, tag="store", tag_field="kind", forbid_unknown_fields=True
):
    """The users that `termail-server user add` makes."""


class PasswdFile(
    msgspec.Struct, frozen=True, kw_only=True, tag="passwd-file", tag_field="kind", forbid_unknown_fields=True
):
    """A file of lines NAME:{SCHEME}HASH, as Dovecot and htpasswd-like tools write it; read again when it changes.
    Passwords in the clear are refused unless `allow_clear_text`."""

    path: Path
    allow_clear_text: bool = False


class Ldap(msgspec.Struct, frozen=True, kw_only=True, tag="ldap", tag_field="kind", forbid_unknown_fields=True):
    """A directory server at `url` (ldap:// or ldaps://). A user is looked for under `base` by `filter`, whose
    {user} is the name, as `bind_dn` or nobody; the password is right when the entry found can bind with it. Over
    ldap:// TLS comes first (`start_tls`), unless the server is on this machine and has no `ca`, which is for a
    certificate that the system does not know."""

    url: str
    base: str
    filter: str = "(uid={user})"
    bind_dn: str = ""
    bind_password_file: Path | None = None
    start_tls: bool = True
    ca: Path | None = None
    deadline_seconds: float = 5.0


class OAuth2(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A server that tells whose an access token is (RFC 7662): `user_claim` of its answer is the user's name or
    address. With a `scope` the token must have it. The secret of this host's `client_id` is in a file."""

    introspection_url: str
    client_id: str
    client_secret_file: Path
    user_claim: str = "username"
    scope: str = ""
    ca: Path | None = None
    deadline_seconds: float = 5.0


BackEndSettings = StoreUsers | PasswdFile | Ldap
