"""A lesson as values: its steps, what they do to the world, and how it is seen that the student did them."""

from typing import Any

import msgspec


class Talk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A dialogue typed by hand. `lines` is a transcript: "C: …" is sent, "S: …" waits for a line that begins so,
    "TLS" begins the encryption after STARTTLS, "MAIL SENDER RECIPIENT SUBJECT" lets somebody write meanwhile.
    `source` is the address of this machine to come from."""

    talk: str
    host: str
    lines: str
    source: str = ""


class Send(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"sender": "from"}):
    """A message that somebody sends, as POST /world/mail takes it; `times` over, with "{n}" in subject and text
    counting from 1."""

    send: list[str]
    sender: str = ""
    subject: str = ""
    text: str = ""
    raw: str = ""
    header: dict[str, str] = {}
    times: int = 1


class Break(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fault is set."""

    fault: str
    target: str
    parameters: dict[str, str | int | float] = {}


class Mend(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fault is cleared: its key, or "all"."""

    clear: str


class Time(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The clock is set: `factor` times as fast, or `advance` seconds ahead, or both."""

    clock: str
    factor: float | None = None
    advance: float = 0.0


class Ask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question to the world's name server: `ask = "other.test MX"`."""

    ask: str


class Wait(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Go on once an event of this kind has happened since the step began."""

    wait: str
    text: str = ""
    host: str = ""


Action = Talk | Send | Break | Mend | Time | Ask | Wait

ACTIONS: dict[str, type[Any]] = {
    "talk": Talk,
    "send": Send,
    "fault": Break,
    "clear": Mend,
    "clock": Time,
    "ask": Ask,
    "wait": Wait,
}
"""An action is known by the one key that is its name."""


class MailIs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mailbox holds a message that fits: texts occur in its fields in any case, `header` and `body` are regular
    expressions. With `count` exactly so many fit (0 for none)."""

    mail: str
    text: str
    mailbox: str = "INBOX"
    subject: str = ""
    sender: str = ""
    flag: str = ""
    header: dict[str, str] = {}
    body: str = ""
    count: int | None = None


class Said(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line of dialogue was said since the step began: by the client ("C", regular expression `said`) or by the
    server; `reply` fits the server's answer to it. `port` is smtp, submission, imap, pop3, relay or dns."""

    said: str
    text: str
    by: str = "C"
    reply: str = ""
    port: str = ""
    host: str = ""


class Happened(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An event of this kind happened (that many `times`) since the step began; `about` is a regular expression for
    its text."""

    happened: str
    text: str
    agent: str = ""
    host: str = ""
    about: str = ""
    times: int = 1


class QueueIs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many messages wait on a host: at least one, or exactly `count`; `about` occurs in the last words heard,
    and at least `attempts` were made."""

    queue: str
    text: str
    count: int | None = None
    about: str = ""
    attempts: int = 0


class FaultIs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fault of that name is set, or with `on = false` is not."""

    fault: str
    text: str
    on: bool = True


Check = MailIs | Said | Happened | QueueIs | FaultIs

CHECKS: dict[str, type[Any]] = {
    "mail": MailIs,
    "said": Said,
    "happened": Happened,
    "queue": QueueIs,
    "fault": FaultIs,
}


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step: `text` is Markdown; `prepare` is done to the world when it begins, `solution` is what the student
    does, `checks` see that it was done. `opens` suggests what to look at, such as "console smtp cities.org"."""

    title: str
    text: str
    hint: str = ""
    opens: str = ""
    prepare: tuple[Action, ...] = ()
    solution: tuple[Action, ...] = ()
    checks: tuple[Check, ...] = ()


class Lesson(msgspec.Struct, frozen=True, kw_only=True):
    """A whole lesson. `number` orders the shipped ones, 0 is a teacher's own; `lecture` is the slide it belongs
    to."""

    name: str
    title: str
    summary: str
    language: str = "en"
    number: int = 0
    minutes: int = 10
    lecture: str = ""
    steps: tuple[Step, ...] = ()
