"""The client's settings: TOML in $TERMAIL_CONFIG_DIR or the XDG place, read strictly into frozen structs."""

import math
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Literal, NoReturn, TypeVar, get_args

import msgspec

from termail.net.endpoint import Endpoint, LocalPlace, parse_retrieve, parse_send, parse_sieve
from termail.net.pins import parse_pins

FILE_NAME: Final = "config.toml"
GUEST: Final = "TERMAIL_GUEST"
"""In the environment of a client whose user is not the owner of the machine it runs on (web mail)."""
FILE_LIMIT: Final = 1_000_000
TABLES: Final = ("accounts", "identities", "pgp", "smime", "ui", "keys", "searches", "scores")
_ACCOUNT_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_ADDRESS: Final = re.compile(r"[^\s<>@,]+@[^\s<>@,]+")
_TABLE_LINE: Final = re.compile(r"\s*\[+([^\]]+)\]+")
_KEY_LINE: Final = re.compile(r"\s*([A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')\s*[=.]")
_RANGES: Final = {
    "check_minutes": (0.1, 1440.0),
    "keep_messages": (0, 10_000_000),
    "keep_days": (0, 36_500),
    "leave_on_server": (0, 3_650),
}
_Value = TypeVar("_Value", str, int)
_Struct = TypeVar("_Struct", bound=msgspec.Struct)
_SECRETS: Final = frozenset({"password", "passwd", "pass", "secret", "token", "passphrase"})


class SettingsError(ValueError):
    """config.toml cannot be used; the text names file, line, key, and what is allowed."""


