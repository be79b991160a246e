"""The ESMTP parameters of MAIL and RCPT (RFC 1870, 6152, 3461, 4954, 6531), one table row for each."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bundled_server.protocols.smtp.replies import RefusedCommand, Reply

_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*")
_XTEXT_ESCAPE = re.compile(r"\+([0-9A-F]{2})")
_UNITEXT = re.compile(r"(?:[!-*,-<>-\[\]-~\u0080-\U0010ffff]|\\x\{(?:[0-9A-F]{2,5}|10[0-9A-F]{4})\})+")
_UNITEXT_ESCAPE = re.compile(r"\\x\{([0-9A-F]+)\}")
LONGEST_ENVELOPE_ID = 100  # RFC 3461 §4.4
LONGEST_ORIGINAL = 500  # RFC 3461 §4.2
_NOTIFY_WORDS = frozenset({"SUCCESS", "FAILURE", "DELAY"})


@dataclass(frozen=True, slots=True)
class MailParameters:
    """What may follow the reverse-path. `size_octets` is 0 when not declared; `auth` and `envelope_id` are
    decoded xtext."""

    size_octets: int = 0
    body: str = "7BIT"
    dsn_return: str = ""
    envelope_id: str = ""
    auth: str = ""
    smtputf8: bool = False


@dataclass(frozen=True, slots=True)
class RcptParameters:
    """What may follow a forward-path: the recipient's DSN wishes; `original` such as "rfc822;bob@other.test"."""

    notify: frozenset[str] = frozenset()
    original: str = ""


NO_MAIL_PARAMETERS = MailParameters()
NO_RCPT_PARAMETERS = RcptParameters()


def parse_mail_parameters(text: str) -> MailParameters:
    """Read "SIZE=1000 BODY=8BITMIME". Raises RefusedCommand: 555 for an unknown parameter, 501 for a bad value."""
    return MailParameters(**_read(text, _MAIL)) if text else NO_MAIL_PARAMETERS


def parse_rcpt_parameters(text: str) -> RcptParameters:
    """Read "NOTIFY=NEVER ORCPT=rfc822;a@b". Raises RefusedCommand as above."""
    return RcptParameters(**_read(text, _RCPT)) if text else NO_RCPT_PARAMETERS


def encode_xtext(text: str) -> str:
    """`text` as xtext (RFC 3461 §4), for the parameters that a relay passes on."""
    return "".join(c if "!" <= c <= "~" and c not in "+=" else f"+{ord(c):02X}" for c in text)


def encode_original(original: str) -> str:
    """An original recipient ("rfc822;bob@other.test") for ORCPT: xtext, or RFC 6533's escapes for type utf-8."""
    kind, _, address = original.partition(";")
    if kind != "utf-8":
        return f"{kind};{encode_xtext(address)}"
    return f"{kind};" + "".join(
        c if "!" <= c <= "~" and c not in "+=\\" else f"\\x{{{ord(c):02X}}}" for c in address
    )


def _read(text: str, table: Mapping[str, tuple[str, Callable[[str], Any]]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for word in text.split():
        keyword, _, value = word.partition("=")
        row = table.get(keyword.upper())
        if row is None:
            raise RefusedCommand(Reply(555, "5.5.4", f"{keyword} parameter unrecognized"))
        field, parse = row
        if field in values:
            raise RefusedCommand(Reply(501, "5.5.4", f"{keyword} given twice"))
        try:
            values[field] = parse(value)
        except ValueError:
            raise RefusedCommand(Reply(501, "5.5.4", f"{keyword} has a bad value")) from None
    return values


def _size(value: str) -> int:
    if not (value.isascii() and value.isdigit()) or len(value) > 20:
        raise ValueError(value)
    return int(value)


def _one_of(*words: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value.upper() not in words:
            raise ValueError(value)
        return value.upper()

    return parse


def _flag(value: str) -> bool:
    if value:
        raise ValueError(value)
    return True


def _xtext(value: str) -> str:
    if not value or len(value) > LONGEST_ORIGINAL or not _XTEXT.fullmatch(value):
        raise ValueError(value)
    decoded = _XTEXT_ESCAPE.sub(lambda match: chr(int(match[1], 16)), value)
    if not decoded.isprintable() or not decoded.isascii():
        raise ValueError(value)
    return decoded


def _envelope_id(value: str) -> str:
    if len(value) > LONGEST_ENVELOPE_ID:
        raise ValueError(value)
    return _xtext(value)


def _auth(value: str) -> str:
    return "" if value == "<>" else _xtext(value)


def _notify(value: str) -> frozenset[str]:
    words = frozenset(value.upper().split(","))
    if words != {"NEVER"} and not words <= _NOTIFY_WORDS:
        raise ValueError(value)
    return words


def _original(value: str) -> str:
    kind, separator, address = value.partition(";")
    if not separator or not kind.isascii() or not kind.replace("-", "").isalnum():
        raise ValueError(value)
    kind = kind.lower()
    return f"{kind};{_unitext(address) if kind == 'utf-8' else _xtext(address)}"


def _unitext(value: str) -> str:
    """An address of type utf-8, as itself or with RFC 6533's escapes (§3)."""
    if len(value) > LONGEST_ORIGINAL or not _UNITEXT.fullmatch(value):
        raise ValueError(value)
    decoded = _UNITEXT_ESCAPE.sub(lambda match: chr(int(match[1], 16)), value)
    if not decoded.isprintable() or " " in decoded:
        raise ValueError(value)
    return decoded


_MAIL: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "SIZE": ("size_octets", _size),
    "BODY": ("body", _one_of("7BIT", "8BITMIME", "BINARYMIME")),
    "RET": ("dsn_return", _one_of("FULL", "HDRS")),
    "ENVID": ("envelope_id", _envelope_id),
    "AUTH": ("auth", _auth),
    "SMTPUTF8": ("smtputf8", _flag),
}
_RCPT: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "NOTIFY": ("notify", _notify),
    "ORCPT": ("original", _original),
}
