"""The wire log: every line of dialogue in order, paused, stepped, slowed, filtered and searched."""

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import msgspec

from termail.classroom.wire_line import Spoken

KEPT_LINES: Final = 5000
PACES: Final = (0.0, 0.5, 1.5)
"""Seconds for each line: at once, slow motion, slower."""
MINE: Final = "mine"
"""The place of a filter that means: this client's own connections."""
_LITERAL: Final = re.compile(r"\{\d+\}$")
_TAGGED: Final = re.compile(r"[A-Za-z0-9]+ (OK|NO|BAD)\b")
TLS_VIEWS: Final = ("carried", "both", "travels")


@dataclass(frozen=True, slots=True)
class WireFilter:
    """What is empty lets everything pass. `message` is a Message-ID or a queue id."""

    place: str = ""
    protocol: str = ""
    connection: tuple[str, str] | None = None
    agent: str = ""
    message: str = ""

    def passes(self, line: Spoken, related: frozenset[str] = frozenset()) -> bool:
        """`related`: every name the message goes by (its Message-ID and its queue ids)."""
        return (
            (not self.place or line.place == self.place or (self.place == MINE and line.is_ours))
            and (not self.protocol or line.protocol == self.protocol)
            and (self.connection is None or line.conversation == self.connection)
            and (not self.agent or line.agent == self.agent)
            and (not self.message or bool(related & {line.queue_id, line.message_id.strip("<>")} - {""}))
        )

    @property
    def words(self) -> str:
        """What is filtered, for a title."""
        connection = " ".join(self.connection) if self.connection else ""
        parts = (self.place, self.protocol, connection, self.agent, self.message)
        return " · ".join(part for part in parts if part)


@dataclass(slots=True)
class _Talk:
    """What one conversation is in the middle of."""

    is_content: bool = False
    is_answer_content: bool = False
    is_encrypted: bool = False
    starts_tls: bool = False
    command: str = ""


