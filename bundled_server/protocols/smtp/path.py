"""Reverse- and forward-paths: the address between the angle brackets of MAIL and RCPT (RFC 5321 §4.1.2)."""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from unicodedata import normalize

MAXIMUM_PATH_OCTETS = 256  # RFC 5321 §4.5.3.1.3
MAXIMUM_DOMAIN_OCTETS = 255

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"
_QUOTED = r'"(?:[ !#-\[\]-~\u0080-\U0010ffff]|\\[ -~])*"'
_LABEL = r"(?!-)[A-Za-z0-9_\u0080-\U0010ffff-]+(?<!-)"
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL})*\.?"
_ROUTE = rf"@{_DOMAIN}(?:,@{_DOMAIN})*:"
_PATH = re.compile(
    rf"(?P<route>{_ROUTE})?"
    rf"(?P<local>{_ATOM}(?:\.{_ATOM})*|{_QUOTED})"
    rf"(?:@(?P<domain>{_DOMAIN}|\[[^\[\]\\\s]+\]))?"
)
_DOT_STRING = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Path:
    """`address` is "" for the null path. `local_part` has no quotes; `domain` is lower case, in A-labels, and ""
    when none was given; `route` is the obsolete source route with its colon (RFC 5321 Appendix C), mostly ""."""

    address: str
    local_part: str = ""
    domain: str = ""
    route: str = ""

    @property
    def is_null(self) -> bool:
        return not self.address


NULL_PATH = Path("")


class MalformedPath(ValueError):
    """The text is no path."""


def parse_path(text: str) -> Path:
    """The path in `text`, which stands without its angle brackets. Raises MalformedPath."""
    if not text:
        return NULL_PATH
    if len(text.encode("utf-8", "surrogatepass")) > MAXIMUM_PATH_OCTETS:
        raise MalformedPath("path too long")
    match = _PATH.fullmatch(text if text.isascii() else normalize("NFC", text))
    if match is None:
        raise MalformedPath("not an address")
    route, local, domain = match["route"] or "", match["local"], match["domain"] or ""
    if domain.startswith("["):
        _check_literal(domain)
    elif any(len(label) > 63 for label in domain.split(".")):
        raise MalformedPath("domain label too long")
    local_part = local
    if local[0] == '"':
        local_part = _ESCAPE.sub(r"\1", local[1:-1])
        if _DOT_STRING.fullmatch(local_part):
            local = local_part
    domain = domain.lower() if domain.isascii() else _in_a_labels(domain)
    return Path(f"{local}@{domain}" if domain else local, local_part, domain, route)


def _in_a_labels(domain: str) -> str:
    """The one form of an internationalized domain that every host and resolver knows (RFC 5890 §2.3.2.1)."""
    try:
        return domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise MalformedPath("not a domain name") from None


def _check_literal(domain: str) -> None:
    """Raise MalformedPath unless `domain` is an address literal (RFC 5321 §4.1.3)."""
    inner = domain[1:-1]
    try:
        if inner[:5].lower() == "ipv6:":
            IPv6Address(inner[5:])
        else:
            IPv4Address(inner)
    except AddressValueError:
        raise MalformedPath("not an address literal") from None
