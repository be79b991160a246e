"""From options and a TOML file to the settings of one host."""

import argparse
import ipaddress
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from bundled_server.auth_config import BackEndSettings, OAuth2
from bundled_server.cli.complaints import below_zero, complaint
from bundled_server.cli.errors import CannotRun, UsageError
from bundled_server.cli.filter_settings import filter_settings
from bundled_server.cli.parser import DEFAULT_PORTS, EGRESS, SERVICES
from bundled_server.config import Forward, HostSettings, Limits, Ports

_NAME = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?)*"
)
_PLACE = re.compile(r"\S+:\d{1,5}")
_USER_HINT = "a user is written NAME:PASSWORD, such as --user alice:123456"


@dataclass
class _Draft:
    """Settings in the making: the words of HostSettings, from the file first, then from the options."""

    values: dict[str, Any] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)


def host_settings(options: argparse.Namespace) -> HostSettings:
    """What `termail-server run` was asked for. Raises UsageError and CannotRun."""
    draft = _from_file(options.config) if options.config else _Draft()
    _take_options(draft, options)
    for name in ("data", "domain"):
        if not draft.values.get(name):
            raise UsageError(f"no {name} is given: write --{name} {'DIR' if name == 'data' else 'example.test'}")
    values = draft.values
    values["domain"] = _host_name("domain", values["domain"])
    values["hostname"] = _host_name("hostname", values.get("hostname") or f"mail.{values['domain']}")
    values["ports"] = Ports(**(draft.ports or DEFAULT_PORTS))
    _check(values)
    return HostSettings(**values)


def settings_in(path: Path) -> HostSettings:
    """What a settings file alone says, for a trial of it: it need not name a folder or a domain. Raises UsageError
    and CannotRun."""
    draft = _from_file(path)
    values: dict[str, Any] = {"data": path.parent, "domain": "example.test", **draft.values}
    values["domain"] = _host_name("domain", values["domain"])
    values["hostname"] = _host_name("hostname", values.get("hostname") or f"mail.{values['domain']}")
    return HostSettings(**values)


def _take_options(draft: _Draft, options: argparse.Namespace) -> None:
    for option, name in (
        ("data", "data"),
        ("domain", "domain"),
        ("hostname", "hostname"),
        ("listen", "listen"),
        ("tls_cert", "tls_certificate"),
        ("tls_key", "tls_key"),
        ("egress", "egress"),
        ("smarthost", "smarthost"),
    ):
        value = getattr(options, option)
        if value is not None:
            draft.values[name] = value
    for name in ("insecure_auth", "journal_wire"):
        if getattr(options, name):
            draft.values[name] = True
    if options.user:
        users = tuple(_user(text) for text in options.user)
        draft.values["users"] = (*draft.values.get("users", ()), *users)
    for service in SERVICES:
        text = getattr(options, service)
        if text is not None:
            draft.ports[service] = _port(f"--{service}", text)


def _check(values: dict[str, Any]) -> None:
    listen = values.get("listen", "127.0.0.1")
    try:
        ipaddress.ip_address(listen)
    except ValueError:
        raise UsageError(
            f"--listen {listen!r} is not an IP address: write 127.0.0.1, or 0.0.0.0 for all"
        ) from None
    if (values.get("tls_certificate") is None) != (values.get("tls_key") is None):
        raise UsageError("--tls-cert and --tls-key belong together: give both, or neither for a self-made one")
    egress, smarthost = values.get("egress", "none"), values.get("smarthost", "")
    if egress not in EGRESS:
        raise UsageError(f"egress {egress!r} is unknown: one of {', '.join(EGRESS)}")
    if (egress == "smarthost") != bool(smarthost):
        raise UsageError("--egress smarthost and --smarthost HOST:PORT belong together")
    if values.get("smarthost_user") and not smarthost:
        raise UsageError('smarthost_user without a smarthost: write smarthost = "HOST:PORT" too')
    leave_url = values.get("leave_url", "")
    if leave_url and not (leave_url.startswith("https://") and leave_url.isprintable() and " " not in leave_url):
        raise UsageError(f"leave_url {leave_url!r} is not a URL such as https://mail.example.test/leave")
    if smarthost and not _PLACE.fullmatch(smarthost):
        raise UsageError(f"--smarthost {smarthost!r} is not HOST:PORT")


