"""The guide of a dialogue typed by hand: where it stands, what may come next, whether an answer is due."""

import re
from typing import Final

from termail.classroom.console.suggestions import SUGGESTIONS, Suggestion
from termail.classroom.explain.reader import explain
from termail.net.wire import MASK

SECRET: Final = re.compile(
    r"(?i)^(PASS |AUTH +\S+ +|\S+ +LOGIN +\S+ +|\S+ +USER +\S+ +|\S+ +AUTHENTICATE +\S+ +)(.+)$"
)
_LONG_POP: Final = frozenset({"LIST", "UIDL", "RETR", "TOP", "CAPA"})
_TAGGED: Final = re.compile(r"(\S+) (OK|NO|BAD)\b")


class Guide:
    """Hears both sides; `state` is a word of `SUGGESTIONS` for the protocol."""

    def __init__(self, protocol: str) -> None:
        self.protocol = protocol
        self.state = "greeting"
        self.is_waiting = True
        self.is_content = False
        self.is_encrypted = False
        self.wants_tls = False
        self._command = ""
        self._is_long = False
        self._next_secret = False
        self._tag = 0

    # --- hearing

    def said(self, text: str) -> None:
        """The client's line, as it was typed."""
        if self.is_content:
            self.is_content = text != "."
            self.is_waiting = text == "."
            return
        words = text.upper().split()
        at = 1 if self.protocol == "imap" and words[:1] != ["DONE"] else 0
        self._command = words[at] if at < len(words) else ""
        self._is_long = self.protocol == "pop3" and self._is_listing(words)
        self.wants_tls = self._command in ("STARTTLS", "STLS")
        self._next_secret = False
        self.is_waiting = True

    def _is_listing(self, words: list[str]) -> bool:
        """LIST and UIDL with a number are answered in one line (RFC 1939 §5)."""
        return words[:1] != [] and words[0] in _LONG_POP and not (words[0] in ("LIST", "UIDL") and len(words) > 1)

    def heard(self, text: str) -> None:
        """The server's line."""
        if self.protocol == "smtp":
            self._hear_smtp(text)
        elif self.protocol == "pop3":
            self._hear_pop3(text)
        else:
            self._hear_imap(text)

    def secured(self) -> None:
        """TLS is on: what was said before is forgotten (RFC 3207 §4.2)."""
        self.is_encrypted, self.wants_tls, self.is_waiting = True, False, False
        if self.protocol == "smtp":
            self.state = "connected"

    def _hear_smtp(self, text: str) -> None:
        if text[3:4] == "-":
            return
        self.is_waiting = False
        code = text[:3]
        if self.state == "greeting":
            self.state = "connected" if code == "220" else "closed"
        elif code == "354":
            self.is_content, self.state = True, "data"
        elif code == "334":
            self._next_secret = True
        elif code in ("221", "421"):
            self.state = "closed"
        elif code[:1] == "2":
            self.state = {"HELO": "ready", "EHLO": "ready", "MAIL": "mail", "RCPT": "rcpt"}.get(
                self._command, "ready" if self.state == "data" or self._command == "RSET" else self.state
            )
        elif self.state == "data":
            self.state = "ready"

    def _hear_pop3(self, text: str) -> None:
        if self._is_long and text.startswith("+OK"):
            return
        if self._is_long and text not in (".",) and not text.startswith("-ERR"):
            return
        self._is_long = self.is_waiting = False
        if self.state == "greeting":
            self.state = "authorization"
        elif text.startswith("+ "):
            self._next_secret = True
        elif text.startswith("+OK"):
            self.state = {"PASS": "transaction", "AUTH": "transaction", "QUIT": "closed", "USER": "user"}.get(
                self._command, self.state
            )

    def _hear_imap(self, text: str) -> None:
        if self.state == "greeting":
            self.state, self.is_waiting = "not authenticated", False
            if text.startswith("* PREAUTH"):
                self.state = "authenticated"
            return
        if text.startswith("+"):
            self.is_waiting = False
            self._next_secret = self._command == "AUTHENTICATE"
            return
        if text.startswith("* BYE"):
            self.state = "closed"
        tagged = _TAGGED.match(text)
        if tagged is None or tagged[1] == "*":
            return
        self.is_waiting = False
        if tagged[2] == "OK" and self.state != "closed":
            self.state = {
                "LOGIN": "authenticated", "USER": "authenticated", "AUTHENTICATE": "authenticated",
                "SELECT": "selected", "EXAMINE": "selected", "CLOSE": "authenticated", "UNSELECT": "authenticated",
            }.get(self._command, self.state)  # fmt: skip

    # --- helping

    def suggestions(self) -> list[Suggestion]:
        """What may come next, the most likely first; commands that need a tag have one."""
        found = SUGGESTIONS[self.protocol].get(self.state, ())
        fitting = [one for one in found if not (self.is_encrypted and one.text.endswith(("STARTTLS", "STLS")))]
        return [Suggestion(one.text.replace("TAG", self.next_tag()), one.words) for one in fitting]

    def next_tag(self) -> str:
        """A0001, A0002 and so on, as the lecture writes them."""
        return f"A{self._tag + 1:04d}"

    def tag_used(self, text: str) -> None:
        """The next suggestion gets another tag."""
        if self.protocol == "imap" and text[:1].upper() == "A" and text[1:5].isdigit():
            self._tag = max(self._tag, int(text[1:5]))

    def completions(self, typed: str) -> list[str]:
        """Suggestions that go on from what is typed, in any case."""
        return [one.text for one in self.suggestions() if one.text.upper().startswith(typed.upper())]

    def hidden(self, text: str) -> str:
        """The line as others may see it: no password, no SASL answer."""
        if self._next_secret:
            return MASK
        return SECRET.sub(lambda found: found[1] + MASK, text) if not self.is_content else text

    def meaning(self, direction: str, text: str, *, is_content: bool = False) -> str:
        """Brief and source of a line, "" when no table knows it."""
        notes = explain(self.protocol, direction, text, is_content=is_content)
        return notes[0].text if notes else ""
