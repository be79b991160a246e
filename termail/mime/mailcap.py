"""mailcap (RFC 1524): which program shows a type; every %s quoted, nothing of a message run as shell text."""

import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from termail.mime.attachment_names import safe_name

FILE_OCTETS: Final = 1_000_000
OUTPUT_OCTETS: Final = 4_000_000
TEST_SECONDS: Final = 5.0
SHOW_SECONDS: Final = 20.0
_PLACES: Final = ("~/.mailcap", "/etc/mailcap", "/usr/share/etc/mailcap", "/usr/local/etc/mailcap")
_FIELD_END: Final = re.compile(r"(?<!\\);")
_PERCENT: Final = re.compile(r"%(?:s|t|n|F|\{([^}]*)\}|%)")
_QUOTED_PERCENT: Final = re.compile(r"'(%(?:s|t|\{[^}]*\}))'|\"(%(?:s|t|\{[^}]*\}))\"")
_HARMLESS: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+/-]{0,99}")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line: a type such as text/html or image/*, the command, its fields."""

    content_type: str
    command: str
    test: str = ""
    name_template: str = ""
    is_copious: bool = False
    needs_terminal: bool = False

    def fits(self, content_type: str) -> bool:
        """Whether this line is about that type."""
        own = self.content_type
        return own == content_type or (own.endswith("/*") and content_type.startswith(own[:-1]))


def read_entries(places: str = "") -> list[Entry]:
    """The entries of `places` (paths between colons), of $MAILCAPS, or of the usual files, in order."""
    wanted = places or os.environ.get("MAILCAPS", "")
    paths = [path for path in wanted.split(":") if path] if wanted else list(_PLACES)
    return [entry for path in paths for entry in parse_mailcap(_read(Path(path).expanduser()))]


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(FILE_OCTETS)
    except OSError:
        return ""


def parse_mailcap(text: str) -> Iterator[Entry]:
    """Lines that cannot be read are left out."""
    for line in text.replace("\\\n", "").splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        fields = [field.strip().replace("\\;", ";") for field in _FIELD_END.split(line)]
        if len(fields) < 2 or not fields[1]:
            continue
        kind = fields[0].lower()
        named = {}
        for field in fields[2:]:
            name, _, value = field.partition("=")
            named[name.strip().lower()] = value.strip()
        yield Entry(
            content_type=kind if "/" in kind else f"{kind}/*",
            command=fields[1],
            test=named.get("test", ""),
            name_template=named.get("nametemplate", ""),
            is_copious="copiousoutput" in named,
            needs_terminal="needsterminal" in named,
        )


def find(
    entries: Sequence[Entry], content_type: str, parameters: dict[str, str], *, copious: bool | None = None
) -> Entry | None:
    """The first that fits and whose test= succeeds; with `copious` only those that print (or do not)."""
    for entry in entries:
        if copious is not None and entry.is_copious != copious:
            continue
        if entry.fits(content_type) and (not entry.test or _passes(entry, content_type, parameters)):
            return entry
    return None


def _passes(entry: Entry, content_type: str, parameters: dict[str, str]) -> bool:
    command = fill_in(entry.test, "", content_type, parameters)
    try:
        done = subprocess.run(
            ["/bin/sh", "-c", command], capture_output=True, stdin=subprocess.DEVNULL, timeout=TEST_SECONDS,
            check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def fill_in(command: str, path: str, content_type: str, parameters: dict[str, str]) -> str:
    """%s, %t and %{name} replaced, each as one quoted word; a value with more than harmless signs becomes empty.
    Quotes written around them in the mailcap would open again what ours close: they go."""
    command = _QUOTED_PERCENT.sub(lambda found: found[1] or found[2], command)

    def value(found: re.Match[str]) -> str:
        match found[0][1]:
            case "s":
                return shlex.quote(path)
            case "t":
                return _word(content_type)
            case "{":
                return _word(parameters.get(found[1].lower(), ""))
            case "%":
                return "%"
            case _:
                return ""

    return _PERCENT.sub(value, command)


def _word(text: str) -> str:
    return shlex.quote(text) if _HARMLESS.fullmatch(text) else "''"


def needs_file(entry: Entry) -> bool:
    """Without %s the part goes to standard input."""
    return "%s" in entry.command


def write_part(folder: Path, entry: Entry, filename: str, data: bytes) -> Path:
    """The part in a file (0600) of a private folder, under a name of plain letters that fits nametemplate=."""
    stem, dot, suffix = safe_name(filename, "part").rpartition(".")
    plain = re.sub(r"[^A-Za-z0-9]", "", suffix)[:10]
    name = f"part.{plain}" if dot and stem and plain else "part"
    if entry.name_template.startswith("%s.") and _HARMLESS.fullmatch(entry.name_template[3:]):
        name = "part." + entry.name_template[3:]
    path = folder / name
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    return path


def printed(entry: Entry, filename: str, content_type: str, parameters: dict[str, str], data: bytes) -> str | None:
    """What a copiousoutput program prints of a part (not sanitised), None when it fails or takes too long."""
    with tempfile.TemporaryDirectory(prefix="termail-") as folder:
        path = write_part(Path(folder), entry, filename, data)
        command = fill_in(entry.command, str(path), content_type, parameters)
        try:
            done = subprocess.run(
                ["/bin/sh", "-c", command],
                input=b"" if needs_file(entry) else data,
                capture_output=True, timeout=SHOW_SECONDS, check=False, start_new_session=True, cwd=folder,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            return None
    return done.stdout[:OUTPUT_OCTETS].decode("utf-8", "replace") if done.stdout.strip() else None
