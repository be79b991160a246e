"""A fault as a value, and the catalogue of those there are."""

from collections.abc import Mapping

import msgspec

Value = str | int | float

HOST, NAME, ADDRESS, PEER = "host", "domain", "address", "peer"
EVERYWHERE = "*"


class BadFault(ValueError):
    """There is no such fault, or it cannot be had that way; the text says what there is."""


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that is wrong: what, with whom, and how."""

    name: str
    target: str
    parameters: dict[str, Value] = {}

    @property
    def key(self) -> str:
        """Setting a fault of the same key again replaces it."""
        distinct = [str(self.parameters[word]) for word in ("service", "stage") if self.parameters.get(word)]
        return ":".join([self.name, self.target, *distinct])

    def text(self, parameter: str) -> str:
        return str(self.parameters.get(parameter, ""))

    def number(self, parameter: str) -> float:
        return float(self.parameters.get(parameter, 0))


class Parameter(msgspec.Struct, frozen=True):
    """One parameter of a fault: its default, what it means, what it may be (empty: anything of that type)."""

    default: Value
    help: str
    choices: tuple[str, ...] = ()


class Kind(msgspec.Struct, frozen=True):
    """One line of the catalogue. `target` is what the fault is about: a host, a domain name, an address of
    somebody here, or the IP address of a peer."""

    name: str
    target: str
    help: str
    parameters: dict[str, Parameter] = {}


STAGES = ("connect", "helo", "mail", "rcpt", "data", "end-of-data")
SMTP_SERVICES = ("smtp", "submission", "submissions")
LOGIN_SERVICES = ("imap", "imaps", "pop3", "pop3s", "managesieve", "submission", "submissions")
_TIMES = Parameter(0, "how often it strikes before it is over; 0 is until cleared")

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("host-down", HOST, "the host is switched off: nobody answers on any of its ports"),
        Kind(
            "host-slow",
            HOST,
            "the host thinks for a while before every answer",
            {
                "seconds": Parameter(2.0, "how long, in real seconds"),
                "service": Parameter("", "only on this port; empty is all"),
            },
        ),
        Kind("mx-down", HOST, "the mail exchanger cannot be reached by other hosts; its users still can"),
        Kind(
            "smtp-reply",
            HOST,
            "the host answers one stage of SMTP with a 4xx or 5xx",
            {
                "stage": Parameter("rcpt", "which command is answered so", STAGES),
                "code": Parameter(451, "the reply code, 400 to 599"),
                "text": Parameter("4.3.0 Try again later", "what it says, with the enhanced code"),
                "service": Parameter("smtp", "on which port", SMTP_SERVICES),
                "times": _TIMES,
            },
        ),
        Kind(
            "smtp-disconnect",
            HOST,
            "the connection breaks in the middle of DATA",
            {
                "octets": Parameter(1, "after how much of the message"),
                "service": Parameter("smtp", "on which port", SMTP_SERVICES),
                "times": _TIMES,
            },
        ),
        Kind("dns-servfail", NAME, "the name server fails (SERVFAIL) on this domain and what is below it"),
        Kind("dns-timeout", NAME, "the name server does not answer for this domain and what is below it"),
        Kind("dns-nxdomain", NAME, "this domain and what is below it do not exist (NXDOMAIN)"),
        Kind("mailbox-full", ADDRESS, "there is no room in this mailbox (452 4.2.2)"),
        Kind("greylist", HOST, "the host asks everybody it does not know to come again in a minute (451 4.7.1)"),
        Kind("dnsbl-listed", PEER, "the address of this peer stands on the practice block list"),
        Kind("clamd-down", HOST, "the virus scanner of the host does not answer"),
        Kind(
            "login-refused",
            HOST,
            "every login fails, whatever the password",
            {"service": Parameter("", "only on this port; empty is all", ("", *LOGIN_SERVICES))},
        ),
        Kind(
            "login-slow",
            HOST,
            "logins take a while",
            {
                "seconds": Parameter(5.0, "how long, in real seconds"),
                "service": Parameter("", "only on this port; empty is all", ("", *LOGIN_SERVICES)),
            },
        ),
    )
}


def checked(fault: Fault) -> Fault:
    """The fault with every parameter filled in. Raises BadFault."""
    kind = KINDS.get(fault.name)
    if kind is None:
        raise BadFault(f"there is no fault {fault.name!r}: choose one of {', '.join(KINDS)}")
    unknown = set(fault.parameters) - set(kind.parameters)
    if unknown:
        known = ", ".join(kind.parameters) or "none"
        raise BadFault(f"{fault.name} has no parameter {', '.join(sorted(unknown))}: it takes {known}")
    values = {name: _value(fault, name, parameter) for name, parameter in kind.parameters.items()}
    if fault.name == "smtp-reply" and not 400 <= int(values["code"]) <= 599:
        raise BadFault(f"a reply that refuses has a code from 400 to 599, not {values['code']}")
    return Fault(fault.name, fault.target.strip().lower(), values)


def _value(fault: Fault, name: str, parameter: Parameter) -> Value:
    given = fault.parameters.get(name, parameter.default)
    if not isinstance(parameter.default, str):
        try:
            value = type(parameter.default)(given)
        except ValueError:
            raise BadFault(f"{name} of {fault.name} is a number, not {given!r}") from None
        if value < 0:
            raise BadFault(f"{name} of {fault.name} cannot be negative")
        return value
    if parameter.choices and given not in parameter.choices:
        raise BadFault(f"{name} of {fault.name} is one of {', '.join(filter(None, parameter.choices))}")
    return str(given)