def _user(text: str) -> tuple[str, str]:
    name, colon, password = text.partition(":")
    if not colon or not name or not password:
        raise UsageError(f"--user {name!r} has no password: {_USER_HINT}" if name else _USER_HINT)
    return name, password


def _port(where: str, text: str | int) -> int:
    try:
        port = -1 if isinstance(text, bool) else int(text)
    except (ValueError, TypeError):
        port = -1
    if not 0 <= port <= 65_535:
        raise UsageError(f"{where} {text!r} is not a port: a number from 0 (any free one) to 65535")
    return port


def _host_name(what: str, text: str) -> str:
    name = str(text).strip().rstrip(".").lower()
    try:
        name = name.encode("idna").decode("ascii")
    except UnicodeError:
        name = ""
    if not _NAME.fullmatch(name):
        raise UsageError(f"{what} {text!r} is not a host name: write something like example.test")
    return name


# the file

_PLAIN: dict[str, type] = {
    "data": str,
    "domain": str,
    "hostname": str,
    "listen": str,
    "tls_certificate": str,
    "tls_key": str,
    "insecure_auth": bool,
    "egress": str,
    "smarthost": str,
    "smarthost_user": str,
    "smarthost_password_file": str,
    "smarthost_ca": str,
    "sieve_before": str,
    "sieve_after": str,
    "sieve_global": str,
    "postmaster": str,
    "journal_wire": bool,
    "answers_questions": bool,
    "dkim_key": str,
    "dkim_selector": str,
    "detail_mailboxes": bool,
    "alias_pipes": bool,
    "rewrites_senders": bool,
    "quota_octets": int,
    "quota_refuses": bool,
    "give_up_seconds": float,
    "delay_notice_seconds": float,
    "leave_url": str,
}
_TABLES: dict[str, Any] = {
    "quotas": dict[str, int],
    "forwards": dict[str, Forward],
    "auth": tuple[BackEndSettings, ...],
    "oauth2": OAuth2,
}
_KEYS = (
    *_PLAIN,
    *_TABLES,
    "alias_files",
    "retry_seconds",
    "users",
    "aliases",
    "transports",
    "ports",
    "limits",
    "filters",
)
_PATHS = (
    *("data", "dkim_key", "tls_certificate", "tls_key", "smarthost_password_file", "smarthost_ca"),
    *("sieve_before", "sieve_after", "sieve_global"),
)


def _from_file(path: Path) -> _Draft:
    """Read the TOML file; every complaint names the file, the key and, where it is known, the line."""
    try:
        text = path.read_text("utf-8")
    except OSError as weather:
        raise CannotRun(f"the settings {path} cannot be read: {weather.strerror}") from weather
    except UnicodeDecodeError:
        raise UsageError(f"the settings {path} are not UTF-8") from None
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise UsageError(f"the settings {path} are not TOML: {fault}") from None
    for key in table:
        if key not in _KEYS:
            raise _unknown(path, text, key, _KEYS)
    draft = _Draft()
    for key, kind in _PLAIN.items():
        if key in table:
            draft.values[key] = _typed(path, text, key, table[key], kind)
    for key in _PATHS:
        if key in draft.values:
            draft.values[key] = path.parent / Path(draft.values[key]).expanduser()
    _take_tables(draft, path, text, table)
    return draft


