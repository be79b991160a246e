"""SMTP commands as values, and the parser that reads them as programs and people type them (RFC 5321 §4.1)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from bundled_server.protocols.smtp.parameters import (
    NO_MAIL_PARAMETERS,
    NO_RCPT_PARAMETERS,
    MailParameters,
    RcptParameters,
    parse_mail_parameters,
    parse_rcpt_parameters,
)
from bundled_server.protocols.smtp.path import MalformedPath, Path, parse_path
from bundled_server.protocols.smtp.replies import RefusedCommand, Reply


@dataclass(frozen=True, slots=True)
class Hello:
    """HELO, or EHLO when `extended`."""

    name: str
    extended: bool


@dataclass(frozen=True, slots=True)
class Mail:
    """MAIL FROM: a transaction begins."""

    path: Path
    parameters: MailParameters = NO_MAIL_PARAMETERS


@dataclass(frozen=True, slots=True)
class Rcpt:
    """RCPT TO: one more recipient."""

    path: Path
    parameters: RcptParameters = NO_RCPT_PARAMETERS


@dataclass(frozen=True, slots=True)
class Data:
    """DATA: the message follows when the reply is 354."""


@dataclass(frozen=True, slots=True)
class Bdat:
    """BDAT (RFC 3030): so many octets of the message follow, at once."""

    octets: int
    is_last: bool


@dataclass(frozen=True, slots=True)
class Rset:
    """RSET: the transaction is forgotten."""


@dataclass(frozen=True, slots=True)
class Noop:
    """NOOP."""


@dataclass(frozen=True, slots=True)
class Quit:
    """QUIT."""


@dataclass(frozen=True, slots=True)
class Help:
    """HELP, with the topic in upper case or ""."""

    topic: str


@dataclass(frozen=True, slots=True)
class Vrfy:
    """VRFY: does this address exist?"""

    name: str


@dataclass(frozen=True, slots=True)
class Expn:
    """EXPN: who is on this list?"""

    name: str


@dataclass(frozen=True, slots=True)
class StartTls:
    """STARTTLS (RFC 3207)."""


@dataclass(frozen=True, slots=True)
class Auth:
    """AUTH (RFC 4954); `initial` is base64 as it stood on the line."""

    mechanism: str
    initial: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Etrn:
    """ETRN (RFC 1985): start the queue for this node, in lower case ("@" and "#" in front of it kept)."""

    node: str


Command = Hello | Mail | Rcpt | Data | Rset | Noop | Quit | Help | Vrfy | Expn | StartTls | Auth | Etrn | Bdat

BDAT_SYNTAX = Reply(
    501, "5.5.4", "Syntax: BDAT octets [LAST]; the end of the chunk is unknown, closing connection"
)
LINES_REMEMBERED = 1024  # the same few senders and recipients come again and again
_HELLO_NAME = re.compile(r"[A-Za-z0-9._:\[\]-]{1,255}")
_NODE = re.compile(r"[@#]?[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9_])?")
_CHUNK = re.compile(r"([0-9]{1,18})(\s+LAST)?", re.IGNORECASE)
_PATH_ARGUMENT = re.compile(
    r"\s*(?:FROM|TO)\s*:\s*"
    r'(?:<(?P<path>(?:[^<>"]|"(?:[^"\\]|\\.)*")*)>|(?P<bare>[^\s<>"]+))'
    r"(?:\s+(?P<parameters>\S.*))?",
    re.IGNORECASE,
)


def is_command(line: bytes) -> bool:
    """Whether the line begins with a verb that is known."""
    return line.split(b" ", 1)[0].decode("ascii", "replace").upper() in _PARSERS


def parse_command(line: bytes, *, lmtp: bool = False) -> Command:
    """Read one line without its CRLF; LMTP knows LHLO in place of HELO and EHLO (RFC 2033 §4.1). Raises
    RefusedCommand with the reply that says what is wrong."""
    return (_parse_remembered if line[:4].upper() in _REPEATED else _parse)(line, lmtp)


def _parse(line: bytes, lmtp: bool) -> Command:
    try:
        text = line.decode("utf-8").rstrip(" \t")
    except UnicodeDecodeError:
        raise RefusedCommand(Reply(500, "5.5.2", "Command is neither ASCII nor UTF-8")) from None
    verb, _, argument = text.partition(" ")
    parse = (_LMTP_PARSERS if lmtp else _PARSERS).get(verb.upper())
    if parse is None:
        shown = verb[:40] if verb else ""
        raise RefusedCommand(Reply(500, "5.5.1", f'Command unrecognized: "{shown}"'))
    if "\0" in argument:
        raise RefusedCommand(Reply(501, "5.5.4", "NUL is not allowed"))
    return parse(argument)


def _hello(verb: str, *, extended: bool = True) -> Callable[[str], Command]:
    def parse(argument: str) -> Command:
        name = argument.strip()
        if not name:
            raise RefusedCommand(Reply(501, "5.5.4", f"{verb} requires domain address"))
        if not _HELLO_NAME.fullmatch(name):
            raise RefusedCommand(Reply(501, "5.5.4", "Invalid domain name"))
        return Hello(name, extended)

    return parse


def _path_argument(verb: str, word: str, argument: str) -> tuple[Path, str]:
    match = _PATH_ARGUMENT.fullmatch(argument)
    if match is None or not argument.lstrip()[: len(word)].upper() == word:
        raise RefusedCommand(Reply(501, "5.5.4", f"Syntax: {verb} {word}:<address>"))
    text = match["path"] if match["path"] is not None else match["bare"]
    try:
        path = parse_path(text.strip())
    except MalformedPath as fault:
        status = "5.1.7" if verb == "MAIL" else "5.1.3"
        raise RefusedCommand(Reply(553, status, f"<{text[:256]}>... {str(fault).capitalize()}")) from None
    return path, match["parameters"] or ""


def _mail(argument: str) -> Command:
    path, parameters = _path_argument("MAIL", "FROM", argument)
    command = Mail(path, parse_mail_parameters(parameters))
    if not command.parameters.smtputf8 and not path.address.isascii():
        raise RefusedCommand(Reply(553, "5.6.7", "Address needs SMTPUTF8"))
    return command


def _rcpt(argument: str) -> Command:
    path, parameters = _path_argument("RCPT", "TO", argument)
    if path.is_null:
        raise RefusedCommand(Reply(501, "5.1.3", "A recipient cannot be empty"))
    return Rcpt(path, parse_rcpt_parameters(parameters))


def _bare(verb: str, command: Command) -> Callable[[str], Command]:
    def parse(argument: str) -> Command:
        if argument.strip():
            raise RefusedCommand(Reply(501, "5.5.4", f"{verb} takes no argument"))
        return command

    return parse


def _named(verb: str, make: Callable[[str], Command]) -> Callable[[str], Command]:
    def parse(argument: str) -> Command:
        name = argument.strip()
        if not name:
            raise RefusedCommand(Reply(501, "5.5.4", f"{verb} requires an argument"))
        return make(name)

    return parse


def _address_question(verb: str, make: Callable[[str], Command]) -> Callable[[str], Command]:
    """VRFY and EXPN may end with SMTPUTF8 (RFC 6531 §3.7.4.2)."""
    parse = _named(verb, make)

    def without_word(argument: str) -> Command:
        name, _, word = argument.strip().rpartition(" ")
        return parse(name if word.upper() == "SMTPUTF8" else argument)

    return without_word


def _auth(argument: str) -> Command:
    words = argument.split()
    if not 1 <= len(words) <= 2:
        raise RefusedCommand(Reply(501, "5.5.4", "Syntax: AUTH mechanism [initial-response]"))
    initial = words[1].encode("ascii", "replace") if len(words) == 2 else None
    return Auth(words[0].upper(), initial)


def _bdat(argument: str) -> Command:
    match = _CHUNK.fullmatch(argument.strip())
    if match is None:
        raise RefusedCommand(BDAT_SYNTAX)
    return Bdat(int(match[1]), match[2] is not None)


def _etrn(argument: str) -> Command:
    node = argument.strip()
    if not _NODE.fullmatch(node):
        raise RefusedCommand(Reply(501, "5.5.4", "Syntax: ETRN domain"))
    return Etrn(node.lower())


_PARSERS: Mapping[str, Callable[[str], Command]] = {
    "HELO": _hello("HELO", extended=False),
    "EHLO": _hello("EHLO"),
    "MAIL": _mail,
    "RCPT": _rcpt,
    "DATA": _bare("DATA", Data()),
    "RSET": _bare("RSET", Rset()),
    "NOOP": lambda argument: Noop(),
    "QUIT": _bare("QUIT", Quit()),
    "HELP": lambda argument: Help(argument.strip().upper()),
    "VRFY": _address_question("VRFY", Vrfy),
    "EXPN": _address_question("EXPN", Expn),
    "STARTTLS": _bare("STARTTLS", StartTls()),
    "AUTH": _auth,
    "BDAT": _bdat,
    "ETRN": _etrn,
}
_REPEATED = frozenset({b"MAIL", b"RCPT", b"DATA"})  # never AUTH: what it says is not kept
_parse_remembered = lru_cache(maxsize=LINES_REMEMBERED)(_parse)
_LMTP_PARSERS: Mapping[str, Callable[[str], Command]] = {
    verb: parse for verb, parse in _PARSERS.items() if verb not in ("HELO", "EHLO", "ETRN")
} | {"LHLO": _hello("LHLO")}
