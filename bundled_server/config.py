"""Settings of one mail host, frozen; every limit of the server is named here, once."""

from pathlib import Path

import msgspec

from bundled_server.auth_config import BackEndSettings, OAuth2, StoreUsers
from bundled_server.filter_config import FilterSettings


class SieveLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a user's scripts may be and do. A step of a run is some two microseconds' work."""

    script_octets: int = 131_072
    scripts_per_user: int = 64
    script_name_characters: int = 128
    nesting: int = 32
    commands: int = 5000
    steps: int = 200_000
    actions: int = 32
    redirects: int = 4
    includes: int = 64
    include_depth: int = 10
    variables: int = 256
    variable_characters: int = 16_384
    duplicate_seconds: int = 604_800
    duplicates_per_user: int = 10_000
    vacation_days: int = 7
    vacation_least_seconds: int = 60
    vacation_most_days: int = 60
    error_notice_seconds: int = 86_400


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a peer may make us hold, do or wait for. Sizes in octets, times in seconds."""

    message_size_octets: int = 52_428_800
    smtp_command_octets: int = 2048
    smtp_text_line_octets: int = 65_536
    smtp_recipients: int = 1000
    smtp_transaction_errors: int = 20
    imap_line_octets: int = 65_536
    imap_literal_before_login_octets: int = 4096
    imap_nesting: int = 32
    imap_list_items: int = 20_000
    imap_errors: int = 50
    imap_mailboxes: int = 10_000
    imap_mailbox_name_octets: int = 1000
    pop3_errors: int = 50
    pop3_line_octets: int = 1024
    managesieve_errors: int = 50
    managesieve_line_octets: int = 16_384
    managesieve_literal_before_login_octets: int = 12_288
    idle_seconds: float = 300.0
    imap_idle_seconds: float = 1860.0
    transaction_seconds: float = 3600.0
    login_seconds: float = 60.0
    connections: int = 4000
    connections_per_address: int = 2000
    output_buffer_octets: int = 262_144
    received_hops: int = 50
    login_failures_per_minute: int = 10
    relays: int = 200
    relays_per_destination: int = 8
    large_relays: int = 16
    large_message_octets: int = 1_048_576
    queue_in_memory_items: int = 5000
    queue_in_memory_per_destination: int = 500
    queue_parked_items: int = 100_000
    destination_rest_seconds: float = 60.0
    queue_in_memory_octets: int = 67_108_864
    bounce_returns_octets: int = 65_536
    alias_expansion: int = 200
    pipe_seconds: float = 60.0
    pipe_output_octets: int = 4096
    journal_file_octets: int = 67_108_864
    user_recipients_per_hour: int = 5000
    dkim_octets: int = 10_485_760
    etrn_pause_seconds: float = 10.0
    admin_body_octets: int = 1_048_576
    sieve: SieveLimits = SieveLimits()


class Forward(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a user's mail goes on to; with `keep` a copy stays."""

    to: tuple[str, ...]
    keep: bool = False


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """Ports to listen on: 0 picks a free one, None leaves the service off."""

    smtp: int | None = None
    submission: int | None = None
    submissions: int | None = None
    lmtp: int | None = None
    imap: int | None = None
    imaps: int | None = None
    pop3: int | None = None
    pop3s: int | None = None
    managesieve: int | None = None
    admin: int | None = None


class HostSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One mail host: its names, its data folder, its ports and what it lets out of the machine.

    `egress`: "none" never leaves the world it was given, "smarthost" sends everything to `smarthost`,
    "internet" routes by MX. `aliases` maps a local part, an address, or "@domain" for whatever else comes
    there, to the addresses that get its mail, and `alias_files` hold more of them; with `alias_pipes` a member
    "|program arguments" is run with the mail, as this server's user. `forwards` are by user; with
    `rewrites_senders` forwarded mail leaves with a sender of this host that leads back (SRS), so that SPF holds.
    With `detail_mailboxes` mail for alice+lists goes into the mailbox "lists" where alice has one. Quotas count
    octets, 0 is no limit; mail over quota waits, or with `quota_refuses` goes back. `sieve_before` and
    `sieve_after` are scripts that are run for everybody, around the user's own; `sieve_global` is the folder of
    include :global. `postmaster` is the local part that reads postmaster's and abuse's mail, by default root or
    the first user.
    What users send is signed with `dkim_key` (PEM, published at `dkim_selector`._domainkey.`domain`).
    With a `smarthost_user` the smarthost is spoken to by verified TLS only (`smarthost_ca` when it is not in the
    system's list), the password comes from the file or from $TERMAIL_SMARTHOST_PASSWORD. `transports` as in
    `mta.routing.Router`. `answers_questions` lets VRFY and EXPN on port 25 tell who is here. `leave_url` is where
    a web server in front hands what members of lists click on to the admin port's /leave/.
    """

    hostname: str
    domain: str
    data: Path
    listen: str = "127.0.0.1"
    ports: Ports = Ports()
    users: tuple[tuple[str, str], ...] = ()
    aliases: dict[str, tuple[str, ...]] = {}
    alias_files: tuple[Path, ...] = ()
    alias_pipes: bool = False
    rewrites_senders: bool = False
    forwards: dict[str, Forward] = {}
    detail_mailboxes: bool = True
    quota_octets: int = 0
    quotas: dict[str, int] = {}
    quota_refuses: bool = False
    sieve_before: Path | None = None
    sieve_after: Path | None = None
    sieve_global: Path | None = None
    postmaster: str = ""
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    insecure_auth: bool = False
    egress: str = "none"
    smarthost: str = ""
    smarthost_user: str = ""
    smarthost_password_file: Path | None = None
    smarthost_ca: Path | None = None
    transports: dict[str, str] = {}
    limits: Limits = Limits()
    retry_seconds: tuple[float, ...] = (60, 300, 900, 1800, 3600, 7200, 14400)
    give_up_seconds: float = 432_000.0
    delay_notice_seconds: float = 14_400.0
    journal_wire: bool = False
    answers_questions: bool = False
    dkim_key: Path | None = None
    dkim_selector: str = "mail"
    auth: tuple[BackEndSettings, ...] = (StoreUsers(),)
    oauth2: OAuth2 | None = None
    leave_url: str = ""
    filters: FilterSettings = FilterSettings()

    @property
    def has_quotas(self) -> bool:
        """Whether any mailbox may be full."""
        return bool(self.quota_octets or self.quotas)