def _take_tables(draft: _Draft, path: Path, text: str, table: dict[str, Any]) -> None:
    for service, port in _section(path, text, table, "ports", SERVICES).items():
        draft.ports[service] = _port(f"{path}: {service} =", port)
    if "limits" in table:
        limits = _section(path, text, table, "limits", Limits.__struct_fields__)
        draft.values["limits"] = _converted(path, "limits", limits, Limits)
        for place in below_zero(draft.values["limits"], "limits"):
            raise UsageError(f"{path}{_line_of(text, place.rpartition('.')[2])}: {place} has to be 0 or more")
    if "filters" in table:
        draft.values["filters"] = filter_settings(path, table["filters"])
    if "users" in table:
        users = _converted(path, "users", table["users"], dict[str, str])
        draft.values["users"] = tuple(users.items())
    if "aliases" in table:
        draft.values["aliases"] = _converted(path, "aliases", table["aliases"], dict[str, tuple[str, ...]])
        for members in draft.values["aliases"].values():
            _check_addresses(path, "alias member", tuple(m for m in members if not m.startswith("|")))
    for key, kind in _TABLES.items():
        if key in table:
            draft.values[key] = _converted(path, key, table[key], kind)
    draft.values.update(_with_places(path, {key: draft.values[key] for key in ("auth", "oauth2") if key in table}))
    for forward in draft.values.get("forwards", {}).values():
        _check_addresses(path, "forward", forward.to)
    if "alias_files" in table:
        files = _converted(path, "alias_files", table["alias_files"], tuple[str, ...])
        draft.values["alias_files"] = tuple(path.parent / Path(name).expanduser() for name in files)
    if "transports" in table:
        draft.values["transports"] = _converted(path, "transports", table["transports"], dict[str, str])
        for place in draft.values["transports"].values():
            if not _PLACE.fullmatch(place):
                raise UsageError(f"{path}: the transport {place!r} is not HOST:PORT")
    if "retry_seconds" in table:
        steps = _converted(path, "retry_seconds", table["retry_seconds"], tuple[float, ...])
        if not steps or min(steps) <= 0:
            raise UsageError(f"{path}: retry_seconds needs numbers above 0, such as [60, 300, 900]")
        draft.values["retry_seconds"] = steps


def _with_places(path: Path, found: dict[str, Any]) -> dict[str, Any]:
    """File names in the settings of logins are relative to the settings file, as everywhere."""

    def placed(settings: msgspec.Struct) -> msgspec.Struct:
        names = [name for name in settings.__struct_fields__ if isinstance(getattr(settings, name), Path)]
        return msgspec.structs.replace(
            settings, **{name: path.parent / getattr(settings, name).expanduser() for name in names}
        )

    return {
        key: tuple(map(placed, value)) if isinstance(value, tuple) else placed(value)
        for key, value in found.items()
    }


def _check_addresses(path: Path, what: str, addresses: tuple[str, ...]) -> None:
    for address in addresses:
        if not address.isprintable() or " " in address or address[:1] in ("", "|", "/", ":"):
            raise UsageError(f"{path}: the {what} {address!r} is not an address")


def _section(path: Path, text: str, table: dict[str, Any], name: str, allowed: tuple[str, ...]) -> dict[str, Any]:
    section = table.get(name, {})
    if not isinstance(section, dict):
        raise UsageError(f"{path}{_line_of(text, name)}: {name} is a table: write [{name}]")
    for key in section:
        if key not in allowed:
            raise _unknown(path, text, key, allowed)
    return section


def _typed(path: Path, text: str, key: str, value: Any, kind: type) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        words = {str: "text in quotes", bool: "true or false", float: "a number", int: "a whole number"}
        raise UsageError(f"{path}{_line_of(text, key)}: {key} has to be {words[kind]}")
    if isinstance(value, (int, float)) and not value >= 0:
        raise UsageError(f"{path}{_line_of(text, key)}: {key} has to be 0 or more")
    return value


def _converted(path: Path, name: str, value: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(value, kind, dec_hook=_decoded)
    except msgspec.ValidationError as fault:
        raise UsageError(f"{path}: {name}: {complaint(fault, kind)}") from None


def _decoded(kind: type, value: Any) -> Any:
    """What TOML has no type for."""
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError(f"{kind.__name__} cannot be written as {value!r}")


def _unknown(path: Path, text: str, key: str, allowed: tuple[str, ...]) -> UsageError:
    return UsageError(
        f"{path}{_line_of(text, key)}: unknown key {key!r}; allowed are {', '.join(sorted(allowed))}"
    )


def _line_of(text: str, key: str) -> str:
    pattern = re.compile(rf'\s*\[*\s*"?{re.escape(key)}"?\s*[\]=.]')
    for number, line in enumerate(text.splitlines(), 1):
        if pattern.match(line):
            return f", line {number}"
    return ""
