"""The question a filter is asked: who is there, from whom, for whom, and at DATA the message itself."""

from dataclasses import dataclass, field
from functools import cached_property

from bundled_server.filters.verdict import Said, Stage
from bundled_server.mailbox.structure import Part, scan
from bundled_server.protocols.smtp.header import HeaderBlock, HeaderTooBig, read_header

SCAN_OCTETS = 4_194_304


@dataclass(slots=True)
class Findings:
    """What filters learnt that others build upon. `spf` and `dkim` are RFC 8601 results ("" when nobody looked);
    `spf_domain` is the domain that SPF was about, `dkim_domains` those whose signature holds; `vouched_by` names
    the filter that trusts this mail, `allowed` the recipients whose own list does."""

    spf: str = ""
    spf_domain: str = ""
    dkim: str = ""
    dkim_domains: tuple[str, ...] = ()
    vouched_by: str = ""
    allowed: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Visit:
    """One connection. `helo` is what the client says it is, `tls` is "" in the clear. `said` are the verdicts on
    the client, `said_of_mail` those on the transaction that runs; a new one starts with new `findings`. `untold`
    are those not yet in the journal; `trusted_by` names the filter that trusts the client whatever it sends."""

    session_id: str
    address: str
    helo: str = ""
    tls: str = ""
    said: list[Said] = field(default_factory=list)
    said_of_mail: list[Said] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)
    trusted_by: str = ""
    untold: list[Said] = field(default_factory=list)

    def forget(self, stage: Stage) -> None:
        """A client that greets again and again is known by its last greeting alone."""
        self.said = [one for one in self.said if one.stage is not stage]
        self.untold = [one for one in self.untold if one.stage is not stage]

    def begin_mail(self) -> None:
        """A new transaction: what was said of the last one does not count, what was said of the client does."""
        self.said_of_mail = []
        self.findings = Findings(vouched_by=self.trusted_by)


@dataclass(frozen=True)
class Question:
    """What is known at one stage. `sender` from MAIL on ("" is the null reverse-path), `recipient` at RCPT,
    `recipients`, `content` and `queue_id` at DATA. With `is_rehearsal` nothing may be remembered of it."""

    visit: Visit
    sender: str = ""
    recipient: str = ""
    recipients: tuple[str, ...] = ()
    content: bytes = b""
    queue_id: str = ""
    is_rehearsal: bool = False

    @property
    def findings(self) -> Findings:
        return self.visit.findings

    @cached_property
    def header(self) -> HeaderBlock:
        """The fields of the message, read once for all filters."""
        try:
            return read_header(self.content)
        except HeaderTooBig:
            return HeaderBlock((), 0, False)

    @cached_property
    def structure(self) -> Part:
        """The MIME tree of the message (of its first SCAN_OCTETS), made once for all filters."""
        return scan(self.scanned)

    @property
    def scanned(self) -> bytes:
        """What `structure` counts its offsets in."""
        return self.content if len(self.content) <= SCAN_OCTETS else self.content[:SCAN_OCTETS]