@dataclass(slots=True)
class WireLog:
    """`said` is what shows, `waiting` what a pause or slow motion holds back; the oldest goes when it is too
    much."""

    said: deque[Spoken] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))
    waiting: deque[Spoken] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))
    is_paused: bool = False
    pace_seconds: float = 0.0
    only: WireFilter = WireFilter(place=MINE)
    tls_view: str = "carried"
    _talks: dict[tuple[str, str], _Talk] = field(default_factory=dict)
    _names: dict[str, set[str]] = field(default_factory=dict)

    # --- coming in

    def add(self, line: Spoken) -> bool:
        """Another line → whether it shows at once."""
        line = self._placed(line)
        if self.is_held:
            self.waiting.append(line)
            return False
        self.said.append(line)
        return self.concerns(line)

    @property
    def is_held(self) -> bool:
        """Lines do not show as they come."""
        return self.is_paused or self.pace_seconds > 0 or bool(self.waiting)

    def toggle_pause(self) -> None:
        """Hold the dialogue, or let go what waited."""
        self.is_paused = not self.is_paused
        if not self.is_paused and not self.pace_seconds:
            self._let_go()

    def next_pace(self) -> float:
        """At once, slowly, more slowly, at once again."""
        at = PACES.index(self.pace_seconds) if self.pace_seconds in PACES else 0
        self.pace_seconds = PACES[(at + 1) % len(PACES)]
        self.is_paused = False
        if not self.pace_seconds:
            self._let_go()
        return self.pace_seconds

    def step(self) -> bool:
        """One more line of what waits, and pause. False when nothing waits."""
        self.is_paused = True
        return self.tick()

    def tick(self) -> bool:
        """The next line that concerns us. False when nothing waits."""
        while self.waiting:
            line = self.waiting.popleft()
            self.said.append(line)
            if self.concerns(line):
                return True
        return False

    def _let_go(self) -> None:
        self.said.extend(self.waiting)
        self.waiting.clear()

    def _placed(self, line: Spoken) -> Spoken:
        """With what the conversation so far tells: inside a message, inside TLS; and the names of the message."""
        if line.message_id and line.queue_id:
            self._join(line.message_id.strip("<>"), line.queue_id)
        if line.protocol not in ("smtp", "imap", "pop3"):
            return line
        talk = self._talks.setdefault(line.conversation, _Talk())
        if len(self._talks) > KEPT_LINES:
            self._talks.pop(next(iter(self._talks)))
        changes: dict[str, bool] = {}
        if line.direction == "C" and talk.is_content:
            changes["is_content"] = True
            talk.is_content = line.text != "." and not line.text.startswith("(")
        if line.direction == "S" and talk.is_answer_content:
            talk.is_answer_content = not _ends_answer_content(line)
            if talk.is_answer_content or line.text == ".":
                changes["is_content"] = True
        if talk.is_encrypted and not line.is_encrypted:
            changes["is_encrypted"] = True
        _follow(talk, line)
        return msgspec.structs.replace(line, **changes) if changes else line

    def _join(self, message_id: str, queue_id: str) -> None:
        names = self._names.get(message_id) or self._names.get(queue_id) or set()
        names |= {message_id, queue_id}
        for name in names:
            self._names[name] = names

    # --- what shows

    def concerns(self, line: Spoken) -> bool:
        """Whether the filters and the view of TLS let it pass."""
        if line.protocol == "tls":
            if self.tls_view == "carried":
                return False
        elif self.tls_view == "travels" and line.is_encrypted:
            return False
        return self.only.passes(line, self.related(self.only.message))

    def related(self, message: str) -> frozenset[str]:
        """The names of a message: its id and its queue ids."""
        name = message.strip("<>")
        return frozenset(self._names.get(name, {name})) - {""}

    def shown(self) -> list[Spoken]:
        """What passes the filters now."""
        return [line for line in self.said if self.concerns(line)]

    def all_lines(self) -> list[Spoken]:
        """Shown or waiting."""
        return [*self.said, *self.waiting]

    def choices(self, of: Callable[[Spoken], str]) -> list[str]:
        """The different values lines have, in the order of their coming."""
        return [value for value in dict.fromkeys(map(of, self.said)) if value]

    def next_place(self, accounts: list[str]) -> None:
        """The client's own, then one account and one host after the other, then everything."""
        hosts = self.choices(lambda line: "" if line.is_ours else line.place)
        choices = [MINE, *(accounts if len(accounts) > 1 else ()), *sorted(hosts), *([""] if hosts else ())]
        at = choices.index(self.only.place) if self.only.place in choices else 0
        self.only = WireFilter(place=choices[(at + 1) % len(choices)])

    def next_tls_view(self) -> str:
        """What TLS carries, both, or what travels."""
        self.tls_view = TLS_VIEWS[(TLS_VIEWS.index(self.tls_view) + 1) % len(TLS_VIEWS)]
        return self.tls_view


def _ends_answer_content(line: Spoken) -> bool:
    """A message an IMAP or POP3 server sends is over: the list closes, another answer begins, a lone dot."""
    if line.protocol == "pop3":
        return line.text == "."
    return line.text.startswith((")", "* ")) or _TAGGED.match(line.text) is not None


def _follow(talk: _Talk, line: Spoken) -> None:
    """What this line means for those that follow it in the conversation."""
    word, _, rest = line.text.upper().partition(" ")
    if line.direction == "C":
        talk.starts_tls = "STARTTLS" in (word, rest) or word == "STLS"
        talk.command = word
        return
    if line.protocol == "imap" and _LITERAL.search(line.text):
        talk.is_answer_content = True
    if line.protocol == "pop3" and word == "+OK" and talk.command in ("RETR", "TOP"):
        talk.is_answer_content = True
    if line.protocol == "smtp" and word == "354":
        talk.is_content = True
    if talk.starts_tls and (word in ("220", "+OK") or rest.startswith("OK")):
        talk.is_encrypted = True
    if line.protocol == "smtp" and word != "354" and line.text[3:4] != "-":
        talk.is_content = False