class Account(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """One mail account, as [accounts.NAME] in config.toml (keys are written with _ or -).

    `retrieve`: imaps://USER@HOST[:PORT], imap:// (STARTTLS), imap+insecure://, pop3s://, pop3://,
    pop3+insecure://, maildir:PATH, mbox:PATH. `send`: smtps://USER@HOST[:PORT], smtp:// (STARTTLS),
    smtp+insecure://, "" for none. `sieve`: sieve://[USER@]HOST[:PORT] (STARTTLS), sieves://, sieve+insecure://,
    "" for port 4190 of the host that mail is retrieved from. `ca`: a PEM file trusted for this account beside the
    system's; `pin`: the fingerprints ("sha256:…") of the only certificates trusted, for servers that sign their
    own.
    POP3: `leave_on_server` true, false (delete there once it is here) or a number of days; with
    `delete_on_server` what is expunged here is deleted there.
    Bodies of the newest `keep_messages` of a folder and of the last `keep_days` are held here; of the folders in
    `keep_everything` all are, of those in `keep_headers` none. `watch` names folders that are watched always,
    beside the inbox and the one that is open. `token_command` prints an OAuth 2 access token where there is no
    password.
    """

    from_: str
    retrieve: str
    send: str = ""
    sieve: str = ""
    password_command: str = ""
    token_command: str = ""
    ca: str = ""
    pin: str = ""
    signature: str = ""
    alternates: tuple[str, ...] = ()
    check_minutes: float = 5.0
    keep_messages: int = 500
    keep_days: int = 90
    keep_everything: tuple[str, ...] = ()
    keep_headers: tuple[str, ...] = ()
    watch: tuple[str, ...] = ()
    leave_on_server: bool | int = True
    delete_on_server: bool = False

    @property
    def address(self) -> str:
        """The bare address of `from_`, for the envelope."""
        found = _ADDRESS.findall(self.from_)
        return str(found[-1]) if found else ""

    @property
    def days_on_server(self) -> float:
        """How long POP3 mail that is here stays on its server; infinity for ever."""
        if isinstance(self.leave_on_server, bool):
            return math.inf if self.leave_on_server else 0.0
        return float(self.leave_on_server)

    @property
    def pins(self) -> tuple[str, ...]:
        """`pin`, as fingerprints."""
        return parse_pins(self.pin)

    @property
    def retrieval(self) -> Endpoint | LocalPlace:
        """`retrieve`, typed."""
        return parse_retrieve(self.retrieve)

    @property
    def submission(self) -> Endpoint | None:
        """`send`, typed; None when this account only reads."""
        return parse_send(self.send)

    @property
    def script_server(self) -> Endpoint | None:
        """`sieve`, typed; None when mail is not retrieved from a server."""
        return parse_sieve(self.sieve, self.retrieval)


class Identity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """[identities.NAME]: another face of an account ("" is the one at hand). It is chosen when mail came to its
    address, or goes to one of `when_writing_to` (such as "*@example.org"). `signature` is a text, or a file when
    it begins with / or ~."""

    from_: str
    account: str = ""
    signature: str = ""
    when_writing_to: tuple[str, ...] = ()


class Pgp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[pgp]: which gpg, whose keys ("" is the user's own home), and what is done without being asked."""

    program: str = "gpg"
    home: str = ""
    sign: bool = False
    encrypt_replies: bool = True


class Smime(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[smime]: PEM files: your certificate, its key (without a passphrase), a folder of ADDRESS.pem for those you
    encrypt to, and the authorities to believe ("" is the system's)."""

    own: str = ""
    key: str = ""
    people: str = ""
    authorities: str = ""


class Ui(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[ui]: how the client looks. "" means the built-in choice; formats are mutt's % expandos.

    New mail: `notify` rings the bell, `notify_terminal` names the escape of the terminal's own notification,
    `notify_command` is a program that gets sender (%f) and subject (%s). `ascii` draws with ASCII alone.
    """

    theme: str = ""
    index_format: str = ""
    date_format: str = ""
    sort: Literal["threads", "date", "received", "from", "to", "subject", "size", "unsorted"] = "threads"
    sort_reverse: bool = False
    sort_second: Literal["date", "received", "from", "to", "subject", "size"] = "date"
    editor: str = ""
    url_command: str = "xdg-open"
    print_command: str = "lpr"
    query_command: str = ""
    mailcap: str = ""
    html_by_mailcap: bool = False
    spell_command: str = "aspell --mode=email --add-email-quote='>' check"
    wrap_columns: int = 0
    pager_index_lines: int = 0
    markers: bool = True
    mark_old: bool = True
    undo_send_seconds: float = 5.0
    notify: bool = True
    notify_terminal: Literal["", "osc9", "osc777", "osc99"] = ""
    notify_command: str = ""
    ascii: bool = False
    mouse: bool = True


class Practice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[practice]: written by `termail practice` alone. `world` is the folder of the world this client lives in,
    "" for none."""

    world: str = ""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything in config.toml. `keys` is [keys.CONTEXT] KEY = COMMAND, judged by the keymap; `searches` is
    [searches] NAME = PATTERN, virtual folders; `scores` is [scores] PATTERN = NUMBER."""

    accounts: dict[str, Account] = {}
    identities: dict[str, Identity] = {}
    pgp: Pgp = Pgp()
    smime: Smime = Smime()
    ui: Ui = Ui()
    keys: dict[str, dict[str, str]] = {}
    searches: dict[str, str] = {}
    scores: dict[str, int] = {}
    practice: Practice = Practice()


def config_folder() -> Path:
    """$TERMAIL_CONFIG_DIR, else $XDG_CONFIG_HOME/termail, else ~/.config/termail."""
    return _folder("TERMAIL_CONFIG_DIR", "XDG_CONFIG_HOME", ".config")


def data_folder() -> Path:
    """$TERMAIL_DATA_DIR, else $XDG_DATA_HOME/termail, else ~/.local/share/termail: store and socket."""
    return _folder("TERMAIL_DATA_DIR", "XDG_DATA_HOME", ".local/share")


def _folder(own: str, shared: str, default: str) -> Path:
    if os.environ.get(own):
        return Path(os.environ[own]).expanduser()
    # The XDG specification: a relative path in these variables is invalid and ignored.
    wished = os.environ.get(shared, "")
    return (Path(wished) if wished.startswith("/") else Path.home() / default) / "termail"


def load(folder: Path) -> Settings:
    """config.toml of `folder`; no file means no accounts. Raises SettingsError."""
    path = folder / FILE_NAME
    try:
        with path.open("rb") as file:
            raw = file.read(FILE_LIMIT + 1)
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
    if len(raw) > FILE_LIMIT:
        raise SettingsError(f"{path}: longer than {FILE_LIMIT} octets")
    try:
        text = raw.decode("utf-8")
        return _Reader(path, text).settings(tomllib.loads(text))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{path}, line {line}: not UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: not TOML: {error}") from error


def stamp(folder: Path) -> tuple[int, int, int]:
    """Changes when config.toml is written anew; zeros when there is none."""
    try:
        status = (folder / FILE_NAME).stat()
    except OSError:
        return 0, 0, 0
    return status.st_mtime_ns, status.st_size, status.st_ino


class _Reader:
    """Turns the parsed document into structs, remembering where each complaint belongs."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._text = text

    def settings(self, document: Mapping[str, Any]) -> Settings:
        """The whole document, table by table."""
        for name in document:
            if name not in (*TABLES, "practice"):
                self._refuse((), name, f"there is no such table; allowed are {_list(TABLES)}")
        return Settings(
            accounts={name: self._account(name, table) for name, table in self._tables(document, "accounts")},
            identities={name: self._identity(name, table) for name, table in self._tables(document, "identities")},
            pgp=self._convert(("pgp",), self._table(document, "pgp"), Pgp),
            smime=self._convert(("smime",), self._table(document, "smime"), Smime),
            ui=self._ui(self._table(document, "ui")),
            keys={name: self._keys(name, table) for name, table in self._tables(document, "keys")},
            searches=self._values(document, "searches", str, "a pattern in quotes"),
            scores=self._values(document, "scores", int, "a whole number"),
            practice=self._convert(("practice",), document.get("practice", {}), Practice),
        )

    def _tables(self, document: Mapping[str, Any], name: str) -> list[tuple[str, Mapping[str, Any]]]:
        outer = document.get(name, {})
        if not isinstance(outer, dict):
            self._refuse((), name, f"must be tables such as [{name}.NAME]")
        for inner, table in outer.items():
            if not isinstance(table, dict):
                self._refuse((name,), inner, f"must be a table such as [{name}.{inner}]")
        return list(outer.items())

    def _values(
        self, document: Mapping[str, Any], name: str, kind: type[_Value], wanted: str
    ) -> dict[str, _Value]:
        table = document.get(name, {})
        if not isinstance(table, dict):
            self._refuse((), name, f"must be a table [{name}]")
        for key, value in table.items():
            if not isinstance(value, kind) or isinstance(value, bool):
                self._refuse((name,), key, f"must be {wanted}")
        return dict(table)

    def _account(self, name: str, table: Mapping[str, Any]) -> Account:
        at = ("accounts", name)
        if not _ACCOUNT_NAME.fullmatch(name):
            self._refuse(("accounts",), name, "an account's name is made of letters, digits, _ . and -")
        for key in table:
            if key.replace("-", "_").lower() in _SECRETS:
                self._refuse(
                    at,
                    key,
                    "passwords never stand in this file; use password_command, or leave it out: "
                    "the keyring is asked, then the encrypted file, then you",
                )
        account = self._convert(at, table, Account)
        self._check_from(at, account.from_)
        for key, value, parse in (
            ("retrieve", account.retrieve, parse_retrieve),
            ("send", account.send, parse_send),
            ("sieve", account.sieve, lambda text: parse_sieve(text, account.retrieval)),
            ("pin", account.pin, parse_pins),
        ):
            try:
                parse(value)
            except ValueError as error:
                self._refuse(at, key, str(error))
        if account.token_command and account.password_command:
            self._refuse(at, "token_command", "a server gets either a password or a token: keep one of the two")
        for key, limits in _RANGES.items():
            if not limits[0] <= getattr(account, key) <= limits[1]:
                self._refuse(at, key, f"must be from {limits[0]} to {limits[1]}")
        return account

    def _table(self, document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        table = document.get(name, {})
        if not isinstance(table, dict):
            self._refuse((), name, f"must be a table [{name}]")
        return dict(table)

    def _identity(self, name: str, table: Mapping[str, Any]) -> Identity:
        identity = self._convert(("identities", name), table, Identity)
        self._check_from(("identities", name), identity.from_)
        return identity

    def _check_from(self, at: tuple[str, ...], value: str) -> None:
        if not _ADDRESS.search(value):
            self._refuse(at, "from", 'no address in it; write "Name <user@domain>"')
        if "\n" in value or "\r" in value:
            self._refuse(at, "from", "a line end inside a header field")

    def _ui(self, table: Mapping[str, Any]) -> Ui:
        ui = self._convert(("ui",), table, Ui)
        for key in ("wrap_columns", "pager_index_lines", "undo_send_seconds"):
            if not 0 <= getattr(ui, key) <= 3600:
                self._refuse(("ui",), key, "must be from 0 to 3600")
        return ui

    def _keys(self, context: str, table: Mapping[str, Any]) -> dict[str, str]:
        for key, command in table.items():
            if not isinstance(command, str):
                self._refuse(("keys", context), key, 'must be a command in quotes, or "noop"')
        return dict(table)

    def _convert(self, at: tuple[str, ...], table: Mapping[str, Any], kind: type[_Struct]) -> _Struct:
        """A table as a struct: keys may be written with - or _, lists as TOML has them."""
        written = {key.replace("-", "_"): key for key in table}
        allowed = [field.encode_name for field in msgspec.structs.fields(kind)]
        for plain, key in written.items():
            if plain not in allowed:
                self._refuse(at, key, f"there is no such key; allowed are {_list(allowed)}")
        for field in msgspec.structs.fields(kind):
            if field.required and field.encode_name not in written:
                self._refuse(at, field.encode_name, "is missing")
        try:
            return msgspec.convert({key.replace("-", "_"): value for key, value in table.items()}, kind)
        except msgspec.ValidationError as error:
            complaint, _, place = str(error).rpartition(" - at `$.")
            plain = re.split(r"[.\[`]", place, maxsplit=1)[0]
            choices = get_args(
                next((f.type for f in msgspec.structs.fields(kind) if f.encode_name == plain), None)
            )
            if choices and all(isinstance(choice, str) for choice in choices):
                complaint += f"; allowed are {_list(choices)}"
            self._refuse(at, written.get(plain, plain), complaint[:1].lower() + complaint[1:])

    def _refuse(self, at: tuple[str, ...], key: str, complaint: str) -> NoReturn:
        line = _line_of(self._text, at, key)
        where = f"{self._path}, line {line}" if line else f"{self._path}"
        table = f"[{'.'.join(at)}] " if at else ""
        raise SettingsError(f"{where}: {table}{key}: {complaint}")


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)


def _line_of(text: str, at: tuple[str, ...], key: str) -> int:
    """The line where a key stands (or its table begins), 0 when it is written in a way this does not see."""
    inside: tuple[str, ...] = ()
    table_line = 0
    for number, line in enumerate(text.splitlines(), 1):
        header = _TABLE_LINE.match(line)
        if header is not None:
            inside = tuple(part.strip().strip("\"'") for part in header[1].split("."))
            if inside == (*at, key) or inside[: len(at) + 1] == (*at, key):
                return number
            if inside == at:
                table_line = number
        elif inside == at:
            found = _KEY_LINE.match(line)
            if found is not None and found[1].strip("\"'") == key:
                return number
    return table_line
