"""What a script decides, as values: whoever runs it carries them out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Keep:
    """Into the inbox. `flags` is None where the script says nothing of flags; an implicit one has line 0."""

    line: int
    flags: tuple[str, ...] | None = None

    @property
    def text(self) -> str:
        return f"{'keep' if self.line else 'implicit keep'}{_with_flags(self.flags)}"


@dataclass(frozen=True, slots=True)
class FileInto:
    """Into the mailbox of this name, made first when `create`; or into the one with that `special_use`."""

    line: int
    mailbox: str
    flags: tuple[str, ...] | None = None
    create: bool = False
    special_use: str = ""

    @property
    def text(self) -> str:
        return f'fileinto "{self.mailbox}"{_with_flags(self.flags)}'


@dataclass(frozen=True, slots=True)
class Redirect:
    """On to another address, from the same sender."""

    line: int
    address: str

    @property
    def text(self) -> str:
        return f'redirect "{self.address}"'


@dataclass(frozen=True, slots=True)
class Discard:
    line: int

    @property
    def text(self) -> str:
        return "discard"


@dataclass(frozen=True, slots=True)
class Reject:
    """Refused, and the sender is told why."""

    line: int
    reason: str
    is_extended: bool = False

    @property
    def text(self) -> str:
        return f'{"ereject" if self.is_extended else "reject"} "{self.reason.strip()[:60]}"'


@dataclass(frozen=True, slots=True)
class Vacation:
    """An answer, once to each sender in `seconds`; `handle` tells which answers count as the same. `sender` and
    `subject` are "" where the script leaves them to us; with `is_mime` the reason is a MIME entity."""

    line: int
    reason: str
    seconds: int
    handle: str
    subject: str = ""
    sender: str = ""
    addresses: tuple[str, ...] = ()
    is_mime: bool = False

    @property
    def text(self) -> str:
        return "vacation"


@dataclass(frozen=True, slots=True)
class Remember:
    """Write down that this identity was seen (RFC 7352)."""

    line: int
    key: str
    seconds: int

    @property
    def text(self) -> str:
        return "remember it for the duplicate test"


Action = Keep | FileInto | Redirect | Discard | Reject | Vacation | Remember


def _with_flags(flags: tuple[str, ...] | None) -> str:
    return f" with {' '.join(flags)}" if flags else ""
