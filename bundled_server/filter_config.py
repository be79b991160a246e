"""Settings of the filter chain, frozen: the [filters] table of a host's TOML file, every threshold named once."""

from pathlib import Path

import msgspec


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table whose keys are all known."""


class _Filter(_Table, frozen=True, kw_only=True):
    """One filter. What is there but not `enabled` can be switched on while the host runs."""

    enabled: bool = True


class Thresholds(_Table, frozen=True, kw_only=True):
    """Points from which mail is marked, goes into Junk, or is refused."""

    tag: float = 4.0
    junk: float = 6.0
    reject: float = 15.0


class Lists(_Filter, frozen=True, kw_only=True):
    """Whom to trust and whom to refuse: addresses, domains (with what is below them), networks."""

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()


class Rate(_Filter, frozen=True, kw_only=True):
    """How much one client (a /64 in IPv6) may ask for; 0 sets no limit, `exempt` networks have none."""

    connections: int = 50
    connections_per_minute: int = 120
    messages_per_minute: int = 300
    recipients_per_minute: int = 1000
    exempt: tuple[str, ...] = ("127.0.0.0/8", "::1")


class Zone(_Table, frozen=True, kw_only=True):
    """One DNS list. Only answers within one of the networks `codes` count, and of those only the ones that
    have every bit of `mask` in the last octet. `weight` is points, below 0 for lists of good clients."""

    zone: str
    weight: float = 3.0
    codes: tuple[str, ...] = ("127.0.0.0/16",)
    mask: int = 0


class DnsLists(_Filter, frozen=True, kw_only=True):
    """DNS black lists, or white lists. Each zone has `timeout_seconds`; one that failed rests. With `rejects`
    points and more the client is turned away at once. A white list with `vouches` overrules doubts."""

    zones: tuple[Zone, ...] = ()
    timeout_seconds: float = 2.0
    rest_seconds: float = 60.0
    rejects: float = 0.0
    vouches: bool = False
    exempt: tuple[str, ...] = ()


class Greylist(_Filter, frozen=True, kw_only=True):
    """Unknown triplets of network, sender and recipient come again after `delay_seconds` and within
    `retry_seconds`; then they are known for `known_seconds`. After `allow_after` triplets that came again a
    network is known for whatever it sends."""

    delay_seconds: float = 300.0
    retry_seconds: float = 14_400.0
    known_seconds: float = 3_024_000.0
    allow_after: int = 5
    ipv4_prefix: int = 24
    ipv6_prefix: int = 64


class Spf(_Filter, frozen=True, kw_only=True):
    """Points for each result; with `rejects` a hard fail is refused."""

    fail: float = 3.0
    softfail: float = 1.0
    permerror: float = 0.5
    rejects: bool = False


class Dkim(_Filter, frozen=True, kw_only=True):
    """Points for signatures that do not hold; the biggest message that is looked at, and how many signatures."""

    fail: float = 0.5
    octets: int = 10_485_760
    signatures: int = 5


class Dmarc(_Filter, frozen=True, kw_only=True):
    """With `obeys` the author's domain decides what becomes of mail that fails (reject, quarantine); without it
    there are points. `arc_trust` names domains whose ARC seal may excuse a failure."""

    obeys: bool = True
    reject: float = 6.0
    quarantine: float = 4.0
    none: float = 0.0
    arc_trust: tuple[str, ...] = ()
    public_suffixes: Path | None = None


class Names(_Filter, frozen=True, kw_only=True):
    """Points for a client whose names are not in order; `pretends` is for one that says it is us."""

    no_reverse: float = 1.0
    unconfirmed: float = 0.5
    bad_helo: float = 1.0
    unknown_helo: float = 0.5
    pretends: float = 3.0
    exempt: tuple[str, ...] = ()


class Rule(_Table, frozen=True, kw_only=True):
    """One content rule. `where` is "subject", "from", "to", "header NAME", "any header", "body", "type" or
    "attachment"; it holds when any of `words` or `regex` is found there. `word` is "score", "quarantine", "defer"
    or "reject"."""

    name: str
    where: str
    words: tuple[str, ...] = ()
    regex: str = ""
    score: float = 0.0
    word: str = "score"
    reason: str = ""


class BayesSettings(_Filter, frozen=True, kw_only=True):
    """The classifier that users train. Tokens that are rare (in at most `rare_messages`) are forgotten after
    `keep_days` without training."""

    keep_days: float = 365.0
    rare_messages: int = 2


class Content(_Filter, frozen=True, kw_only=True):
    """Rules, here and in TOML files of [[rule]] tables; each text is looked at up to `octets`."""

    rules: tuple[Rule, ...] = ()
    files: tuple[Path, ...] = ()
    octets: int = 65_536


EXECUTABLES = (
    *("exe", "com", "scr", "pif", "bat", "cmd", "vbs", "vbe", "js", "jse", "wsf", "wsh", "hta", "cpl"),
    *("msi", "msp", "lnk", "jar", "ps1", "reg", "chm", "iso", "img"),
)


class Scanner(_Filter, frozen=True, kw_only=True):
    """The embedded anti-virus scanner: EICAR, and what has no business in mail. `word` is what is said of finds:
    "reject" or "quarantine"; `policy` the same for what is only against the rules. Archives are opened down to
    `depth`, up to `total_octets` and `members`, and refused above `ratio`."""

    word: str = "reject"
    policy: str = "quarantine"
    extensions: tuple[str, ...] = EXECUTABLES
    encrypted_archives: bool = False
    depth: int = 4
    members: int = 2000
    total_octets: int = 104_857_600
    ratio: int = 200


class Clamd(_Filter, frozen=True, kw_only=True):
    """A clamd at `address`: HOST:PORT or the path of its socket. What is bigger than `octets` is refused."""

    address: str = "/run/clamav/clamd.ctl"
    word: str = "reject"
    timeout_seconds: float = 60.0
    octets: int = 26_214_400


class FilterSettings(_Table, frozen=True, kw_only=True):
    """The chain of one host. What is None is not in the chain. `deadline_seconds` is for all look-ups of one stage
    together; `nameservers` (ADDRESS or ADDRESS:PORT) are asked instead of the system's. With `scan_submissions`
    the virus scanners look at what our own users send, too."""

    thresholds: Thresholds = Thresholds()
    deadline_seconds: float = 5.0
    nameservers: tuple[str, ...] = ()
    scan_submissions: bool = False
    lists: Lists | None = None
    rate: Rate | None = None
    dnsbl: DnsLists | None = None
    dnswl: DnsLists | None = None
    names: Names | None = None
    spf: Spf | None = None
    greylist: Greylist | None = None
    dkim: Dkim | None = None
    dmarc: Dmarc | None = None
    content: Content | None = None
    bayes: BayesSettings | None = None
    scanner: Scanner | None = None
    clamd: Clamd | None = None
